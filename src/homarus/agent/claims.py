"""Notice when an answer says that something was done which no tool did in this turn.

Only what is said in the first person or about the thing itself, as finished, counts: questions, offers, plans,
conditions, what a page or a file says, and what happened earlier are no claims. English, German, Spanish and French.
It is better to miss a claim than to doubt a true one: tests hold a corpus of both, with figures.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from homarus.agent import ordered
from homarus.agent.claim_words import ABOUT_BEFORE, ASKS_FOR, EXCUSES, SHAPES, THINGS, Deed
from homarus.domain.acts import Outcome, Receipt, Risk

_LONGEST = 20_000
_LONGEST_SENTENCE = 400
"""What is longer is no sentence; and the words of a deed are looked for from every place in it."""
_FENCED = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTED = re.compile(
    r"\"[^\"\n]{0,300}\"|\u201c[^\u201d\n]{0,300}\u201d|\u201e[^\u201c\n]{0,300}\u201c|\u00ab[^\u00bb\n]{0,300}\u00bb"
)
_SPOKEN_OF = re.compile(r"^[^\S\n]*+(?:>|\|).*$", re.MULTILINE)
_ENDS = re.compile(r"(?<=[.!?\u2026])[\"')\]*_]*\s+|\n+")
_MARKS = re.compile(r"^[\s\-*\u2022\u2713\u2714\u2705#>_]+|\*\*|__")
_SHORT = 60
_SHORT_PROMISE = 160
_OURS = ("memory.", "files.", "remind.", "time.", "web.")
_REMINDING = re.compile(r"remind|alarm|timer|calendar|schedul|task|todo|event", re.IGNORECASE)


class Backing(StrEnum):
    """How far a receipt goes."""

    ALL = "all"
    NOTES = "notes"
    REMINDERS = "reminders"
    LOOKS = "looks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence that says that something was done."""

    sentence: str
    deed: Deed
    is_report: bool = False
    """Whether it may tell what a tool found."""


def claims(text: str) -> tuple[Claim, ...]:
    """Return the sentences of an answer that claim a deed, in order."""
    plain = _FENCED.sub(" \u2026 ", text[:_LONGEST])
    plain = _SPOKEN_OF.sub("", plain)
    found: list[Claim] = []
    size = len(plain.strip()) + (_SHORT if ":" in plain else 0)
    for raw in _ENDS.split(plain):
        sentence = _MARKS.sub("", _QUOTED.sub("\u2026", raw)).strip()
        claim = _claim(sentence[:_LONGEST_SENTENCE], size) if sentence else None
        if claim is not None:
            found.append(replace(claim, sentence=_MARKS.sub("", raw).strip()))
    return tuple(found)


def _claim(sentence: str, size: int) -> Claim | None:
    """Return what a sentence claims in an answer of a size, in characters."""
    if sentence.rstrip("\"')*_ ").endswith("?") or EXCUSES.search(sentence):
        return None
    thing = next((thing for thing in THINGS if thing.pattern.search(sentence)), None)
    for shape in SHAPES:
        most = _SHORT_PROMISE if shape.deed is Deed.PROMISED else _SHORT
        if (shape.only_short and size >= most) or (shape.needs_thing and thing is None):
            continue
        if shape.pattern.search(sentence):
            is_more = thing is not None and thing.deed is not None and shape.deed is Deed.SAVED
            deed = thing.deed if is_more and thing is not None and thing.deed is not None else shape.deed
            return Claim(sentence=sentence, deed=deed, is_report=shape.is_report)
    return None


def unbacked(text: str, receipts: Iterable[Receipt], *, asked: str = "") -> tuple[Claim, ...]:
    """Return the claims that no receipt of the turn backs; `asked` is what the owner typed.

    Who asks whether something was done is told about earlier turns.
    """
    if ABOUT_BEFORE.search(asked) and not ASKS_FOR.search(asked):
        return ()
    done = {_backing(receipt) for receipt in receipts if receipt.outcome in (Outcome.DONE, Outcome.UNKNOWN)}
    has_looked = Backing.LOOKS in done
    found = tuple(
        claim for claim in claims(text) if not (_BACKED_BY[claim.deed] & done or (claim.is_report and has_looked))
    )
    if not (found or done) and (words := ordered.claimed(text, asked)):
        return (Claim(sentence=words, deed=Deed.SAVED),)
    return found


def _backing(receipt: Receipt) -> Backing:
    """Return what a tool that ran can have done: a tool that we do not know may have done anything."""
    if receipt.risk in (Risk.ACT, Risk.RUN):
        return Backing.ALL
    if receipt.risk in (Risk.READ, Risk.REACH):
        return Backing.LOOKS
    if receipt.tool.startswith("remind.") or _REMINDING.search(receipt.tool):
        return Backing.REMINDERS
    return Backing.NOTES if receipt.tool.startswith(_OURS) else Backing.ALL


_BACKED_BY: dict[Deed, frozenset[Backing]] = {
    Deed.SENT: frozenset({Backing.ALL}),
    Deed.ORDERED: frozenset({Backing.ALL}),
    Deed.RAN: frozenset({Backing.ALL}),
    Deed.REMINDED: frozenset({Backing.ALL, Backing.REMINDERS}),
    Deed.PLACED: frozenset({Backing.ALL, Backing.REMINDERS, Backing.NOTES}),
    Deed.SAVED: frozenset({Backing.ALL, Backing.NOTES, Backing.REMINDERS}),
    Deed.REMOVED: frozenset({Backing.ALL, Backing.NOTES, Backing.REMINDERS}),
    Deed.SEARCHED: frozenset(Backing),
    Deed.DONE: frozenset(Backing),
    Deed.PROMISED: frozenset({Backing.ALL, Backing.NOTES, Backing.REMINDERS}),
}


def named(found: Sequence[Claim], *, limit_chars: int = 160) -> str:
    """Return the claims as a person reads them in a notice: the sentences, short."""
    whole = " ".join(claim.sentence for claim in found[:3])
    return whole if len(whole) <= limit_chars else f"{whole[: limit_chars - 1].rstrip()}\u2026"
