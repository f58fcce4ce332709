"""What each model was sent, and how much of it its server says it read: one that cuts a prompt tells on itself.

Some servers drop the oldest messages when a prompt is longer than their window, and answer as if nothing had happened.
What is sent only ever grows, no vocabulary makes fewer tokens than there are words, and one model counts one language
always in the same way: a count that breaks one of these is the count of something shorter.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from homarus.domain.content import Message, Text
from homarus.domain.inference import ModelRef, ModelRequest, Usage
from homarus.models.windows import LEAST_TOKENS

_CHARS_PER_TOKEN = 3.3
_WORDS = re.compile(r"[^\W\d_]+|\d{1,3}")
_SURE = 0.75
"""A count below this share of the words is no other vocabulary."""
_PLAIN = 0.9
"""A count above this share of a generous estimate needs no second look."""
_SHRUNK = 0.97
_NEAR = 0.94
"""A count that ends this close below a usual window ended there."""
_MORE, _MUCH_MORE, _TWICE = 1.15, 1.7, 2.0
_CALIBRATES_TOKENS = 300
_KEPT = 4
"""Requests remembered per model: about as many as it has slots."""
_MODELS = 64
_USUAL = tuple(1024 * 2**power for power in range(1, 11))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    messages: tuple[Message, ...]
    tools: int
    tokens: int
    """As the server counted them; zero when it did not."""


@dataclass(slots=True)
class _Known:
    reads: "deque[_Read]"
    share: float | None = None
    """How many tokens the model counts where we estimate one."""


class Readings:
    """The last requests of each model."""

    def __init__(self) -> None:
        self._models: OrderedDict[ModelRef, _Known] = OrderedDict()

    def new_tokens(self, ref: ModelRef, request: ModelRequest) -> int:
        """Return about how much of a request a model has to read, when it still knows what it was sent last."""
        known = self._models.get(ref)
        same = max((_shared(read.messages, request.messages) for read in known.reads), default=0) if known else 0
        return about(request.messages[same:]) + (0 if same else _of_tools(request))

    def note(self, ref: ModelRef, request: ModelRequest, usage: Usage) -> None:
        """Remember what was sent and read whole."""
        known = self._of(ref)
        known.reads.append(_Read(messages=request.messages, tools=len(request.tools), tokens=usage.prompt_tokens))
        estimate = about(request.messages) + _of_tools(request)
        if usage.prompt_tokens >= _CALIBRATES_TOKENS and estimate:
            share = usage.prompt_tokens / estimate
            known.share = share if known.share is None else min(known.share, share)

    def window_of_cut(self, ref: ModelRef, request: ModelRequest, usage: Usage) -> int | None:
        """Return the window that a prompt was cut to; `None` when it was read whole, as far as anybody can tell."""
        read = usage.prompt_tokens
        estimate = about(request.messages)
        if read < LEAST_TOKENS or read >= _PLAIN * estimate:
            return None
        known = self._models.get(ref)
        before = _longest_before(known, request) if known else None
        if before is not None and read <= 1.5 * about(request.messages[len(before.messages) :]) + 64:
            before, may_be_new_only = None, True  # some servers count only what they had not read before
        else:
            may_be_new_only = False
        has_shrunk = before is not None and read < _SHRUNK * before.tokens
        if has_shrunk or (not may_be_new_only and self._is_too_few(known, request, read, estimate)):
            return _window(read)
        return None

    def _is_too_few(self, known: _Known | None, request: ModelRequest, read: int, estimate: int) -> bool:
        if read < _SURE * words(request.messages):
            return True
        share = known.share if known is not None else None
        is_near = any(_NEAR * usual <= read <= usual for usual in _USUAL)
        if share is None:
            return is_near and estimate > _MUCH_MORE * read
        return (estimate + _of_tools(request)) * share > (_MORE if is_near else _TWICE) * read

    def _of(self, ref: ModelRef) -> _Known:
        known = self._models.setdefault(ref, _Known(deque(maxlen=_KEPT)))
        self._models.move_to_end(ref)
        while len(self._models) > _MODELS:
            self._models.popitem(last=False)
        return known


def about(messages: Sequence[Message]) -> int:
    """Return about how many tokens messages have, rather too many; tools and pictures are not counted."""
    return int(sum(len(text) for text in _texts(messages)) / _CHARS_PER_TOKEN)


def words(messages: Sequence[Message]) -> int:
    """Return the least number of tokens that messages can have: one for each word and for each three digits."""
    return sum(len(_WORDS.findall(text)) for text in _texts(messages))


def _of_tools(request: ModelRequest) -> int:
    described = sum(len(tool.description) + len(str(tool.parameters)) for tool in request.tools)
    return int(described / _CHARS_PER_TOKEN)


def _texts(messages: Sequence[Message]) -> list[str]:
    return [part.text for message in messages for part in message.parts if isinstance(part, Text)]


def _shared(before: tuple[Message, ...], now: tuple[Message, ...]) -> int:
    same = 0
    for one, other in zip(before, now, strict=False):
        if one is not other and one != other:
            break
        same += 1
    return same


def _longest_before(known: _Known, request: ModelRequest) -> _Read | None:
    """Return the longest earlier request that this one begins with, if its server counted it."""
    fits = [
        read
        for read in known.reads
        if read.tokens
        and read.tools == len(request.tools)
        and _shared(read.messages, request.messages) == len(read.messages)
    ]
    return max(fits, key=lambda read: read.tokens, default=None)


def _window(read: int) -> int:
    """Return the window that a cut prompt points to: a usual one when it ends just below, else what was read."""
    return next((usual for usual in _USUAL if _NEAR * usual <= read <= usual), read)
