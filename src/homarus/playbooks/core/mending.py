"""JSON as models write it: in fences, after a sentence, with commas too many, single quotes, or cut off at the end."""

import json
import re
from dataclasses import dataclass
from typing import cast

LONGEST = 400_000
_TOO_MANY = re.compile(r",\s*[}\]]")
_WORD = re.compile(r"\w+")
_FENCED = re.compile(r"```[a-zA-Z0-9]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_WORDS = {"True": "true", "False": "false", "None": "null", "NaN": "null", "undefined": "null"}


class Unreadable(ValueError):  # noqa: N818 - said of an answer, in a sentence for the model
    """There is no JSON in an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The JSON of an answer."""

    value: object
    is_mended: bool


def mended(text: str) -> Mended:
    """Return the JSON in an answer.

    Raises:
        Unreadable: when there is none, in words for the model.
    """
    whole = text.strip()[:LONGEST]
    try:
        return Mended(value=json.loads(whole), is_mended=False)
    except (ValueError, RecursionError):
        pass
    for candidate in _candidates(whole):
        for form in (candidate, *_mendings(candidate)):
            try:
                value = json.loads(form)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict | list) and (value or form is candidate):
                return Mended(value=cast("object", value), is_mended=True)
    raise Unreadable("there is no JSON object in it" if "{" not in whole else "its JSON cannot be read")


def _candidates(text: str) -> list[str]:
    found = [fenced.strip() for fenced in _FENCED.findall(text)]
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    if starts:
        start = min(starts)
        found.append(text[start : text.rfind("}" if text[start] == "{" else "]") + 1])
        found.append(text[start:])
    return [one for one in found if one]


def _mendings(text: str) -> list[str]:
    plain = _retold(text)
    return [plain, _closed(plain)]


def _retold(text: str) -> str:
    """Return the text with JSON's own quotes and words and without commas too many; strings are left as they are."""
    out: list[str] = []
    at = 0
    while at < len(text):
        letter = text[at]
        if letter in "\"'":
            end = _end_of_string(text, at)
            out.append(_string(text[at + 1 : end], quote=letter, is_closed=end < len(text)))
            at = end + 1
        elif letter == "," and _TOO_MANY.match(text, at):
            at += 1
        elif letter.isalpha():
            word = _WORD.match(text, at)
            token = word.group() if word else letter
            out.append(_WORDS.get(token, token) if not _is_key(text, at + len(token)) else json.dumps(token))
            at += len(token)
        elif text.startswith("//", at):
            newline = text.find("\n", at)
            at = len(text) if newline < 0 else newline
        else:
            out.append(letter)
            at += 1
    return "".join(out)


def _is_key(text: str, after: int) -> bool:
    return text[after : after + 8].lstrip().startswith(":")


def _end_of_string(text: str, start: int) -> int:
    quote, at = text[start], start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == quote and (quote == '"' or _ends_here(text, at)):
            return at
        at += 1
    return len(text)


def _ends_here(text: str, at: int) -> bool:
    """Say whether a single quote closes a string: what follows is punctuation of JSON, and no letter as in `don't`."""
    rest = text[at + 1 : at + 16].lstrip()
    return not rest or rest[0] in ",:}]"


def _string(inner: str, *, quote: str, is_closed: bool) -> str:
    if quote == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"')
    inner = inner.replace("\r", "").replace("\n", "\\n").replace("\t", "\\t")
    if not is_closed:
        inner = re.sub(r"\\+$", "", inner)
    return f'"{inner}"'


def _closed(text: str) -> str:
    """Close what was cut off: what has no value yet is dropped."""
    stack: list[str] = []
    is_string, at = False, 0
    while at < len(text):
        letter = text[at]
        if is_string:
            at += letter == "\\"
            is_string = letter != '"'
        elif letter == '"':
            is_string = True
        elif letter in "{[":
            stack.append("}" if letter == "{" else "]")
        elif letter in "}]" and stack:
            stack.pop()
        at += 1
    open_end = text.rstrip()
    open_end = re.sub(r',?\s*"(?:[^"\\]|\\.)*"\s*:\s*$', "", open_end)
    if stack and stack[-1] == "}":
        open_end = re.sub(r'(?<=[{,])\s*"(?:[^"\\]|\\.)*"$', "", open_end)
    open_end = re.sub(r"[,:]\s*$", "", open_end)
    open_end = re.sub(r"(?<=[:,\[\s])(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|-)$", "null", open_end)
    return open_end + "".join(reversed(stack))
