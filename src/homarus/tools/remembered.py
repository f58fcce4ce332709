"""Keep things in memory and find them again."""

from dataclasses import replace
from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.errors import ToolArgumentError
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE, Label, Origin, least_trusted
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.silence import without_tokens
from homarus.domain.tooling import ToolContext

_MOST_CHARS = 4_000
_LONGEST_QUERY = 1_000
_MOST = 6


@tool("memory.save", risk=Risk.WRITE, key=["text"])
async def save(context: ToolContext, *, text: Annotated[str, at_most(_MOST_CHARS)]) -> ToolOutput:
    """Remember a fact for later conversations."""
    note = without_tokens(" ".join(text.split()))
    if not note:
        raise ToolArgumentError("`text` has nothing in it to remember.", hint="Write one fact in one or two sentences.")
    if len(note) > _MOST_CHARS:
        raise ToolArgumentError(
            f"`text` has {len(note)} characters, at most {_MOST_CHARS} are kept.",
            hint="Write one fact in one or two sentences.",
        )
    label = Label(origin=Origin.MODEL, source="memory.save", reach=context.reach)
    place = await context.memory.save(note, label=label)
    return ToolOutput(
        text=f"Saved at {place}.",
        label=HOUSE,
        summary=_("Remembered in {place}: {note}").format(place=place, note=note),
        facts={"place": place},
    )


@tool("memory.search", risk=Risk.READ)
async def search(context: ToolContext, *, query: Annotated[str, at_most(_LONGEST_QUERY)]) -> ToolOutput:
    """Search what was remembered."""
    most = context.settings.get("max_results")
    found = await context.memory.search(query, limit=most if isinstance(most, int) else _MOST)
    worst = least_trusted(entry.label for entry in found)
    label = replace(worst, source="memory", origin=Origin.HOUSE if worst.is_trusted else worst.origin)
    return ToolOutput(
        text="\n".join(f"{entry.file}:{entry.line}: {entry.text}" for entry in found) or "[nothing remembered]",
        label=label if found else HOUSE,
        summary=_("Found {count} notes for {query!r}").format(count=len(found), query=query),
        facts={"query": query, "found": len(found)},
    )
