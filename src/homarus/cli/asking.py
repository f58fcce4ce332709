"""Ask the person at the terminal for a yes or a no, while the turn waits."""

import sys

from homarus.cli import receipts, show
from homarus.cli.line import AnsweredError, Line
from homarus.domain.content import JsonObject
from homarus.domain.i18n import _

_ONCE = ("o", "once", "y", "yes", "ok", "allow")
_SESSION = ("s", "session", "always")
_DENY = ("d", "deny", "n", "no")


def can_ask() -> bool:
    """Whether somebody sits at the terminal who sees the question and can answer it."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def yes(question: str, *, is_default: bool = False) -> bool:
    """Ask for a yes or a no; Enter takes the default.

    Raises:
        KeyboardInterrupt: when the person leaves instead.
    """
    words = _("[Y/n]") if is_default else _("[y/N]")
    while True:
        sys.stderr.write(f"{show.clean(question)} {words} ")
        sys.stderr.flush()
        try:
            said = input().strip().casefold().rstrip(".!")
        except EOFError:
            raise KeyboardInterrupt from None
        if not said:
            return is_default
        if said in ("y", "yes", _("yes")):
            return True
        if said in ("n", "no", _("no")):
            return False
        show.warn(_("Answer y or n."))


def read_as(text: str) -> str:
    """Return the decision that a bare word is, nothing when it is none."""
    word = text.strip().casefold().rstrip(".!")
    for decision, words in (("once", _ONCE), ("session", _SESSION), ("deny", _DENY)):
        if word in words:
            return decision
    return ""


def asked(approval: JsonObject) -> str:
    """Show a question and return the decision; nothing when the person leaves it for later."""
    for line in receipts.question(approval):
        show.warn(line)
    while True:
        sys.stderr.write(_("[o]nce / [s]ession / [d]eny, or Enter for later: "))
        sys.stderr.flush()
        try:
            said = input()
        except (EOFError, KeyboardInterrupt):
            sys.stderr.write("\n")
            return ""
        if not said.strip():
            return ""
        if decision := read_as(said):
            return decision
        show.warn(_("That is none of the three."))


def decide(line: Line, approval: JsonObject, decision: str, *, reason: str = "") -> JsonObject:
    """Send a decision, bound to exactly what was shown."""
    body: JsonObject = {"decision": decision, "fingerprint": approval["fingerprint"], "reason": reason}
    return line.post(f"/api/v1/approvals/{approval['approval_id']}", body)


def settle(line: Line, approval: JsonObject, decision: str) -> bool:
    """Send a decision and say what it means; tell whether it was taken, for somebody else may have been faster."""
    try:
        decide(line, approval, decision)
    except AnsweredError as error:
        show.warn(show.clean(error.message))
        show.next_step(error.hint)
        return False
    show.warn(show.dim(words_of(decision, str(approval["tool"]))))
    return True


def words_of(decision: str, tool: str) -> str:
    """Return what a decision means."""
    words = _("Denied: {tool} does not run.") if decision == "deny" else _("Allowed: {tool} runs.")
    return words.format(tool=tool)
