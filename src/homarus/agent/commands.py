"""Read a slash command out of a message; what it does is the gateway's business."""

from dataclasses import dataclass
from enum import StrEnum

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _, noted


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
    JOBS = "jobs"
    USAGE = "usage"
    QUEUE = "queue"
    SUBAGENTS = "subagents"
    ELSEWHERE = "elsewhere"
    """One that is done otherwise here; no word of its own."""


_ALSO = {
    "commands": Command.HELP,
    "models": Command.MODEL,
    "clear": Command.RESET,
    "cancel": Command.STOP,
    "tasks": Command.JOBS,
    "cron": Command.JOBS,
    "cost": Command.USAGE,
    "kill": Command.SUBAGENTS,
}
INSTEAD = {
    "think": noted("How much a model thinks is a setting: `homarus config set agents.defaults.thinkingDefault high`."),
    "verbose": noted("What tools did stands below each answer, and in `homarus events --follow`."),
    "reasoning": noted("Thoughts are folded below an answer on the pages, and are never sent to other channels."),
    "exec": noted("Which programs run unasked is a setting: `homarus config set tools.exec.mode allowlist`."),
    "elevated": noted("Nothing here runs past its sandbox and your approval, so there is nothing to switch."),
    "steer": noted("Write the next message: it is answered after this one. `/stop` stops this one first."),
    "tell": noted("Write the next message: it is answered after this one. `/stop` stops this one first."),
    "btw": noted("Write the next message: it is answered after this one."),
    "skill": noted("Skills are folders below `skills/` in the workspace; name one in your message."),
    "learn": noted("Say what is to be remembered, and it is saved in MEMORY.md or today's notes."),
    "goal": noted('Plan it as a job: `homarus jobs add "every weekday 07:30" --say "..."`, or just say it here.'),
    "loop": noted("Plan it as a job, for example: check this every 30 minutes. `/jobs` lists them."),
    "fast": noted("Choose a faster model for this conversation: `/model`."),
    "allowlist": noted("Who may write is decided where they are paired: `homarus channels`."),
    "activation": noted("Whether groups need a mention is a setting of the channel: `channels.<name>`."),
    "send": noted("Where outcomes go is a setting of each job: `homarus jobs edit NAME --deliver telegram:123`."),
    "tts": noted("There is no speech yet."),
    "config": noted("Settings are not changed from chats: `homarus config`, or the Settings page."),
    "debug": noted("Logs are on the machine: `homarus logs --follow`."),
    "restart": noted("Restart on the machine: `homarus stop`, then `homarus up`. Settings are followed without that."),
    "bash": noted("Ask for the command in words: it runs in the sandbox once you approve it."),
    "export-session": noted("On the machine: `homarus sessions export NAME`, or the page of the conversation."),
}
"""Commands of OpenClaw that are done otherwise here, and how."""
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
PASSES_LANES = frozenset(
    {
        Command.STOP,
        Command.APPROVE,
        Command.STATUS,
        Command.HELP,
        Command.WHOAMI,
        Command.JOBS,
        Command.USAGE,
        Command.QUEUE,
        Command.SUBAGENTS,
        Command.ELSEWHERE,
    }
)
"""Work at once, past a turn that runs."""


OWN = tuple(command for command in Command if command is not Command.ELSEWHERE)
"""Those that have a word."""


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
    if word in INSTEAD:
        return Spoken(command=Command.ELSEWHERE, rest=word)
    command = _named(word)
    if command is None:
        raise UsageError(
            _("There is no command {name!r}.").format(name=head),
            hint=_("The commands are: {names}.").format(names=" ".join(f"/{known.value}" for known in OWN)),
        )
    if word == "kill":
        return Spoken(command=command, rest=f"kill {rest}".strip())
    return _approve(rest) if command is Command.APPROVE else Spoken(command=command, rest=rest.strip())


def _named(word: str) -> Command | None:
    return _ALSO.get(word) or next((command for command in OWN if command.value == word), None)


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
