"""Take reasoning off the front of an answer where no tag says that it is some: only where its own words do.

Some models think aloud in the answer: "Okay, the user wants ...", a blank line, and the answer. Others write headers.
What cannot be told apart surely stays: half of an answer lost is worse than a thought too much.
"""

import re
from dataclasses import dataclass

_HEADER = re.compile(
    r"\A\s*(?:[#*_]{0,4})(?:reasoning|thinking|thought process|thoughts?|chain of thought|analysis)(?:[*_]{0,3})\s*:"
    r"(?:[*_]{0,3})\s*",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"^[#*_\s]{0,5}(?:final answer|final response|answer|response|reply|output)(?:[*_]{0,3})\s*:(?:[*_]{0,3})[ \t]*\n?",
    re.IGNORECASE | re.MULTILINE,
)
_GRANITE = re.compile(r"\A\s*here (?:is|'s) my (?:thought|thinking|reasoning) process\s*:", re.IGNORECASE)
_GRANITE_ANSWER = re.compile(r"^[^\S\n]*+here (?:is|'s) my response\s*:\s*", re.IGNORECASE | re.MULTILINE)
_USER = (
    r"the user(?: (?:wants|is (?:asking|saying|requesting|looking)|asked|asks|said|says|just|seems|needs|would"
    r"|mentioned|greeted|sent|has (?:asked|sent|given))\b|'s (?:question|request|message|name|query|intent)\b)"
)
_THINKS = re.compile(
    r"\A\s*(?P<aloud>(?:(?:ok(?:ay)?|alright|hmm+|so|well|right|wait|first|now)[,.!]*\s+){0,3})"
    rf"(?:(?P<user>{_USER})|let me (?:think|analy[sz]e|figure|break)|let's think\b"
    r"|we need to (?:answer|respond|reply|call)|I need to (?:figure|think|answer|respond|determine|call)"
    r"|I should (?:answer|respond|reply|call|think)"
    r"|looking at (?:the|this) (?:question|request|message))",
    re.IGNORECASE,
)
_STILL = re.compile(
    rf"\b{_USER}|\bI should\b|\bI need to\b|\bI'll (?:respond|answer|say|reply|keep)\b|\bLet me (?:think|craft|write)"
    r"|\bwe (?:need|should|must)\b|\A\s*(?:wait|hmm)\b|\bmy (?:response|answer|reply)\b",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    r"<(answer|final_answer|final|output|response|reply|antwort|respuesta)>(.+)</\1>", re.DOTALL | re.IGNORECASE
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_ITALIC = re.compile(r"\A\s*[_*][^\n]*[_*]\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """An answer taken apart."""

    thought: str
    answer: str


def unwrapped(text: str) -> str:
    """Return an answer without the tags around the whole of it: `<answer>Four.</answer>`."""
    found = _WRAPPED.fullmatch(text.strip())
    is_whole = found is not None and found[2].strip() and f"<{found[1]}" not in found[2]
    return found[2].strip() if found and is_whole else text


def parted(text: str, *, thinks: bool = False) -> Parted | None:
    """Return the thought and the answer of a text that is both, nothing when it cannot be told.

    `thinks` says that the model is known to think before it answers.
    """
    found = _by_headers(text) or _by_words(text, thinks=thinks)
    return found if found is not None and found.answer.strip() and found.thought.strip() else None


def _by_headers(text: str) -> Parted | None:
    granite = _GRANITE.match(text)
    if granite and (answer := _GRANITE_ANSWER.search(text, granite.end())):
        return Parted(thought=text[granite.end() : answer.start()].strip(), answer=text[answer.end() :].strip())
    header = _HEADER.match(text)
    if header is None:
        return None
    if answer := _ANSWER.search(text, header.end()):
        return Parted(thought=text[header.end() : answer.start()].strip(), answer=text[answer.end() :].strip())
    first, *rest = _PARAGRAPH.split(text[header.end() :], maxsplit=1)
    is_thought = bool(rest) and (_THINKS.match(first) or all(_ITALIC.match(line) for line in first.splitlines()))
    return Parted(thought=first.strip(), answer=rest[0].strip()) if is_thought else None


def _by_words(text: str, *, thinks: bool) -> Parted | None:
    """Part a text that begins by thinking aloud: the answer is what follows the last paragraph that does."""
    begins = _THINKS.match(text)
    first = _PARAGRAPH.split(text, maxsplit=1)[0]
    if begins is None or "```" in first:
        return None
    if begins["user"] and not (begins["aloud"] or thinks or _STILL.search(first, begins.end())):
        return None  # a story about users begins so, too
    if answer := _ANSWER.search(text):
        return Parted(thought=text[: answer.start()].strip(), answer=text[answer.end() :].strip())
    places = [0, *(match.end() for match in _PARAGRAPH.finditer(text))]
    paragraphs = [text[a:b] for a, b in zip(places, [*places[1:], len(text)], strict=True)]
    last = max(place for place, words in enumerate(paragraphs) if place == 0 or _STILL.search(words))
    if last + 1 >= len(paragraphs):
        return None
    at = places[last + 1]
    return Parted(thought=text[:at].strip(), answer=text[at:].strip())
