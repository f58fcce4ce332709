"""How a client says whose turn it is at a model, and hears how long it has to wait."""

from typing import Literal, TypeAlias, get_args

from aiohttp import web

from homarus.agent.held import waiting
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.domain.turns import Waiting
from homarus.models.dispatch import Priority, Queued

PRIORITY_HEADER = "X-Homarus-Priority"
QUEUE_HEADER = "X-Homarus-Queue"
Word: TypeAlias = Literal["person", "job", "heartbeat", "swarm"]
"""What a client may say; a follow-up is what goes on after an approval, and nobody asks for that."""


def priority_of(request: web.Request, *, usual: Priority) -> Priority:
    """Return whose turn it is as the client says it, else what is usual for what it does.

    Raises:
        UsageError: when the header says something else.
    """
    said = request.headers.get(PRIORITY_HEADER)
    if said is None:
        return usual
    if said not in get_args(Word):
        raise UsageError(
            _("{header}: {said!r} is no priority.").format(header=PRIORITY_HEADER, said=said),
            hint=_("Say one of {words}.").format(words=", ".join(get_args(Word))),
        )
    return Priority.of(said)


def header_of(queued: Queued) -> str:
    """Return a place in line for programs."""
    expected = "" if queued.expected_wait_s is None else f", expected_wait_s={queued.expected_wait_s:.1f}"
    return f"{queued.phase}, position={queued.position}{expected}"


def comment_of(queued: Queued | Waiting) -> bytes:
    """Return a place in line as a comment in a stream of events: clients skip it, people who look can read it."""
    told = waiting(queued) if isinstance(queued, Queued) else queued
    said = _("the model is loading") if told.phase == "loading" else _("{total} before you").format(total=told.total)
    return f": {f'{said}, {told.detail}' if told.detail else said}\n\n".encode()
