"""A run as faces show it whole: its steps, what it found, what it did elsewhere, what it handed over."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, cast

from homarus.domain import codec
from homarus.domain.books import Books, Entry
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.findings import Artifact, Claim, Effect, Report
from homarus.domain.i18n import _
from homarus.domain.jobs import JobRun, StepView
from homarus.domain.times import in_words
from homarus.gateway.jobs.telling import at_of
from homarus.state.blobs import Blobs

if TYPE_CHECKING:
    from homarus.gateway.house import House
    from homarus.state.database import Database

FORMS = ("md", "html")
_MOST_LINES = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWhole:
    """Everything about one run."""

    run: JobRun
    steps: tuple[StepView, ...]
    effects: tuple[Effect, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    report: Report | None = None
    facts_count: int = 0
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is another in the later run."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two runs beside each other, the earlier one first."""

    before: JobRun
    after: JobRun
    settings: tuple[Difference, ...]
    facts: tuple[Difference, ...]
    report: tuple[str, ...]
    """Lines of the report that differ, as `diff -u` writes them."""


def books_of(house: "House") -> Books:
    """Return what runs of a house wrote down about what they found and did."""
    from homarus.state.books.stored import StoredBooks

    return StoredBooks(cast("Database", house.store))


async def whole(house: "House", run: JobRun) -> RunWhole:
    """Return everything about a run."""
    books = books_of(house)
    return RunWhole(
        run=run,
        steps=await house.jobs().runs.steps(run.run_id),
        effects=await books.outgoing.effects(run=run.run_id),
        artifacts=await books.findings.artifacts(run.run_id),
        report=await report_of(house, run) if run.report else None,
        facts_count=len(await books.findings.facts(run.run_id)),
        claims=await books.findings.claims(run.run_id),
    )


async def report_of(house: "House", run: JobRun) -> Report:
    """Return what a run handed over.

    Raises:
        NotFoundError: when it handed over nothing.
    """
    if not run.report:
        raise NotFoundError(
            _("The run {id!r} has no report.").format(id=run.run_id),
            hint=_("See what came of it: homarus jobs show {id}").format(id=run.run_id),
        )
    return codec.load(Report, cast("Json", json.loads(await _blobs(house).get(run.report))))


async def content_of(house: "House", artifact: Artifact) -> bytes:
    """Return an artifact's bytes."""
    return await _blobs(house).get(artifact.sha256)


def _blobs(house: "House") -> Blobs:
    return Blobs(house.home / "blobs")


async def artifact_named(house: "House", run: JobRun, name: str) -> Artifact:
    """Return an artifact of a run.

    Raises:
        NotFoundError: when it has none of that name.
    """
    found = await books_of(house).findings.artifacts(run.run_id)
    for artifact in found:
        if artifact.name == name:
            return artifact
    names = ", ".join(artifact.name for artifact in found) or _("none")
    raise NotFoundError(
        _("The run {id!r} has no {name!r}.").format(id=run.run_id, name=name[:80]),
        hint=_("It has: {names}.").format(names=names),
    )


def markdown_of(run: JobRun, report: Report) -> str:
    """Return a report as one Markdown file that says where it is from."""
    parts = [f"# {report.title}", f"*{run.name}, {in_words(at_of(run))}*", without_title(report).strip()]
    if report.actions:
        parts.append(
            "\n".join([f"## {_('To do')}", "", *(_todo(action.title, action.due) for action in report.actions)])
        )
    if report.missing:
        lines = [f"- {one.what}: {one.because} {one.hint}".rstrip() for one in report.missing]
        parts.append("\n".join([f"## {_('Missing')}", "", *lines]))
    models = ", ".join(run.models) or _("none")
    parts.append(_("Models: {models}. Run: {id}.").format(models=models, id=run.run_id))
    return "\n\n".join(parts) + "\n"


def without_title(report: Report) -> str:
    """Return a report's text without its first heading, where that says the title once more."""
    first, _newline, rest = report.text.lstrip().partition("\n")
    return rest if first.lstrip("# ").strip() == report.title.strip() else report.text


def _todo(title: str, due: str) -> str:
    return f"- [ ] {title}" + (f" ({due})" if due else "")


async def compared(house: "House", one: JobRun, other: JobRun) -> Compared:
    """Return two runs beside each other."""
    before, after = sorted((one, other), key=lambda run: run.queued_at)
    findings = books_of(house).findings
    was = by_name(await findings.facts(before.run_id))
    now = by_name(await findings.facts(after.run_id))
    return Compared(
        before=before,
        after=after,
        settings=_differences(_as_text(before.work.settings), _as_text(after.work.settings)),
        facts=_differences(was, now),
        report=await _lines(house, before, after),
    )


def by_name(entries: tuple[Entry, ...]) -> dict[str, str]:
    """Return what facts say, by their names; one that only says that something is so says yes."""
    return {entry.fact.name: f"{entry.fact.value} {entry.fact.unit}".strip() or _("yes") for entry in entries}


def _as_text(settings: JsonObject) -> dict[str, str]:
    return {name: json.dumps(value, ensure_ascii=False, sort_keys=True) for name, value in settings.items()}


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    return tuple(
        Difference(name=name, before=before.get(name, ""), after=after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


async def _lines(house: "House", before: JobRun, after: JobRun) -> tuple[str, ...]:
    was, now = await _text_of(house, before), await _text_of(house, after)
    return tuple(unified_diff(was, now, before.run_id, after.run_id, lineterm=""))[:_MOST_LINES]


async def _text_of(house: "House", run: JobRun) -> list[str]:
    return (await report_of(house, run)).text.splitlines() if run.report else []


def form_of(text: str) -> str:
    """Return a form of export.

    Raises:
        UsageError: when there is none of that name.
    """
    if text not in FORMS:
        raise UsageError(
            _("{name!r} is no form of an export.").format(name=text[:40]),
            hint=_("Forms: md, html. For a PDF print the html in a browser."),
        )
    return text
