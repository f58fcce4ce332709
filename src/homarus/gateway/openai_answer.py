"""Answer an OpenAI client: from a model of any protocol, or from a turn of an agent."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Protocol

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
from homarus.domain.turns import Asked, Ended, Moment, Reply, Retracted, Said, Thought
from homarus.gateway.answers import ok, openai_error, problem_of
from homarus.gateway.connection import connection_of
from homarus.gateway.sse import Stream, stream
from homarus.models.closing import closing


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


async def speak(
    request: web.Request, events: AsyncGenerator[StreamEvent], voice: Voice, *, streams: bool
) -> web.StreamResponse:
    """Answer with what a model says, as it comes or in one piece; a client that hangs up stops the model.

    Raises:
        HomarusError: when nothing was said yet; later, the stream says what happened.
    """
    with connection_of(request).cancelling():
        async with aclosing(events):
            if not streams:
                async for event in events:
                    voice.say(event)
                return ok(voice.whole())
            first = await anext(events, None)
            return await stream(request, lambda out: _say_all(out, first, events, voice))


async def _say_all(out: Stream, first: StreamEvent | None, rest: AsyncIterator[StreamEvent], voice: Voice) -> None:
    await out.send(voice.begin())
    try:
        if first is not None and (said := voice.say(first)):
            await out.send(said)
        async for event in rest:
            if said := voice.say(event):
                await out.send(said)
    except HomarusError as error:
        await out.send(voice.failed(openai_error(problem_of(error))))
        return
    await out.send(voice.end())


async def of_model(events: AsyncIterator[object]) -> AsyncGenerator[StreamEvent]:
    """Yield what a model says, without what only our own faces show."""
    async with closing(events):
        async for event in events:
            if isinstance(event, TextDelta | ReasoningDelta | ToolCallReady | Unsaid | Prefill | Finished):
                yield event


async def of_turn(moments: AsyncIterator[Moment], voice: Voice) -> AsyncGenerator[StreamEvent]:
    """Yield what an agent says in a turn, as if it were a model.

    Raises:
        ModelCallError: when the turn ended with an error, in its words.
    """
    has_said = False
    async with closing(moments):
        async for moment in moments:
            for event in _events_of(moment, voice, has_said=has_said):
                has_said = has_said or isinstance(event, TextDelta)
                yield event
                if isinstance(event, Finished):
                    return


def _events_of(moment: Moment, voice: Voice, *, has_said: bool) -> tuple[StreamEvent, ...]:
    match moment:
        case Said():
            return (TextDelta(text=moment.text),)
        case Thought():
            return (ReasoningDelta(text=moment.text),)
        case Retracted() if has_said:
            return (TextDelta(text=_("\n\n[starting over: {because}]\n\n").format(because=moment.because)),)
        case Asked():
            return (TextDelta(text=_waits(moment)), Finished(reason=Finish.STOP))
        case Ended():
            return _ended(moment.reply, voice, has_said=has_said)
        case _:
            return ()


def _ended(reply: Reply, voice: Voice, *, has_said: bool) -> tuple[StreamEvent, ...]:
    if reply.is_error:
        raise ModelCallError(Failure.BAD_ANSWER, reply.text, hint=reply.hint)
    route = codec.dump(reply.route) if reply.route is not None else None
    voice.say_more({"homarus": {"turn_id": reply.turn_id, "route": route, "notices": list(reply.notices)}})
    finished = Finished(reason=Finish.STOP, usage=reply.usage or Usage())
    return (finished,) if has_said else (TextDelta(text=reply.text), finished)


def _waits(asked: Asked) -> str:
    return _("[{tool} needs the owner's yes before this goes on: homarus approvals list]").format(
        tool=asked.approval.tool
    )
