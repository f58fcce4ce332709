"""Read a slash command out of a message; what it does is the gateway's business."""

from dataclasses import dataclass
from enum import StrEnum

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _


class Command(StrEnum):
    """What can be said to the house instead of the agent, in any channel."""

    HELP = "help"
    STATUS = "status"
    MODEL = "model"
    NEW = "new"
    RESET = "reset"
    STOP = "stop"
    APPROVE = "approve"
    RETRY = "retry"
    WHOAMI = "whoami"
    COMPACT = "compact"
    CONTEXT = "context"
    PIN = "pin"
    UNPIN = "unpin"


_ALSO = {"commands": Command.HELP, "models": Command.MODEL, "clear": Command.RESET, "cancel": Command.STOP}
_DECISIONS = {
    "": "once",
    "once": "once",
    "allow": "once",
    "allow-once": "once",
    "yes": "once",
    "session": "session",
    "allow-session": "session",
    "allow-always": "session",
    "deny": "deny",
    "no": "deny",
}
PASSES_LANES = frozenset({Command.STOP, Command.APPROVE, Command.STATUS, Command.HELP, Command.WHOAMI})
"""Work at once, past a turn that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A command with what stands after it."""

    command: Command
    rest: str = ""
    """`/model ollama/qwen3:8b`: the model; `/compact keep the dates`: what to keep; `/new openai/x`: the model."""
    approval: str = ""
    """Only of `/approve`: which question; empty for the only one that waits."""
    decision: str = ""
    """Only of `/approve`: `once`, `session` or `deny`."""


def parse(text: str) -> Spoken | None:
    """Return the command that a message is, `None` when it is for the agent.

    Only a message whose first sign is `/` directly before a letter is a command; a path like `/etc/hosts` is none.

    Raises:
        UsageError: when it looks like a command and there is none of that name, or its words are off.
    """
    plain = text.strip()
    head, _space, rest = plain.partition(" ")
    word = head[1:].casefold()
    if not plain.startswith("/") or "\n" in plain or not word.replace("-", "").replace("_", "").isalpha():
        return None
    command = _named(word)
    if command is None:
        raise UsageError(
            _("There is no command {name!r}.").format(name=head),
            hint=_("The commands are: {names}.").format(names=" ".join(f"/{known.value}" for known in Command)),
        )
    return _approve(rest) if command is Command.APPROVE else Spoken(command=command, rest=rest.strip())


def _named(word: str) -> Command | None:
    return _ALSO.get(word) or next((command for command in Command if command.value == word), None)


def _approve(rest: str) -> Spoken:
    words = rest.split()
    approval = words.pop(0) if words and words[0].casefold() not in _DECISIONS else ""
    said = words.pop(0).casefold() if words else ""
    if words or said not in _DECISIONS:
        raise UsageError(
            _("`/approve {rest}` is not clear.").format(rest=rest),
            hint=_("Write: /approve ID once, /approve ID session, or /approve ID deny."),
        )
    return Spoken(command=Command.APPROVE, approval=approval, decision=_DECISIONS[said])
