"""What the owner pinned: told where it was said, and word for word again once that part became a summary."""

from collections.abc import Sequence

from homarus.agent import tokens
from homarus.agent.rooms import PastTurn, Pin
from homarus.domain.content import Message, Role, Text
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE, OWNER

KINDS = (Kind.SESSION_PINNED, Kind.SESSION_UNPINNED, Kind.SESSION_RESET)
HEAD = "[Pinned: remember this word for word]"
MOST_CHARS = 500
MOST_TOGETHER_CHARS = 2_000
"""About 600 tokens of every request after a summary."""


def pins_of(marks: Sequence[Event]) -> tuple[Pin, ...]:
    """Return what is pinned after these events, oldest first; a fresh start ends pins, too."""
    pins: dict[str, Pin] = {}
    for mark in marks:
        if mark.kind is Kind.SESSION_RESET:
            pins.clear()
        elif mark.kind is Kind.SESSION_PINNED:
            pin_id = str(mark.body["pin_id"])
            pins[pin_id] = Pin(pin_id=pin_id, seq=mark.seq, text=str(mark.body["text"]))
        elif mark.kind is Kind.SESSION_UNPINNED:
            pins.pop(str(mark.body["pin_id"]), None)
    return tuple(pins.values())


def turn_of(mark: Event) -> PastTurn:
    """Return a pin as the conversation tells of it: in its place, so that what came before keeps its bytes."""
    messages = (
        Message(role=Role.USER, parts=(Text(text=f"{HEAD} {mark.body['text']}", label=OWNER),)),
        Message(role=Role.ASSISTANT, parts=(Text(text="Noted.", label=HOUSE),)),
    )
    return PastTurn(
        seq=mark.seq, messages=messages, tokens=tokens.of_messages(messages), labels=(OWNER, HOUSE), at=mark.at
    )


def next_id(marks: Sequence[Event]) -> str:
    """Return the number of the next pin; none is used twice."""
    return str(1 + sum(mark.kind is Kind.SESSION_PINNED for mark in marks))


def checked(text: str, pins: Sequence[Pin]) -> str:
    """Return the text of a new pin.

    Raises:
        UsageError: when it is too long, alone or with the others.
    """
    if len(text) > MOST_CHARS:
        raise UsageError(
            _("A pin has {most} characters at most; this one has {count}.").format(most=MOST_CHARS, count=len(text)),
            hint=_("Pin the sentence that counts, or write it into MEMORY.md."),
        )
    if sum(len(pin.text) for pin in pins) + len(text) > MOST_TOGETHER_CHARS:
        raise UsageError(
            _("There is no room for another pin in this conversation."),
            hint=_("Take one back: /unpin NUMBER; /pin lists them."),
        )
    return text


def named(pin_id: str, pins: Sequence[Pin]) -> Pin:
    """Return a pin by its number.

    Raises:
        NotFoundError: when there is none.
    """
    found = next((pin for pin in pins if pin.pin_id == pin_id.strip().lstrip("#")), None)
    if found is None:
        raise NotFoundError(_("There is no pin {name!r}.").format(name=pin_id), hint=_("/pin lists them."))
    return found
