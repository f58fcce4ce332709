"""The words with which a model says that nothing is to be said; they are for the house, and for no reader."""

import re

SILENT = ("NO_REPLY", "HEARTBEAT_OK")
HEARTBEAT_CHARS = 300
"""What a model adds to a heartbeat that is well is for nobody, up to this length."""
_TAIL_CHARS = 100
"""Room for a word with its marks; what stands before is not looked at for it."""
_ALONE_CHARS = 100
_WORDS = "|".join(SILENT)
_AT_START = re.compile(rf"\A(?:\s*+[*_`]*+(?:{_WORDS})(?!\w)[*_`]*+[.!:]?+\s*+)++", re.IGNORECASE)
_AT_END = re.compile(rf"(?<!\w)[*_`]*(?:{_WORDS})[*_`]*+[.!]?+\s*+\Z", re.IGNORECASE)
_ALONE = re.compile(
    rf"(?:```\w*\s*|[>#\-]\s*)?[*_`~\"'\u201c\u201e\u2018]*(?:{_WORDS}|(?-i:NO REPLY))[*_`~\"'\u201d\u201c\u2019]*"
    r"[.!\u3002\uff01]?"
    r"(?:\s*```)?",
    re.IGNORECASE,
)
"""On a line of its own it may be quoted, fenced or marked; within a sentence in quotes it is spoken of."""
_IN_JSON = re.compile(rf"\{{\s*\"\w+\"\s*:\s*\"(?:{_WORDS})\"\s*\}}", re.IGNORECASE)


def without_tokens(text: str) -> str:
    """Return a text without these words at its ends; empty when that was all."""
    plain = text.strip()
    while plain:
        left = _without(plain)
        if left == plain:
            break
        plain = left
    return plain


def _without(plain: str) -> str:
    if _is_alone(plain) or _IN_JSON.fullmatch(plain):
        return ""
    first, _line, rest = plain.partition("\n")
    if rest and _is_alone(first.strip()):
        return rest.strip()
    before, _line, last = plain.rpartition("\n")
    if before and _is_alone(last.strip()):
        return before.strip()
    return _without_end(_AT_START.sub("", plain)).strip()


def _is_alone(text: str) -> bool:
    return len(text) <= _ALONE_CHARS and _ALONE.fullmatch(text) is not None


def _without_end(plain: str) -> str:
    """Return a text without all such words at its end, looking only at its last characters for each."""
    end = len(plain)
    while found := _AT_END.search(plain, max(0, end - _TAIL_CHARS), end):
        end = found.start()
        while end and plain[end - 1].isspace():
            end -= 1
    return plain[:end]


def is_heartbeat_well(text: str) -> bool:
    """Whether an answer to a heartbeat says that all is well, and hardly anything else."""
    rest = without_tokens(text)
    return rest != text.strip() and len(rest) <= HEARTBEAT_CHARS
