"""Read JSON5 into values, and say in words where and why it cannot be read."""

import re

from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.state.config.nodes import Node, Origin, Source, grow
from homarus.state.config.problems import FaultyFileError, Problem, Severity, Where

_MAX_DEPTH = 48
_EXCERPT_CHARS = 160
_NEAR = re.compile(r"near (\d+)")
_FOUND = re.compile(r"found U\+([0-9a-fA-F]+)")
_EXPECTED = re.compile(r"Expected (?:b'(\w[\w ]*)'|U\+([0-9a-fA-F]+))(?: or U\+([0-9a-fA-F]+))?")
_SECRET_LINE = re.compile(r"key|token|secret|password|authorization|bearer", re.IGNORECASE)


def parse(source: Source) -> Node:
    """Return the tree of a file.

    Raises:
        FaultyFileError: when it is not JSON5, with line, column and the line in question.
    """
    import pyjson5

    try:
        value: Json = pyjson5.decode(source.text, maxdepth=_MAX_DEPTH)
        return grow(value, Origin(source=source))
    except pyjson5.Json5NestingTooDeep as error:
        because = _("it is nested more than {depth} levels deep").format(depth=_MAX_DEPTH)
        raise _faulty(source, str(error), because) from error
    except pyjson5.Json5EOF as error:
        raise _faulty(source, str(error), _unclosed(str(error))) from error
    except pyjson5.Json5DecoderException as error:
        raise _faulty(source, str(error.message), _unexpected(str(error.message))) from error
    except (ValueError, OverflowError, RecursionError, TypeError) as error:
        raise _faulty(source, "", _("a value in it cannot be read ({error})").format(error=error)) from error


def _faulty(source: Source, message: str, because: str) -> FaultyFileError:
    near = _NEAR.search(message)
    offset = min(max(int(near[1]) - 1, 0), len(source.text)) if near else 0
    place = source.lines.place(offset)
    where = Where(file=source.name, line=place.line, column=place.column)
    sentence = _("{where} is not JSON5: {because}.").format(where=where, because=because)
    line = source.lines.text_of(place.line)
    excerpt = "" if _SECRET_LINE.search(line) else line[:_EXCERPT_CHARS]
    if excerpt.strip():
        sentence += " " + _("The line reads: {line}").format(line=excerpt.strip())
    return FaultyFileError(
        Problem(
            severity=Severity.ERROR,
            sentence=sentence,
            hint=_("Mend that line; `homarus config check {file}` tells whether it is right.").format(file=source.name),
            where=where,
            excerpt=excerpt,
        )
    )


def _unclosed(message: str) -> str:
    if "object" in message:
        return _("the file ends inside an object that begins here; a `}` is missing")
    if "array" in message:
        return _("the file ends inside a list that begins here; a `]` is missing")
    if "string" in message:
        return _("the text that begins here has no closing quote on its line")
    if "comment" in message:
        return _("the comment that begins here has no end")
    if "No JSON data" in message:
        return _("there is nothing in it; an empty configuration is {}").replace("{}", "`{}`")
    return _("it ends in the middle of a value")


def _unexpected(message: str) -> str:
    if message.startswith("Stray"):
        return _("there is a comma too many")
    found = _FOUND.search(message)
    sign = repr(chr(int(found[1], 16))) if found else ""
    if message.startswith("Extra data"):
        return _("something follows after the end of the configuration")
    expected = _EXPECTED.search(message)
    wanted = _wanted(expected) if expected else ""
    if wanted and sign:
        return _("{wanted} should stand here, not {sign}").format(wanted=wanted, sign=sign)
    return _("something here does not belong")


def _wanted(expected: re.Match[str]) -> str:
    words = {
        "colon": _("a colon"),
        "comma": _("a comma"),
        "JSON5Value": _("a value"),
        "IdentifierStart": _("a key"),
        "escape sequence": _("an escape"),
    }
    first = words.get(expected[1], "") if expected[1] else repr(chr(int(expected[2], 16)))
    if first and expected[3]:
        return _("{one} or {other}").format(one=first, other=repr(chr(int(expected[3], 16))))
    return first
