"""A model by rules: if the last words match, say this or call that; with a result, tell it. Wrong when asked to be.

model = script(
    on("weather", then=call("web.fetch", {"url": "https://example.org"})),
    on_result("The page says: {result}"),
    otherwise=say("I do not know."),
)
async with QuirkServer(model) as server: ...
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from homarus.testing.quirks.turns import Asked, Turn, say

Rule: TypeAlias = Callable[[Asked], Turn | None]
"""Returns a turn when it fits what is asked, else `None`."""


def on(pattern: str, *, then: Turn) -> Rule:
    """Answer the user's words when they match a pattern, upper or lower case, and no tool result came yet.

    `{0}`, `{1}` ... in the text stand for the match and its groups.
    """
    seen = re.compile(pattern, re.IGNORECASE)

    def rule(asked: Asked) -> Turn | None:
        match = None if asked.tool_result is not None else seen.search(asked.last_user)
        if match is None:
            return None
        found = [match[0], *(group or "" for group in match.groups())]
        return replace(then, text=_filled(then.text, {str(place): text for place, text in enumerate(found)}))

    return rule


def on_result(text: str = "{result}", *, then: Turn | None = None, of: str = "") -> Rule:
    """Answer a tool's result; `{result}` stands for it. `of` is a pattern that the result must match."""
    seen = re.compile(of, re.IGNORECASE)

    def rule(asked: Asked) -> Turn | None:
        result = asked.tool_result
        if result is None or not seen.search(result):
            return None
        return then or say(_filled(text, {"result": result}))

    return rule


def in_order(*turns: Turn) -> Rule:
    """Say one turn after another, then nothing more to say."""
    left = list(turns)
    return lambda _: left.pop(0) if left else None


@dataclass(frozen=True, slots=True)
class _Rules:
    rules: tuple[Rule, ...]
    otherwise: Turn
    is_wrong: Callable[[Asked], bool]

    def __call__(self, asked: Asked) -> Turn:
        """Return the turn of the first rule that fits; the wrong one when it should be wrong."""
        right = next((turn for rule in self.rules if (turn := rule(asked)) is not None), self.otherwise)
        return wrong(right) if self.is_wrong(asked) else right


def script(
    *rules: Rule, otherwise: Turn | None = None, is_wrong: Callable[[Asked], bool] = lambda _: False
) -> Callable[[Asked], Turn]:
    """Return a model that follows rules; `is_wrong` decides for which prompts it answers wrongly."""
    return _Rules(rules, otherwise or say("I do not know."), is_wrong)


def wrong(turn: Turn) -> Turn:
    """Return the opposite of a right turn: a claim in place of a call, another answer in place of words."""
    if turn.calls:
        names = ", ".join(made.name for made in turn.calls)
        return replace(turn, text=f"Done: {names}.", calls=())
    return replace(turn, text=f"Certainly not. {turn.text[::-1]}")


def every(nth: int) -> Callable[[Asked], bool]:
    """Be wrong at each n-th prompt, for models that are right most of the time."""
    return lambda asked: asked.number % nth == 0


def _filled(text: str, values: dict[str, str]) -> str:
    """Put values into a text; braces that are none of them stay, so JSON in a text is safe."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)
