"""Check a summary against what it tells of: names, numbers, dates and open questions, without a model.

Small models leave out the one figure that mattered, or tell of things that nobody said. What is missing is added in a
line; a summary that invents, or that repeats itself, is not used at all.
"""

import re
from collections import Counter
from collections.abc import Iterable

_NUMBER = re.compile(r"(?<![\w.])\d[\d.,:/-]*\d|(?<![\w.])\d+(?!\w)")
_NAME = re.compile(r"(?<=[a-zäöüß,;] )[A-ZÄÖÜ][\wäöüß'-]{2,}(?: [A-ZÄÖÜ][\wäöüß'-]+)*")
_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.]+|https?://\S+|(?<![\w-])[\w-]++(?:/[\w.-]+)+|"
    r"(?<![\w-])[\w-]++\.(?:md|txt|py|json|pdf|csv)\b"
)
_QUESTION = re.compile(r"[^.!?\n]{8,160}\?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_STAMP = re.compile(r"\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d [^\[\]]*+\]")
_INVENTED_SHARE = 0.3
_FEWEST = 3
_REPEATED = 3
_NO_NAMES = frozenset({"Owner", "You", "Tool", "House", "Earlier", "Somebody"})


def facts_in(text: str) -> tuple[str, ...]:
    """Return what a summary must not lose, most often said first: addresses, numbers and dates, names."""
    plain = _STAMP.sub("", text)
    found = Counter[str]()
    for pattern in (_ADDRESS, _NUMBER, _NAME):
        found.update(match.group().rstrip(".,:;/-") for match in pattern.finditer(plain))
    return tuple(fact for fact, _count in found.most_common() if fact not in _NO_NAMES and len(fact) > 1)


def rambles(summary: str, told_of: str) -> bool:
    """Say whether a summary repeats itself, or tells of what nobody said."""
    sentences = [" ".join(one.lower().split()) for one in _SENTENCE.split(summary) if len(one.split()) > _FEWEST]
    if sentences and Counter(sentences).most_common(1)[0][1] >= _REPEATED:
        return True
    said = told_of.lower()
    facts = [fact for fact in facts_in(summary) if not fact.isdigit() or len(fact) > 1]
    invented = [fact for fact in facts if not _is_in(fact, said)]
    return len(invented) >= _FEWEST and len(invented) > _INVENTED_SHARE * len(facts)


def with_what_is_missing(summary: str, told_of: str, *, room_chars: int) -> str:
    """Return a summary with a line of the facts and the open question that it left out, as far as there is room."""
    lower = summary.lower()
    missing = [fact for fact in facts_in(told_of) if not _is_in(fact, lower)]
    lines = [summary]
    if kept := _that_fit(missing, room_chars // 2):
        lines.append(f"Also named: {', '.join(kept)}.")
    if (question := _open_question(told_of)) and not _is_in(question[-40:], lower) and len(question) <= room_chars // 2:
        lines.append(f"Still open: {question}")
    return "\n".join(lines)


def _is_in(fact: str, lower: str) -> bool:
    return fact.lower() in lower or all(part in lower for part in fact.lower().split())


def _that_fit(facts: Iterable[str], room: int) -> list[str]:
    kept: list[str] = []
    for fact in facts:
        room -= len(fact) + 2
        if room < 0:
            break
        kept.append(fact)
    return kept


def _open_question(told_of: str) -> str:
    """Return what the owner asked last, when nothing was answered to it."""
    lines = [line for line in _STAMP.sub("", told_of).splitlines() if line.startswith(("Owner:", "You:"))]
    if not lines or not lines[-1].startswith("Owner:"):
        return ""
    asked = _QUESTION.findall(lines[-1].removeprefix("Owner:"))
    return " ".join(asked[-1].split()) if asked else ""
