"""The pages of what runs hand over: a report with its evidence, and two runs side by side."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from aiohttp import web

from homarus.domain import codec
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import NotFoundError
from homarus.domain.findings import ActionItem, ClaimState, Fact, Report
from homarus.domain.i18n import _
from homarus.domain.ids import RunId
from homarus.domain.jobs import JobRun
from homarus.gateway.house import House
from homarus.gateway.operations import house_of
from homarus.gateway.pages_markdown import html_of
from homarus.gateway.pages_render import page
from homarus.gateway.run_views import by_name, without_title

if TYPE_CHECKING:
    from markupsafe import Markup

_TAGS = re.compile(r"(<[^>]*>)")
_FACT = re.compile(r"\s?\[(f\d{1,6})\]")
_PICTURES = frozenset({"image/svg+xml", "image/png"})
_MOST_LINES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that differs between two runs."""

    name: str
    before: str
    after: str


async def report(request: web.Request) -> web.StreamResponse:
    """Return the report of a run, every figure linked to the fact that it stands on."""
    house = house_of(request)
    run = await house.jobs().runs.get(RunId(request.match_info["run_id"]))
    found = await report_of(house, run)
    books = house.playing().books
    facts = [entry.fact for entry in await books.findings.facts(run.run_id)]
    claims = await books.findings.claims(run.run_id)
    artifacts = await books.findings.artifacts(run.run_id)
    return await page(
        request,
        "report.html",
        here="jobs",
        title=found.title,
        run=run,
        report=found,
        text=with_evidence(without_title(found), facts),
        items=[await _as_it_is(house, item) for item in found.actions],
        is_by_score=all(one.score >= other.score for one, other in pairwise(found.actions)),
        facts=facts,
        left_out=[claim for claim in claims if claim.state is ClaimState.REJECTED],
        artifacts=artifacts,
        pictures=[one for one in artifacts if one.media_type in _PICTURES],
    )


async def compare(request: web.Request) -> web.StreamResponse:
    """Return two runs of a playbook side by side: what was set, what was found, what was said."""
    house = house_of(request)
    runs = house.jobs().runs
    one = await runs.get(RunId(request.match_info["run_id"]))
    other = await runs.get(RunId(request.match_info["other"]))
    before, after = sorted((one, other), key=lambda run: run.queued_at)
    findings = house.playing().books.findings
    was = by_name(await findings.facts(before.run_id))
    now = by_name(await findings.facts(after.run_id))
    facts = _changes(was, now)
    return await page(
        request,
        "compare.html",
        here="jobs",
        title=_("Two runs of {name}").format(name=after.name),
        before=before,
        after=after,
        settings=_changes(_words(before.work.settings), _words(after.work.settings)),
        facts=facts,
        same=len(was.keys() | now.keys()) - len(facts),
        lines=await _lines(house, before, after),
    )


async def report_of(house: House, run: JobRun) -> Report:
    """Return the report of a run.

    Raises:
        NotFoundError: when it has none.
    """
    if not run.report:
        raise NotFoundError(
            _("The run {id!r} has no report.").format(id=run.run_id),
            hint=_("See what came of it: homarus jobs show {id}").format(id=run.run_id),
        )
    return codec.load(Report, cast("Json", json.loads(await house.playing().blobs.get(run.report))))


def with_evidence(text: str, facts: Sequence[Fact]) -> "Markup":
    """Return a report's Markdown as safe HTML in which every `[f12]` leads to its fact."""
    from markupsafe import Markup, escape

    known = {fact.fact_id: fact for fact in facts}

    def linked(match: "re.Match[str]") -> str:
        fact = known.get(match[1])
        if fact is None:
            return ""
        about = escape(f"{fact.name}: {_said(fact)}")
        return f'<sup><a href="#fact-{match[1]}" title="{about}">{match[1][1:]}</a></sup>'

    pieces = _TAGS.split(html_of(text))
    shown = [piece if piece.startswith("<") else _FACT.sub(linked, piece) for piece in pieces]
    return Markup("".join(shown))  # noqa: S704 - cleaned by two nets, and only digits and escaped words are added


async def _as_it_is(house: House, item: ActionItem) -> ActionItem:
    """Return an item as the owner left it since."""
    return await house.playing().books.items.item(item.key) or item


def _said(fact: Fact) -> str:
    return f"{fact.value} {fact.unit}".strip()


def _words(settings: JsonObject) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()}


def _changes(was: dict[str, str], now: dict[str, str]) -> list[Change]:
    names = sorted(was.keys() | now.keys())
    return [
        Change(name=name, before=was.get(name, ""), after=now.get(name, ""))
        for name in names
        if was.get(name) != now.get(name)
    ]


async def _lines(house: House, before: JobRun, after: JobRun) -> list[str]:
    """Return how the texts differ, as programmers look at it: `+` is new, `-` is gone."""
    if not (before.report and after.report):
        return []
    was = (await report_of(house, before)).text.splitlines()
    now = (await report_of(house, after)).text.splitlines()
    return list(unified_diff(was, now, lineterm="", n=1))[2:_MOST_LINES]
