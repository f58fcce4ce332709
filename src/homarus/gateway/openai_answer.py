"""Answer an OpenAI client: from a model of any protocol, or from a turn of an agent."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol, TypeAlias

from aiohttp import web

from homarus.domain import codec
from homarus.domain.content import Json
from homarus.domain.errors import Failure, HomarusError, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.inference import (
    Finish,
    Finished,
    Prefill,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolCallReady,
    Unsaid,
    Usage,
)
from homarus.domain.turns import Asked, Ended, Moment, Reply, Retracted, Said, Thought, Waiting
from homarus.gateway.answers import ok, openai_error, problem_of
from homarus.gateway.connection import connection_of
from homarus.gateway.operations import house_of
from homarus.gateway.queueing import comment_of
from homarus.gateway.redacting import Redacting
from homarus.gateway.sse import Stream, stream
from homarus.models.closing import closing
from homarus.models.dispatch import Queued


class Voice(Protocol):
    """How a protocol says an answer."""

    def say_more(self, more: dict[str, Json]) -> None:
        """Add what is ours and in no protocol."""
        ...

    def begin(self) -> bytes:
        """Return what a stream starts with."""
        ...

    def say(self, event: StreamEvent) -> bytes:
        """Return the bytes of a part of the answer."""
        ...

    def end(self) -> bytes:
        """Return what a stream ends with."""
        ...

    def whole(self) -> dict[str, Json]:
        """Return the answer in one piece."""
        ...

    def failed(self, error: dict[str, object]) -> bytes:
        """Return what a stream that broke ends with."""
        ...


Event: TypeAlias = StreamEvent | Queued | Waiting
"""What comes of a model or a turn; who has to wait is told so in comments of a stream."""


async def speak(
    request: web.Request, events: AsyncGenerator[Event], voice: Voice, *, streams: bool
) -> web.StreamResponse:
    """Answer with what a model says, as it comes or in one piece; a client that hangs up stops the model.

    Raises:
        HomarusError: when nothing was said yet; later, the stream says what happened.
    """
    with connection_of(request).cancelling():
        async with aclosing(events):
            if not streams:
                async for event in events:
                    _said(voice, event)
                return ok(voice.whole())
            redacting = house_of(request).redacting
            clean = _without_secrets(events, redacting)
            first = await anext(clean, None)
            while isinstance(first, Queued | Waiting) and first.phase == "loading":
                first = await anext(clean, None)  # a load that fails is still an error with a status of its own
            return await stream(request, lambda out: _say_all(out, first, clean, voice, redacting))


async def _say_all(
    out: Stream, first: Event | None, rest: AsyncIterator[Event], voice: Voice, redacting: Redacting
) -> None:
    await out.send(voice.begin())
    try:
        if first is not None and (said := _said(voice, first)):
            await out.send(said)
        async for event in rest:
            if said := _said(voice, event):
                await out.send(said)
    except HomarusError as error:
        problem = problem_of(error)
        told = replace(problem, message=redacting(problem.message), hint=redacting(problem.hint))
        await out.send(voice.failed(openai_error(told)))
        return
    await out.send(voice.end())


def _said(voice: Voice, event: Event) -> bytes:
    """Return an event in the words of a protocol; none has any for waiting, so that is a comment in the stream."""
    if isinstance(event, Queued | Waiting):
        return comment_of(event)
    if not isinstance(event, Prefill):
        return voice.say(event)
    about = " about" if event.is_estimated else ""
    return f": reading{about} {event.done_tokens}/{event.total_tokens}\n\n".encode()


async def _without_secrets(events: AsyncIterator[Event], redacting: Redacting) -> AsyncGenerator[Event]:
    """Yield an answer in which no secret is, not even in pieces."""
    saying, thinking = redacting.texts(), redacting.texts()
    async for event in events:
        if isinstance(event, TextDelta):
            if text := saying.next(event.text):
                yield TextDelta(text=text)
        elif isinstance(event, ReasoningDelta):
            if text := thinking.next(event.text):
                yield ReasoningDelta(text=text)
        else:
            if thought := thinking.rest():
                yield ReasoningDelta(text=thought)
            if said := saying.rest():
                yield TextDelta(text=said)
            yield _clean(event, redacting) if isinstance(event, ToolCallReady) else event


def _clean(event: ToolCallReady, redacting: Redacting) -> ToolCallReady:
    dumped = codec.dump(event)
    clean = redacting.value(dumped)
    return event if clean == dumped else codec.load(ToolCallReady, clean)


async def of_model(events: AsyncIterator[object]) -> AsyncGenerator[Event]:
    """Yield what a model says, without what only our own faces show."""
    async with closing(events):
        async for event in events:
            if isinstance(event, TextDelta | ReasoningDelta | ToolCallReady | Unsaid | Prefill | Finished | Queued):
                yield event


async def of_turn(moments: AsyncIterator[Moment], voice: Voice, *, streams: bool) -> AsyncGenerator[Event]:
    """Yield what an agent says in a turn, as if it were a model.

    Raises:
        ModelCallError: when the turn ended with an error, in its words.
    """
    telling = _Streamed(voice) if streams else _Collected(voice)
    async with closing(moments):
        async for moment in moments:
            for event in telling.events(moment):
                yield event
                if isinstance(event, Finished):
                    return


class _Collected:
    """An answer in one piece: what was taken back is not in it."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._said = ""
        self._thought = ""

    def events(self, moment: Moment) -> tuple[StreamEvent, ...]:
        """Return what to say: nothing until the turn ends or waits for its owner."""
        match moment:
            case Said():
                self._said += moment.text
            case Thought():
                self._thought += moment.text
            case Retracted():
                self._said = self._thought = ""
            case Asked():
                return self._whole(f"{self._said}\n\n{_waits(moment)}".lstrip(), Finished(reason=Finish.STOP))
            case Ended():
                return self._whole(moment.reply.text, _finished(moment.reply, self._voice))
            case _:
                pass
        return ()

    def _whole(self, text: str, finished: Finished) -> tuple[StreamEvent, ...]:
        thought = (ReasoningDelta(text=self._thought),) if self._thought else ()
        return (*thought, TextDelta(text=text), finished)


class _Streamed:
    """An answer as it comes. What was streamed cannot be taken back; what comes instead begins a paragraph."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._has_said = False
        self._said = ""
        """Since the last time something was taken back."""
        self._taken_back = ""

    def events(self, moment: Moment) -> tuple[Event, ...]:
        """Return what to say now."""
        match moment:
            case Waiting(phase="queued" | "loading"):
                return (moment,)
            case Said():
                return self._more(moment.text)
            case Thought():
                return (ReasoningDelta(text=moment.text),)
            case Retracted():
                self._taken_back, self._said = self._said or self._taken_back, ""
                if self._has_said and moment.because:
                    self._taken_back = ""
                    return (TextDelta(text=_("\n\n[starting over: {because}]\n\n").format(because=moment.because)),)
            case Waiting(phase="reading") if moment.total:
                done, total = moment.done, moment.total
                return (Prefill(done_tokens=done, total_tokens=total, is_estimated=moment.is_estimated),)
            case Asked():
                return (*self._more(_waits(moment)), Finished(reason=Finish.STOP))
            case Ended():
                finished = _finished(moment.reply, self._voice)
                return (finished,) if self._said else (*self._more(moment.reply.text), finished)
            case _:
                pass
        return ()

    def _more(self, text: str) -> tuple[StreamEvent, ...]:
        before, self._taken_back = self._taken_back, ""
        self._said += text
        if before and text.startswith(before):
            text = text[len(before) :]  # the same again: a reader who was too slow gets a snapshot
        elif before:
            text = f"\n\n{text.lstrip()}"
        self._has_said = self._has_said or bool(text)
        return (TextDelta(text=text),) if text else ()


def _finished(reply: Reply, voice: Voice) -> Finished:
    if reply.is_error:
        raise ModelCallError(Failure.BAD_ANSWER, reply.text, hint=reply.hint)
    route = codec.dump(reply.route) if reply.route is not None else None
    voice.say_more({"homarus": {"turn_id": reply.turn_id, "route": route, "notices": list(reply.notices)}})
    return Finished(reason=Finish.STOP, usage=reply.usage or Usage())


def _waits(asked: Asked) -> str:
    return _("[{tool} needs the owner's yes before this goes on: homarus approvals list]").format(
        tool=asked.approval.tool
    )
