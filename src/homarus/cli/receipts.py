"""What tools did, one line each, and what they ask: the same words in `ask`, `chat` and `sessions show`."""

from collections.abc import Iterator
from json import dumps
from typing import cast

from homarus.cli import show
from homarus.domain.content import JsonObject
from homarus.domain.i18n import _

_LOOKS_ONLY = ("read", "reach")
_LONGEST = 200


def matters(receipt: JsonObject) -> bool:
    """Whether a person should hear of it: it changed something, or it did not work, or nobody knows."""
    return receipt["outcome"] != "done" or receipt.get("risk") not in _LOOKS_ONLY


def line_of(receipt: JsonObject) -> str:
    """Return what became of a call in one line."""
    words = {
        "done": _("- {tool}: {summary}"),
        "failed": _("! {tool} failed: {summary}"),
        "refused": _("! {tool} was refused: {summary}"),
        "unknown": _("! {tool}: nobody knows whether it happened: {summary}"),
    }
    summary = " ".join(str(receipt["summary"]).split())
    shown = summary if len(summary) <= _LONGEST else f"{summary[:_LONGEST]}…"
    return show.clean(words.get(str(receipt["outcome"]), words["done"]).format(tool=receipt["tool"], summary=shown))


def question(approval: JsonObject) -> Iterator[str]:
    """Yield what a person must know to decide: exactly what would run, why it asks, and what was read."""
    yield show.bold(_("This needs your yes: {tool}").format(tool=approval["tool"]))
    yield show.clean(dumps(approval["arguments"], ensure_ascii=False, indent=2))
    yield _("Why it asks: {because}").format(because=show.clean(str(approval["because"])))
    for source in cast("list[str]", approval.get("sources") or []):
        yield _("It has read: {source}").format(source=show.clean(source))
