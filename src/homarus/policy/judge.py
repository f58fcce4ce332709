"""Judge a call: rules in order, the first that has an answer wins, and no rule means ask.

What a hijacked model can ask for is anything; what it gets without a person is only what harms nobody, or what the
owner's own words asked for. Pure decisions: nothing here reads, writes or waits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from homarus.domain.acts import ProposedCall, Risk, Ruling, Verdict
from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _
from homarus.domain.instructions import is_instruction_file
from homarus.policy.commands import is_safe
from homarus.policy.fingerprint import canonical
from homarus.policy.taint import is_tainted, sources
from homarus.policy.words import foreign, is_checkable, is_said, stands_in, without


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What "allow for this session" holds for: the same tool with the same deciding arguments does not ask again."""

    tool: str
    deciding: str
    """The deciding arguments, and the files that a command names by their hashes, as canonical JSON."""
    was_tainted: bool
    """Whether the person knew, when saying yes, that untrusted words had been read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the owner has decided beforehand."""

    exec_mode: Literal["deny", "ask", "allowlist"] = "ask"
    safe_bins: frozenset[str] = frozenset()
    grants: frozenset[Grant] = frozenset()


Rule: TypeAlias = Callable[[ProposedCall, Rules], Verdict | None]


def judge(call: ProposedCall, rules: Rules) -> Verdict:
    """Say what the house says to a call; where nobody can be asked, a question is a no."""
    verdict = next((found for rule in RULES if (found := rule(call, rules)) is not None), _no_rule(call))
    if verdict.ruling is Ruling.ASK and call.is_headless:
        return Verdict(
            ruling=Ruling.REFUSE, because=_("{because} Nobody is here to ask.").format(because=verdict.because)
        )
    return verdict


def grant_of(call: ProposedCall) -> Grant:
    """Return what "allow for this session" would hold for."""
    deciding: dict[str, Json] = {**_deciding(call), **({" files": dict(call.files)} if call.files else {})}
    return Grant(tool=call.call.name, deciding=canonical(deciding), was_tainted=is_tainted(call.labels))


def _mismatch(call: ProposedCall, _rules: Rules) -> Verdict | None:
    if call.call.name == call.traits.name:
        return None
    return _refuse(_("{tool!r} is not the tool that was looked up.").format(tool=call.call.name))


def _denied(call: ProposedCall, rules: Rules) -> Verdict | None:
    if call.traits.risk is Risk.RUN and rules.exec_mode == "deny":
        return _refuse(_("Running programs is switched off (tools.exec.mode is `deny`)."))
    return None


def _read(call: ProposedCall, _rules: Rules) -> Verdict | None:
    return _allow(_("It only reads what is here.")) if call.traits.risk is Risk.READ else None


def _granted(call: ProposedCall, rules: Rules) -> Verdict | None:
    """A grant never covers what it was not given for: more taint, other arguments, foreign content."""
    tainted = is_tainted(call.labels)
    if call.traits.risk is Risk.ACT and tainted:
        return None
    mine = grant_of(call)
    held = any(
        grant.tool == mine.tool and grant.deciding == mine.deciding and (grant.was_tainted or not tainted)
        for grant in rules.grants
    )
    if not held or (tainted and foreign(_free(call), call.owner_words)):
        return None
    return _allow(_("You allowed this for the session."))


def _beyond_trust(call: ProposedCall, _rules: Rules) -> Verdict | None:
    """What its driving test does not trust a model with, a person looks at; a risk that nobody knows is beyond all."""
    trusted = () if call.most_risk is None else _RISKS[: _RISKS.index(call.most_risk) + 1]
    if call.traits.risk in trusted:
        return None
    if call.most_risk is None:
        return _ask(call, _("The model that asks for this failed its driving test: it may use no tool unasked."))
    return _ask(call, _("The model that asks for this failed a part of its driving test and is not trusted this far."))


def _instructions(call: ProposedCall, _rules: Rules) -> Verdict | None:
    """Files that come into prompts; stricter than `memory.save`, which adds a labelled line and can take none away."""
    if call.traits.risk not in (Risk.WRITE, Risk.ACT):
        return None
    touched = [value for value in _strings(_deciding(call)) if is_instruction_file(value)]
    if not touched:
        return None
    asked = all(_is_named(value, call.owner_words) for value in touched)
    if asked and not is_tainted(call.labels):
        return _allow(_("You asked for a change of {file!r} yourself.").format(file=touched[0]))
    return _ask(call, _("{file!r} steers what the agent does from now on.").format(file=touched[0]))


def _reach(call: ProposedCall, _rules: Rules) -> Verdict | None:
    if call.traits.risk is not Risk.REACH:
        return None
    if not is_tainted(call.labels):
        return _allow(_("Nothing untrusted has been read yet."))
    if all(stands_in(value, call.owner_words) for value in call.call.arguments.values()):
        return _allow(_("You named it yourself."))
    return _ask(call, _("It asks another machine, and the address could carry something out."))


def _write(call: ProposedCall, _rules: Rules) -> Verdict | None:
    if call.traits.risk is not Risk.WRITE:
        return None
    if not is_tainted(call.labels):
        return _allow(_("Nothing untrusted has been read yet."))
    if not _is_asked_for(call):
        return _ask(call, _("It changes something that you did not name."))
    if not is_checkable(_free(call)):
        return _ask(call, _("It is too long to look for what you did not type in it."))
    smuggled = foreign(_free(call), call.owner_words)
    if smuggled:
        return _ask(call, _("It would write {piece!r}, which you did not type.").format(piece=smuggled[0]))
    return _allow(_("You named what it changes."))


def _is_asked_for(call: ProposedCall) -> bool:
    """Whether everything that decides was said by the owner, also around each other: `call Lena at noon about it`."""
    deciding = list(_deciding(call).values())
    for value in deciding:
        others = [other for other in deciding if isinstance(other, str) and other.strip() and other != value]
        words = [call.owner_words, *(without(other, call.owner_words) for other in others)]
        if not any(stands_in(value, said) or is_said(value, said) for said in words):
            return False
    return True


def _act(call: ProposedCall, _rules: Rules) -> Verdict | None:
    if call.traits.risk is not Risk.ACT:
        return None
    return _ask(call, _("It has an effect elsewhere that cannot be taken back."))


def _run(call: ProposedCall, rules: Rules) -> Verdict | None:
    if call.traits.risk is not Risk.RUN:
        return None
    commands = list(_deciding(call).values())
    is_named = rules.exec_mode == "allowlist" and all(is_safe(command, rules.safe_bins) for command in commands)
    if is_named and commands and not is_tainted(call.labels):
        return _allow(_("You named this program as safe (tools.exec.safeBins)."))
    return _ask(call, _("It runs a program."))


RULES: tuple[Rule, ...] = (
    _mismatch,
    _denied,
    _granted,
    _beyond_trust,
    _read,
    _instructions,
    _reach,
    _write,
    _act,
    _run,
)
_RISKS = tuple(Risk)
"""From harmless to anything."""


def _is_named(path: str, words: str) -> bool:
    name = PurePosixPath(path.replace("\\", "/")).name
    return stands_in(path, words) or stands_in(name.casefold(), words.casefold())


def _deciding(call: ProposedCall) -> JsonObject:
    """Return the arguments that decide where the effect goes; all of them where the tool names none and it matters."""
    arguments, key = call.call.arguments, call.traits.key_arguments
    if not key and call.traits.risk is not Risk.WRITE:
        return arguments
    return {name: value for name, value in arguments.items() if name in key}


def _free(call: ProposedCall) -> JsonObject:
    deciding = _deciding(call)
    return {name: value for name, value in call.call.arguments.items() if name not in deciding}


def _strings(arguments: JsonObject) -> list[str]:
    found: list[str] = []
    waiting: list[Json] = list(arguments.values())
    for value in waiting:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list | tuple):
            waiting.extend(value)
    return found


def _allow(because: str) -> Verdict:
    return Verdict(ruling=Ruling.ALLOW, because=because)


def _refuse(because: str) -> Verdict:
    return Verdict(ruling=Ruling.REFUSE, because=because)


def _ask(call: ProposedCall, because: str) -> Verdict:
    read = sources(call.labels)
    if read:
        because = _("{because} Untrusted text was read: {places}.").format(because=because, places=", ".join(read))
    return Verdict(ruling=Ruling.ASK, because=because)


def _no_rule(call: ProposedCall) -> Verdict:
    return _ask(call, _("No rule covers {tool!r}.").format(tool=call.call.name))
