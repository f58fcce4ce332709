"""Give work to sub-agents, each with a context of its own."""

from collections.abc import Sequence
from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.content import Json
from homarus.domain.errors import ToolFailedError
from homarus.domain.i18n import ngettext
from homarus.domain.labels import HOUSE, least_trusted
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.tooling import Spawned, ToolContext

_MOST_TASK_CHARS = 8_000
_MOST_NAME_CHARS = 200


@tool("agent.spawn", risk=Risk.READ)
async def spawn(
    context: ToolContext,
    *,
    tasks: list[Annotated[str, at_most(_MOST_TASK_CHARS)]],
    tools: Sequence[Annotated[str, at_most(_MOST_NAME_CHARS)]] = (),
) -> ToolOutput:
    """Give tasks to sub-agents that see nothing but their task. `tools`: which of yours they may use; else all.

    They work at the same time, each with a context of its own; what they did comes back as receipts.
    """
    if context.spawn is None:
        raise ToolFailedError("There are no sub-agents here.", hint="Do it yourself.", label=HOUSE)
    back = await context.spawn(tasks, tools=tools or None)
    done = sum(one.is_done for one in back)
    summary = ngettext("{done} of {count} sub-agent answered", "{done} of {count} sub-agents answered", len(back))
    listed: list[Json] = [
        {"turn": one.turn, "task": one.task, "is_done": one.is_done, "model": one.model, "tokens": one.tokens}
        for one in back
    ]
    return ToolOutput(
        text="\n\n".join(_told(number, one) for number, one in enumerate(back, 1)),
        label=least_trusted([one.label for one in back]),
        summary=summary.format(done=done, count=len(back)),
        facts={"sub_agents": listed},
    )


def _told(number: int, one: Spawned) -> str:
    """Return what came back, with the receipts of what was done: words alone prove nothing."""
    head = f"[{number}] {'Answered' if one.is_done else 'Failed'}: {one.text}"
    return "\n".join([head, *(f"  - {line}" for line in one.did)])
