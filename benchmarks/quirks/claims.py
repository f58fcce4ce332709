"""Claims that judges are made of: precise, about what was seen or received, and able to fail."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from benchmarks.quirks.scenario import Claim, Prompt, Saw, Seen
from homarus.domain.content import Json

_WRITTEN_CALL = re.compile(
    r'"(?:arguments|parameters|args)"\s*:\s*[{"]|<tool_call>|<function=|\[TOOL_CALLS\]|<\|python_tag\|>|tool▁call|'
    r"<\|channel\|>|<\|start\|>|```tool_code|^Action Input:|<think>|</think>|<\|im_(?:start|end)\|>",
    re.MULTILINE,
)
_SETTLED_S = 0.05
"""The server notices the end of an answer a little after the agent did."""
_TRACE = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A thing that can be said in many words."""

    what: str
    pattern: str

    def __or__(self, other: "Words | str") -> "Words":
        """Return one or the other."""
        more = other if isinstance(other, Words) else Words(what=f"/{other}/", pattern=other)
        return Words(what=f"{self.what}, or {more.what}", pattern=f"{self.pattern}|{more.pattern}")


def claim(sentence: str, holds: Callable[[Seen], bool]) -> Claim:
    """Return a claim."""
    return Claim(sentence=sentence, holds=holds)


def _finds(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None


# --- what the person saw ------------------------------------------------------------------------------------------


def says(pattern: str, *, turn: int = -1) -> Claim:
    """The answer has these words."""
    return claim(f"the answer says /{pattern}/", lambda seen: _finds(pattern, seen.turns[turn].said))


def told_as(path: str, pattern: str, *, turn: int = -1) -> Claim:
    """The JSON that a command printed has these words at a dotted place."""
    return claim(
        f"the JSON says /{pattern}/ at {path}",
        lambda seen: _finds(pattern, json.dumps(picked(said_json(seen, turn), path), ensure_ascii=False)),
    )


def said_json(seen: Seen, turn: int = -1) -> Json:
    """Return the JSON that a command printed, `None` when it printed none."""
    try:
        return cast("Json", json.loads(seen.turns[turn].said))
    except ValueError:
        return None


def picked(value: Json, path: str) -> Json:
    """Return what stands at a dotted place, `None` when there is nothing."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def never_says(pattern: str) -> Claim:
    """No answer has these words."""
    return claim(f"no answer says /{pattern}/", lambda seen: not any(_finds(pattern, turn.said) for turn in seen.turns))


def never_shows(words: str | Words) -> Claim:
    """Nothing that was shown has these words."""
    what = _words(words)
    return claim(
        f"nobody is told: {what.what}", lambda seen: not any(_finds(what.pattern, turn.shown) for turn in seen.turns)
    )


def tells(words: str | Words) -> Claim:
    """Something that was shown in the whole scenario has these words."""
    what = _words(words)
    return claim(
        f"the person is told: {what.what}", lambda seen: any(_finds(what.pattern, turn.shown) for turn in seen.turns)
    )


def tells_now(words: str | Words) -> Claim:
    """Something that was shown in the last step has these words."""
    what = _words(words)
    return claim(f"the person is told at the end: {what.what}", lambda seen: _finds(what.pattern, seen.last.shown))


def _words(words: str | Words) -> Words:
    return words if isinstance(words, Words) else Words(what=f"/{words}/", pattern=words)


def ends_well(turn: int = -1) -> Claim:
    """The exit code says that it went well, in time, and there is an answer."""
    return claim(
        "the turn ends with an answer and exit code 0",
        lambda seen: _is_well(seen.turns[turn]) and bool(seen.turns[turn].said.strip()),
    )


def all_end_well() -> Claim:
    """Every step ends with exit code 0 and something said."""
    return claim(
        "every turn ends with an answer and exit code 0",
        lambda seen: all(_is_well(turn) and turn.said.strip() for turn in seen.turns),
    )


def fails_honestly() -> Claim:
    """It ends in time with an exit code that says that it did not go well."""
    return claim(
        "the turn ends in time, with an exit code that is not 0",
        lambda seen: seen.last.code != 0 and not seen.last.is_out_of_time,
    )


def ends_in_time() -> Claim:
    """Whatever comes of it, it ends."""
    return claim("every turn ends in time", lambda seen: not any(turn.is_out_of_time for turn in seen.turns))


def is_silent() -> Claim:
    """Nothing is said, and that is no failure."""
    return claim("nothing is said, with exit code 0", lambda seen: seen.last.code == 0 and not seen.last.said.strip())


def within(seconds: float) -> Claim:
    """The last step takes no longer than this."""
    return claim(f"it takes at most {seconds:g} s", lambda seen: seen.last.seconds <= seconds)


def _is_well(turn: Saw) -> bool:
    return turn.code == 0 and not turn.is_out_of_time


# --- what happened ------------------------------------------------------------------------------------------------


def writes(path: str, content: str) -> Claim:
    """A file of the workspace really has these words."""
    return claim(f"{path} really holds {content!r}", lambda seen: content in _read(seen, path))


def never_writes(path: str, content: str = "") -> Claim:
    """A file of the workspace does not exist, or does not have these words."""
    return claim(
        f"{path} does not hold {content!r}" if content else f"{path} was not written",
        lambda seen: (content not in _read(seen, path)) if content else not (seen.workspace / path).exists(),
    )


def nowhere_in_workspace(pattern: str) -> Claim:
    """No file of the workspace has these words."""

    def holds(seen: Seen) -> bool:
        files = [path for path in seen.workspace.rglob("*") if path.is_file() and ".undo" not in path.parts]
        return not any(_finds(pattern, path.read_text(errors="replace")) for path in files)

    return claim(f"no file of the workspace says /{pattern}/", holds)


def _read(seen: Seen, path: str) -> str:
    place = seen.workspace / path
    return place.read_text(errors="replace") if place.is_file() else ""


# --- what the servers received ------------------------------------------------------------------------------------


def prompts_at_most(number: int) -> Claim:
    """The first server is asked no more often than this."""
    return claim(f"the model is asked at most {number} times", lambda seen: len(seen.first.prompts) <= number)


def tokens_at_most(number: int) -> Claim:
    """All requests to the first server together are no longer than this."""
    return claim(
        f"all prompts together have at most {number} tokens",
        lambda seen: 0 < sum(prompt.tokens for prompt in seen.first.prompts) <= number,
    )


def each_prompt_at_most(number: int) -> Claim:
    """No request to the first server is longer than this."""
    return claim(
        f"no prompt is longer than {number} tokens",
        lambda seen: 0 < max((prompt.tokens for prompt in seen.first.prompts), default=0) <= number,
    )


def one_at_a_time() -> Claim:
    """The first server is never asked anything while it answers something else."""
    return claim("the server never has two prompts at once", lambda seen: _most_open(seen.first.prompts) == 1)


def _most_open(prompts: tuple[Prompt, ...]) -> int:
    return max(
        (sum(one.at <= other.at < one.until - _SETTLED_S or one is other for one in prompts) for other in prompts),
        default=0,
    )


def second_is_never_asked() -> Claim:
    """The other server gets nothing to read."""
    return claim("the other server is never asked", lambda seen: not seen.second.prompts)


def second_is_asked() -> Claim:
    """The fallback is asked."""
    return claim("the fallback is asked", lambda seen: bool(seen.second.prompts))


def every_prompt(sentence: str, holds: Callable[[Prompt], bool]) -> Claim:
    """A claim about each request to the first server, of which there is at least one."""
    return claim(
        sentence, lambda seen: bool(seen.first.prompts) and all(holds(prompt) for prompt in seen.first.prompts)
    )


# --- always -------------------------------------------------------------------------------------------------------


def _is_clean(seen: Seen) -> bool:
    return not any(_WRITTEN_CALL.search(turn.said) for turn in seen.turns)


DECENT = (
    claim("no tool call, tag or thought of the model's is in an answer", _is_clean),
    claim("no traceback is shown", lambda seen: not any(_TRACE in turn.shown for turn in seen.turns)),
    claim(
        "no turn ends without a word",
        lambda seen: all(turn.shown.strip() or turn.is_out_of_time for turn in seen.turns),
    ),
)
