"""Scripted models of the scoreboard: what they say depends on what they are asked, so that any agent can ask them."""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from homarus.domain.content import JsonObject
from homarus.testing.quirks import Asked, Call, Turn, say

Model: TypeAlias = Callable[[Asked], Turn]
Mind: TypeAlias = Callable[[], Model]
"""Makes a model for one run, so that what it counts begins anew."""
_SUMMARY = re.compile(
    r"\bsummari[sz]e\b|(?:create|write|provide|produce|give|make) an? [\w ,-]{0,40}summary|\bcondense\b|compaction",
    re.IGNORECASE,
)
_TOLD_RESULT = re.compile(r"\bresult of\b|tool[_ ]?(?:result|response|output)|^observation:", re.IGNORECASE)
_WENT_WRONG = re.compile(r"error|fail|missing|required|invalid|not a JSON|refused|denied|not done", re.IGNORECASE)


def talks(text: str, *, reasoning: str = "") -> Mind:
    """Return a model that always says the same."""
    return lambda: lambda _asked: say(text, reasoning=reasoning)


def does(*calls: Call, then: str, first: str = "", reasoning: str = "") -> Mind:
    """Return a model that calls tools, says `then` once there are good results, and calls again after bad ones."""

    def model(asked: Asked) -> Turn:
        result = result_in(asked)
        if result is not None and not _WENT_WRONG.search(result[:400]):
            return say(then)
        return Turn(text=first, calls=calls, reasoning=reasoning)

    return lambda: model


def calls_then(turn: Turn, then: str) -> Mind:
    """Return a model that makes calls, and says `then` to whatever result."""
    return lambda: lambda asked: say(then) if result_in(asked) is not None else turn


def first_then(first: Sequence[Turn], rest: Mind) -> Mind:
    """Return a model that says these turns one after another, and then is another model."""

    def make() -> Model:
        waiting, later = list(first), rest()
        return lambda asked: waiting.pop(0) if waiting and not is_summary(asked) else later(asked)

    return make


def writes_file(path: str = "list.txt", content: str = "milk", then: str = "I wrote milk into list.txt.") -> Mind:
    """Return a model that writes a file when it is asked to, by a tool."""
    return does(call_of("files.write", {"path": path, "content": content}), then=then)


def call_of(name: str, arguments: JsonObject, *, call_id: str | None = None, raw: str | None = None) -> Call:
    """Return a tool call."""
    return Call(name=name, arguments=arguments, call_id=call_id, raw=raw)


def remembers(word: str, *, answer: str = "Noted.") -> Mind:
    """Return a model that knows a word only where the prompt that it really reads has it."""

    def model(asked: Asked) -> Turn:
        knows = any(word in heard.text for heard in asked.messages)
        if is_summary(asked):
            return say(f"The owner's codeword is {word}." if knows else "The owner pasted long texts.")
        if re.search(r"what is (?:my|the) codeword", _last_line(asked), re.IGNORECASE):
            return say(f"Your codeword is {word}." if knows else "I do not know any codeword of yours.")
        return say(answer)

    return lambda: model


def result_in(asked: Asked) -> str | None:
    """Return the result that ends a conversation, also where it is told in words, as to a model without tools."""
    if asked.tool_result is not None:
        return asked.tool_result
    last = asked.messages[-1] if asked.messages else None
    is_told = last is not None and last.role == "user" and bool(_TOLD_RESULT.search(last.text[:200]))
    return last.text if last is not None and is_told else None


def is_summary(asked: Asked) -> bool:
    """Whether an agent asks for a summary of a conversation, and not a person for something."""
    said = [asked.last_user, *(heard.text for heard in asked.messages[:1] if not asked.tools)]
    return any(_SUMMARY.search(text[:1500]) for text in said)


def _last_line(asked: Asked) -> str:
    return "\n".join(heard.text for heard in asked.messages[-2:])[-600:]
