"""Recognise a tool call that a model wrote as text, where the text is that call, at most after a few words.

Many local models know how calls look and not how to make one. A name that was not offered is no call, and an answer
that shows a person some JSON, or how a call would look, is an answer.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from homarus.domain.content import JsonObject, ToolCall
from homarus.domain.ids import CallId
from homarus.models.call_shapes import Written, loose, read_calls
from homarus.models.loose_calls import Found, loose_calls

Offered: TypeAlias = "Iterable[str] | Mapping[str, JsonObject]"
"""The names of the tools, or their parameters by name: those say which values are text."""

_LONGEST = 20_000
"""Room for a call that writes a file of 15,000 characters; what is longer is no call."""
_MOST_STARTS = 24
_BEGINNING = 2_000
"""Where the name of a call stands that nobody can read."""
_FEW_WORDS = 240
_TAGS = r"<(?:tool_call|function_call|toolcall|tool_calls|function_calls|seed:tool_call|minimax:tool_call)>"
_MARK = re.compile(
    r"\[TOOL_CALLS\]|<\|python_tag\|>|<\|tool_call(?:_start)?\|?>|<[|\uff5c]tool[_\u2581]calls?[_\u2581](?:section_)?begin"
    r"|<\|tool_calls_section_begin\|>|<[|\uff5c]\s*DSML|<\|START_ACTION\|>|<start_function_call>|<\|tools_prefix\|>"
    r"|<\|start\|>assistant(?=[^\n]{0,60}\bto=)|<\|channel\|>(?=[^\n]{0,40}\bto=)|\bfunctools(?=\[)"
)
"""What only a chat template knows: no reader is meant, wherever it stands."""
_LINE = re.compile(
    rf"^[ \t]*(?:```|\{{|\[\s*\{{|{_TAGS}|<function=|<invoke |>>>\w|\**Action:|Thought:)", re.MULTILINE | re.IGNORECASE
)
_LATE = re.compile(rf"(?:{_TAGS}|<function=\w)", re.IGNORECASE)
_TAG = re.compile(rf"\A\s*(?:{_TAGS}|<function=|<invoke )", re.IGNORECASE)
_IMAGINED = re.compile(
    r"(?:^|(?<=>))[^\S\n]*+(?:<\|?/?tool_response\|?>|<tool_result|\[TOOL_RESULTS\]|\**+Observation:|<\|im_start\|>)",
    re.MULTILINE,
)
"""A result that the model made up behind its own call."""
_TOKENS = ("im_end", "eot_id", "eom_id", "endoftext", "end")
_ENDS = ("</s>", "<end_of_turn>", "<eos>", *(f"<|{token}|>" for token in _TOKENS))
_EXPLAINS = re.compile(
    r"\b(?:example|e\.g\.|for instance|looks? like|syntax|format|would(?! like)|could|such as|schema|template"
    r"|beispiel|z\.\s?b\.|sieht so aus|würde|könnte|ejemplo|formato|sería|exemple|ressemble|pourrai[st])\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:\"?(?:name|tool|function)\"?\s*[:=]\s*|<function=|<name>|<tool_name>)[\"']?([\w.\-]+)")
_BEGINS = ("```", "[TOOL_CALLS]", "functools[", "Action:", "Thought:", ">>>", "call:")
_OPENS = ("<tool_call", "<function", "<|", "<\uff5c", "<invoke", "<toolcall", "<seed:", "<minimax:", "<start_function")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A text taken apart: what was said, and the calls that follow it."""

    text: str
    calls: tuple[ToolCall, ...]


def taken_apart(text: str, offered: Offered) -> Spoken:
    """Return the calls that a text consists of, and the few words before them; all of it as text when it is an answer.

    After words only what cannot be meant for a reader counts: tags of a chat template, and whole JSON calls.
    """
    if len(text) > _LONGEST:
        return Spoken(text=text, calls=())
    schemas = _schemas(offered)
    names = {loose(name): name for name in offered}
    told = _without_imagined(text) if _TAG.search(text) or _MARK.search(text) or "Action" in text else text
    if calls := _calls(told, names, schemas):
        return Spoken(text="", calls=calls)
    for start in _starts(told):
        before, tail = told[:start].strip(), told[start:]
        if _is_meant(before, tail) and (calls := _calls(tail, names, schemas)):
            return Spoken(text=_unreasoned(before), calls=calls)
    return _odd(told, names, schemas) or Spoken(text=text, calls=())


def thought_calls(reasoning: str, offered: Offered) -> tuple[ToolCall, ...]:
    """Return the calls at the end of a thought, where a parser took them for a part of it."""
    return taken_apart(reasoning, offered).calls if _LATE.search(reasoning) or _MARK.search(reasoning) else ()


def broken_call(text: str, offered: Offered) -> ToolCall | None:
    """Return the call in a text that a template's tag opens, and that nobody can read or that is of no tool of ours.

    No reader is meant by it: the model is told what is wrong with it, as with any other call that does not fit.
    """
    schemas = _schemas(offered)
    if not schemas or not (_TAG.match(text) or _MARK.match(text.lstrip())) or _EXPLAINS.search(text):
        return None
    if len(text) <= _LONGEST and (written := read_calls(_without_end(text), schemas)):
        return ToolCall(call_id=CallId("text_1"), name=written[0].name, arguments=written[0].arguments)
    named = _NAME.search(text[:_BEGINNING])
    name = named.group(1) if named else ""
    return ToolCall(call_id=CallId("text_1"), name=name, arguments={}, malformed=text[:_FEW_WORDS])


def _without_imagined(text: str) -> str:
    imagined = _IMAGINED.search(text)
    return text[: imagined.start()].rstrip() if imagined else text


def _without_end(text: str) -> str:
    """Return a text without the token that ends an answer."""
    plain = text.rstrip()
    return next((plain.removesuffix(end).rstrip() for end in _ENDS if plain.endswith(end)), plain)


def _odd(text: str, names: Mapping[str, str], schemas: Mapping[str, JsonObject]) -> Spoken | None:
    """Take apart what no template writes so."""
    found = loose_calls(text, schemas)
    return Spoken(text=found.before, calls=_as_calls(found.calls, names)) if found and _is_alone(found) else None


def _is_alone(found: Found) -> bool:
    """Whether nothing around a call speaks of it as of an example."""
    is_cut = found.before.count("```") % 2 or found.before.endswith("`")
    return not (
        is_cut
        or len(found.after) > _FEW_WORDS
        or _EXPLAINS.search(found.before[-_FEW_WORDS:])
        or _EXPLAINS.search(found.after)
    )


def has_call(text: str, offered: Offered) -> bool:
    """Whether a call stands in a text, also one that fits no tool."""
    return bool(taken_apart(text, offered).calls) or broken_call(text, offered) is not None


def spoken_calls(text: str, offered: Offered) -> tuple[ToolCall, ...]:
    """Return the calls that a text is made of, in order; nothing when it says anything else besides."""
    return _calls(text, {loose(name): name for name in offered}, _schemas(offered))


def _calls(text: str, names: Mapping[str, str], schemas: Mapping[str, JsonObject]) -> tuple[ToolCall, ...]:
    if not text.strip() or len(text) > _LONGEST:
        return ()
    found: list[Written] = read_calls(_without_end(text), schemas) or []
    return _as_calls(found, names) if all(loose(call.name) in names for call in found) else ()


def _as_calls(found: Iterable[Written], names: Mapping[str, str]) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(call_id=CallId(f"text_{place}"), name=names.get(loose(call.name), call.name), arguments=call.arguments)
        for place, call in enumerate(found, 1)
    )


def _schemas(offered: Offered) -> dict[str, JsonObject]:
    if isinstance(offered, Mapping):
        known = cast("Mapping[str, JsonObject]", offered)
        return {loose(name): schema for name, schema in known.items()}
    return {loose(name): {} for name in offered}


def _starts(text: str) -> list[int]:
    places = {match.start() for pattern in (_MARK, _LINE, _LATE) for match in pattern.finditer(text)}
    return sorted(place for place in places if place)[:_MOST_STARTS]


def _is_meant(before: str, tail: str) -> bool:
    """Whether what follows some words can be a call, and is not shown to a person as an example."""
    if before.count("```") % 2 or before.endswith("`"):
        return False
    if _MARK.match(tail):
        return True
    if _EXPLAINS.search(before[-_FEW_WORDS:]):
        return False
    if _TAG.match(tail) or tail.lstrip().startswith((">>>", "Action:", "**Action:")):
        return True
    return len(before) <= _FEW_WORDS and _has_arguments(tail)


def _has_arguments(tail: str) -> bool:
    return any(word in tail for word in ('"arguments"', '"parameters"', "tool_code", "<tool_call>", "<function="))


def _unreasoned(before: str) -> str:
    """Return the words before a call, without the marks of a channel that belong to it."""
    return re.sub(r"(?:<\|start\|>)?(?:assistant)?\Z", "", before).rstrip() if before.endswith("assistant") else before


def may_become_call(text: str, offered: Iterable[str]) -> bool:
    """Whether a text that is still coming could be a call, so that nobody is shown half of one."""
    plain = text.lstrip()
    if not plain:
        return True
    if plain[0] in "{[":
        inside = plain[1:].lstrip()
        if plain.startswith(("[TOOL_CALLS]"[: len(plain)], "[TOOL_CALLS]")):
            return True
        return not inside or inside[0] in '"{}' or (plain[0] == "[" and may_become_call(inside, offered))
    if plain.startswith("```"):
        _fence, line_end, inside = plain.partition("\n")
        return not line_end or "tool_" in _fence or may_become_call(inside, offered)
    if any(plain.startswith(mark) or mark.startswith(plain) for mark in (*_BEGINS, *_OPENS)):
        return True
    if plain.startswith("<"):
        tag = re.match(r"<([\w.\-:]*)", plain)
        bare = loose(tag.group(1)) if tag else ""
        return any(loose(name).startswith(bare) for name in ("tool", *offered))
    if plain.startswith("print("):
        return may_become_call(plain.removeprefix("print(").removeprefix("default_api."), offered)
    head, bracket, _rest = plain.partition("(")
    bare = loose(head)
    return any(bare == loose(name) if bracket else loose(name).startswith(bare) for name in offered)


def mark_at(text: str) -> int | None:
    """Return where a call may have begun after some words, or `None`."""
    places = [match.start() for pattern in (_MARK, _LATE) if (match := pattern.search(text))]
    return min(places, default=None)
