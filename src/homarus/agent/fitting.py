"""Cut what does not fit into a window, in an order that hurts least; what a person typed is never cut.

First the oldest tool outputs, then the newest, then what came with the message, then long arguments of calls, then
pictures. When that is not enough, nothing is sent at all: a server would cut it in its own way, without a word.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from homarus.agent import tokens
from homarus.agent.wrapping import capped
from homarus.domain.content import Json, Message, Part, Role, Text
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE, Label, Origin

_CUT_TOKENS = 120
_LONG_ARGUMENT_CHARS = 400
_CAPPED = " characters left out; ask for a smaller piece"
LEFT_OUT_HERE = "[... the rest was left out: the window is full ...]"


class TooLongError(ModelCallError):
    """What was asked does not fit into a window, whatever else is left out; nothing was sent."""

    def __init__(self, window_tokens: int) -> None:
        """Keep the window that is too small."""
        super().__init__(
            Failure.CONTEXT_OVERFLOW,
            _("The message does not fit into a window of {window} tokens.").format(window=window_tokens),
            hint=_("Send a shorter text, or choose a model with a larger window: homarus models list"),
            window_tokens=window_tokens,
        )


def fitted(current: Sequence[Message], room: int) -> tuple[Message, ...] | None:
    """Return a turn's messages cut until they fit; `None` when they do not."""
    messages = list(current)
    for cut in (_old_outputs, _newest_output, _attachments, _arguments, _pictures):
        if (excess := tokens.of_messages(messages) - room) <= 0:
            break
        cut(messages, excess)
    return tuple(messages) if tokens.of_messages(messages) <= room else None


def within(text: str, limit_tokens: int) -> str:
    """Return a text that has so many tokens at most, in any alphabet; its beginning and its end are kept."""
    limit_chars = tokens.chars_in(limit_tokens)
    short = capped(text, limit_chars)
    while tokens.of_text(short) > limit_tokens and limit_chars > 0:
        limit_chars = limit_chars * 3 // 4
        short = capped(text, limit_chars)
    return short


def was_cut(messages: Sequence[Message]) -> bool:
    """Whether something that came with a message was cut."""
    return any(
        any(mark in part.text for mark in (LEFT_OUT_HERE, _CAPPED))
        for message in messages
        if message.role is Role.USER
        for part in message.parts
        if isinstance(part, Text) and not part.label.is_trusted
    )


def _outputs(messages: list[Message]) -> list[int]:
    return [
        place
        for place, message in enumerate(messages)
        if message.role is Role.TOOL and tokens.of_message(message) > _CUT_TOKENS
    ]


def _old_outputs(messages: list[Message], excess: int) -> None:
    for place in _outputs(messages)[:-1]:
        if excess <= 0:
            return
        before = tokens.of_message(messages[place])
        messages[place] = _cut(messages[place], _CUT_TOKENS // 2)
        excess -= before - tokens.of_message(messages[place])


def _newest_output(messages: list[Message], excess: int) -> None:
    for place in _outputs(messages)[-1:]:
        wanted = tokens.of_message(messages[place]) - excess - _CUT_TOKENS // 2
        messages[place] = _cut(messages[place], max(wanted, _CUT_TOKENS // 2))


def _cut(message: Message, keep_tokens: int) -> Message:
    label: Label = message.parts[0].label if message.parts else HOUSE
    return replace(message, parts=(_shorter(Text(text=message.text, label=label), keep_tokens),))


def _shorter(part: Text, keep_tokens: int) -> Text:
    tail = f"\n{LEFT_OUT_HERE}" + ("" if part.label.is_trusted else "\n</untrusted>")
    head = part.text[: tokens.chars_in(keep_tokens)]
    while head and tokens.of_text(head) > keep_tokens:  # letters that take more than ASCII ones
        head = head[: len(head) * 3 // 4]
    return replace(part, text=head + tail)


def _attachments(messages: list[Message], excess: int) -> None:
    """Cut the longest piece first that nobody typed."""
    longest = sorted(
        (
            (tokens.of_text(part.text), place, number)
            for place, message in enumerate(messages)
            if message.role is Role.USER
            for number, part in enumerate(message.parts)
            if isinstance(part, Text) and not (part.label.is_trusted or part.label.origin is Origin.ALLOWED)
        ),
        reverse=True,
    )
    for size, place, number in longest:
        if excess <= 0 or size <= _CUT_TOKENS:
            return
        part = messages[place].parts[number]
        assert isinstance(part, Text)
        shorter = _shorter(part, max(size - excess - _CUT_TOKENS // 2, _CUT_TOKENS // 2))
        excess -= size - tokens.of_text(shorter.text)
        messages[place] = _with_part(messages[place], number, shorter)


def _with_part(message: Message, number: int, part: Part) -> Message:
    return replace(message, parts=(*message.parts[:number], part, *message.parts[number + 1 :]))


def _arguments(messages: list[Message], excess: int) -> None:
    """Cut long texts in the arguments of calls that were made; their results say what became of them."""
    for place, message in enumerate(messages):
        if excess <= 0:
            return
        if not message.tool_calls:
            continue
        before = tokens.of_message(message)
        calls = tuple(
            replace(call, arguments={key: _short_argument(value) for key, value in call.arguments.items()})
            for call in message.tool_calls
        )
        messages[place] = replace(message, tool_calls=calls)
        excess -= before - tokens.of_message(messages[place])


def _short_argument(value: Json) -> Json:
    if not isinstance(value, str) or len(value) <= _LONG_ARGUMENT_CHARS:
        return value
    return f"{value[: _LONG_ARGUMENT_CHARS // 2]} {LEFT_OUT_HERE}"


def _pictures(messages: list[Message], _excess: int) -> None:
    messages[:] = [without_images(message, _no_room) for message in messages]


def _no_room(name: str) -> str:
    return f"[A picture for which the window has no room: {name}]"


def _unseen(name: str) -> str:
    return f"[A picture that this model cannot see: {name}]"


def without_images(message: Message, words: Callable[[str], str] = _unseen) -> Message:
    """Return a message for a model that does not see: each picture becomes a word about it."""
    if all(isinstance(part, Text) for part in message.parts):
        return message
    return replace(
        message,
        parts=tuple(
            part if isinstance(part, Text) else Text(text=words(part.name or part.media_type), label=part.label)
            for part in message.parts
        ),
    )
