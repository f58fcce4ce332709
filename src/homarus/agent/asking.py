"""Ask a model once: watch the answer come, survive what servers do, and write the whole answer down as one step."""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from time import monotonic

from homarus.agent import context, tokens
from homarus.agent.context import Opening
from homarus.agent.finding import readable
from homarus.agent.fitting import TooLongError, was_cut
from homarus.agent.held import waiting
from homarus.agent.rooms import Build, Held, Profile, Replaced, Scene, Tier
from homarus.agent.speech import Sieve, is_json, without_silence, without_thoughts
from homarus.domain import codec, control_tokens
from homarus.domain.acts import Risk
from homarus.domain.cards import Served
from homarus.domain.content import Json, JsonObject, ToolCall, ToolSpec
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.events import Kind
from homarus.domain.i18n import _
from homarus.domain.inference import (
    Answer,
    Finish,
    Finished,
    ModelRef,
    ModelRequest,
    Prefill,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolCallReady,
    Unsaid,
    Usage,
)
from homarus.domain.turns import Noticed, Retracted, Route, Said, Thought, Waiting
from homarus.models import glued
from homarus.models.depth import shallow
from homarus.models.protocols import Voice, prepared, understood
from homarus.models.spoken import broken_call, thought_calls
from homarus.models.stuck import Stuck, unstuck

_LEAST_WINDOW_TOKENS = 1_024
_NO_USAGE = Usage()
_MOST_BYTES = 2 * 1024 * 1024
"""Words and thoughts of one answer; no model that ends by itself says so much."""
_BYTES_PER_TOKEN = 4
_TIMES_THE_ROOM = 4
"""So much more than it was asked for an answer may have: tokens are counted roughly, and some servers let it run on."""
_REFUSALS = {
    "native": frozenset({Failure.NO_TOOLS}),
    "constrained": frozenset({Failure.NO_TOOLS, Failure.BAD_REQUEST}),
}
"""How a server says that it cannot be asked for tools in this way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """A model's profile with the window that its server turned out to have."""

    window_tokens: int
    max_output_tokens: int | None
    inputs: tuple[str, ...]
    tool_protocol: str
    tier: Tier
    place: str
    is_local: bool
    prefill_tokens_s: float | None
    thinks: bool | None
    most_risk: Risk | None


def narrowed(profile: Profile, window_tokens: int | None, protocol: str | None = None) -> Profile:
    """Return the profile with a smaller window, or another way to ask for tools, when one is known."""
    window_tokens = min(window_tokens or profile.window_tokens, profile.window_tokens)
    protocol = protocol or profile.tool_protocol
    if (window_tokens, protocol) == (profile.window_tokens, profile.tool_protocol):
        return profile
    return Narrowed(
        window_tokens=window_tokens,
        max_output_tokens=profile.max_output_tokens,
        inputs=profile.inputs,
        tool_protocol=protocol,
        tier=profile.tier,
        place=profile.place,
        is_local=profile.is_local,
        prefill_tokens_s=profile.prefill_tokens_s,
        thinks=profile.thinks,
        most_risk=profile.most_risk,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of one question to a model."""

    answer: Answer
    route: Route
    """With the model that answered in the end."""
    queue_ms: float
    overflow_tokens: int | None = None
    """The window that was too small, when it was; there is no answer then."""
    is_handed_over: bool = False
    """Whether the route now leads to a model that is asked in another way; there is no answer then."""
    lacks_tools: bool = False
    """Whether the server takes no tools in its own field; there is no answer then."""


@dataclass(slots=True, kw_only=True)
class _Coming:
    """An answer while it streams."""

    scene: Scene
    route: Route
    opening: Opening
    offered: tuple[str, ...]
    sieve: Sieve
    protocol: str = "native"
    voice: Voice = field(default_factory=lambda: Voice("native"))
    tools: tuple[ToolSpec, ...] = ()
    thinks: bool = False
    text: list[str] = field(default_factory=list[str])
    shown: list[str] = field(default_factory=list[str])
    thoughts: list[str] = field(default_factory=list[str])
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    finished: Finished | None = None
    served: Served | None = None
    stuck: Stuck = field(default_factory=Stuck)
    is_stuck: bool = False
    most_bytes: int = _MOST_BYTES
    heard_bytes: int = 0
    notices: list[Json] = field(default_factory=list["Json"])
    failed: list[Json] = field(default_factory=list["Json"])
    began: float = field(default_factory=monotonic)
    first_token_ms: float = 0.0
    first_sign_ms: float = 0.0
    queue_ms: float = 0.0

    def request(self, ref: ModelRef, known: Profile) -> ModelRequest:
        """Return the request for a model in its tool protocol, and listen for an answer in that."""
        opening = self.opening
        request = context.build(ref, known, opening)
        if was_cut(request.messages[-len(opening.current) :]):
            self.notices.append(
                _("What came with the message is too long for {model}; only a part of it was read.").format(model=ref)
            )
        self.protocol, self.voice = known.tool_protocol, Voice(known.tool_protocol)
        self.thinks = bool(known.thinks)
        room = request.sampling.max_tokens or known.window_tokens
        self.most_bytes = min(_MOST_BYTES, _TIMES_THE_ROOM * _BYTES_PER_TOKEN * room)
        self.tools = readable(request.tools, opening.tools, opening.turn.agent) if opening.has_tools else ()
        return prepared(request, known.tool_protocol)

    def hear(self, text: str) -> None:
        """Listen for a model that cannot stop: it says the same again and again, or more than any answer has."""
        self.heard_bytes += len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        self.is_stuck = self.stuck.hears(text)

    @property
    def is_endless(self) -> bool:
        return self.heard_bytes > self.most_bytes

    def elapsed_ms(self) -> float:
        return (monotonic() - self.began) * 1000


async def ask(
    scene: Scene,
    route: Route,
    opening: Opening,
    *,
    key: str,
    windows: Mapping[str, int],
    protocols: Mapping[str, str] | None = None,
) -> Heard:
    """Ask the route's model, or whoever answers in its place, as one step of the run.

    `protocols` says which models are asked for tools in another way than their profiles tell.

    Raises:
        ModelCallError: when nobody answered. Context overflow is no error here but a `Heard` without an answer.
    """

    def build(ref: ModelRef, profile: Profile) -> ModelRequest:
        known = narrowed(profile, windows.get(str(ref)), (protocols or {}).get(str(ref)))
        return coming.request(ref, known)

    offered = opening.frozen.tools if opening.has_tools else ()
    coming = _Coming(scene=scene, route=route, opening=opening, offered=offered, sieve=Sieve(offered))
    is_live = False

    async def call() -> JsonObject:
        nonlocal is_live
        is_live = True
        try:
            return await _stream(coming, build)
        except TooLongError as error:
            return _overflow(coming, error.window_tokens or 0)
        except ModelCallError as error:
            if error.failure in _REFUSALS.get(coming.protocol, ()):
                return {**_overflow(coming, 0), "lacks_tools": True}
            if error.failure is not Failure.CONTEXT_OVERFLOW:
                raise
            return await _refused_as_too_long(coming, error, windows)

    body = await scene.run.step(key, call, kind=Kind.MODEL_ANSWERED)
    heard = await _heard(body, scene)
    if not is_live and (text := without_silence(heard.answer.text)):
        scene.watch(Said(text=text))
    return heard


async def _refused_as_too_long(coming: _Coming, error: ModelCallError, windows: Mapping[str, int]) -> JsonObject:
    scene, now = coming.scene, coming.route.model
    if coming.shown:  # the server cut the prompt, which was known only at the end of the answer
        scene.watch(Retracted(because=error.message))
        coming.notices.append(error.message)
    known = narrowed(await scene.rooms.models.profile(now), windows.get(str(now)))
    return _overflow(coming, smaller_window(error.window_tokens, known, coming.opening))


def smaller_window(told: int | None, known: Profile, opening: Opening) -> int:
    """Return the window after an overflow: what the server said, or surely less than what just did not fit."""
    guess = min(known.window_tokens, context.prompt_tokens(known, opening)) * 3 // 4
    return told if told is not None and told < known.window_tokens else max(guess, _LEAST_WINDOW_TOKENS)


def _overflow(coming: _Coming, window_tokens: int) -> dict[str, Json]:
    """Return what is written down when there is no answer because a window is too small."""
    return {
        "overflow": window_tokens,
        "route": codec.dump(coming.route),
        "notices": coming.notices,
        "failed": coming.failed,
    }


async def _too_small(coming: _Coming) -> int | None:
    """Return the window of the model that is asked next, when the conversation must be shortened for it first."""
    scene, opening = coming.scene, coming.opening
    profile = await scene.rooms.models.profile(coming.route.model)
    has_room = context.prompt_tokens(profile, opening) <= context.room_tokens(profile, opening.turn.agent)
    return None if has_room or not opening.past.turns else profile.window_tokens


async def _stream(coming: _Coming, build: Build) -> JsonObject:
    scene = coming.scene
    answers = scene.rooms.models.answer(coming.route, build, turn=scene.turn, reach=scene.reach)
    async with aclosing(answers):
        waiting_since = monotonic()
        async for event in answers:
            waited_ms = (monotonic() - waiting_since) * 1000
            scene.waited_ms += waited_ms
            if isinstance(event, Replaced):
                if await _replaced(event, coming):
                    return _body(coming, is_handed_over=True)
                if event.failed != event.to.model and (window := await _too_small(coming)) is not None:
                    return _overflow(coming, window)
            else:
                _note(event, coming, waited_ms)
            if coming.is_stuck or coming.is_endless:
                _give_up(coming)
                break
            waiting_since = monotonic()
    return _body(coming)


def _give_up(coming: _Coming) -> None:
    """End an answer that only repeats itself or has no end; leaving the stream frees the model."""
    said, thought = "".join(coming.text), "".join(coming.thoughts)
    usage = Usage(completion_tokens=tokens.of_text(said))
    if coming.is_stuck:
        coming.text[:], coming.thoughts[:] = [unstuck(said)], [unstuck(thought)]
        coming.notices.append(_("The model began to repeat itself, so it was stopped."))
        coming.finished = Finished(reason=Finish.STOP, usage=usage)
    else:
        coming.text[:], coming.thoughts[:] = [said[: coming.most_bytes]], [thought[: coming.most_bytes]]
        coming.notices.append(_("The model did not stop by itself, so it was stopped; what it had said is kept."))
        coming.finished = Finished(reason=Finish.LENGTH, usage=usage)


async def _replaced(event: Replaced, coming: _Coming) -> bool:
    """Start over with another model; tell whether that one is asked in another way."""
    scene = coming.scene
    scene.watch(Retracted(because=event.because))
    scene.watch(Noticed(text=event.because))
    coming.notices.append(event.because)
    failure = event.failure.value if event.failure else ""
    coming.failed.append({"model": str(event.failed), "failure": failure, "message": event.because})
    coming.route = event.to
    coming.sieve, coming.stuck, coming.served = Sieve(coming.offered), Stuck(), None
    coming.heard_bytes = 0
    for collected in (coming.text, coming.shown, coming.thoughts, coming.calls):
        collected.clear()
    profile = await scene.rooms.models.profile(event.to.model)
    return profile.tool_protocol == "guided"


def _note(event: StreamEvent | Held, coming: _Coming, waited_ms: float) -> None:
    watch = coming.scene.watch
    if isinstance(event, Held):
        coming.queue_ms += waited_ms
        watch(waiting(event))
        return
    if isinstance(event, Served):
        coming.served = event
        return
    coming.first_sign_ms = coming.first_sign_ms or coming.elapsed_ms()
    match event:
        case TextDelta():
            coming.first_token_ms = coming.first_token_ms or coming.elapsed_ms()
            coming.text.append(event.text)
            coming.hear(event.text)
            if shown := coming.sieve.feed(coming.voice.feed(event.text)):
                coming.shown.append(shown)
                watch(Said(text=shown))
        case ReasoningDelta():
            coming.first_token_ms = coming.first_token_ms or coming.elapsed_ms()
            coming.thoughts.append(event.text)
            coming.hear(event.text)
            watch(Thought(text=event.text))
        case Unsaid():
            _unsay(coming)
        case ToolCallReady():
            coming.calls.append(event.call)
        case Prefill():
            done, total = event.done_tokens, event.total_tokens
            watch(Waiting(phase="reading", done=done, total=total, is_estimated=event.is_estimated))
        case Finished():
            coming.finished = event


def _unsay(coming: _Coming) -> None:
    """Move what was said so far to the thoughts."""
    watch = coming.scene.watch
    if coming.shown:
        watch(Retracted(because=""))
    thought = "".join(coming.text)
    coming.thoughts.append(thought)
    watch(Thought(text=thought))
    coming.text.clear()
    coming.shown.clear()
    coming.sieve = Sieve(coming.offered)


def _body(coming: _Coming, *, is_handed_over: bool = False) -> dict[str, Json]:
    """Return what is written down of an answer."""
    finished = coming.finished or Finished(reason=Finish.STOP)
    said = without_thoughts("".join(coming.text))
    is_cut = finished.reason is Finish.LENGTH
    spoken = understood(said, coming.calls, coming.tools, coming.protocol, is_cut=is_cut)
    calls, text = spoken.calls, _tidied(spoken.text, coming)
    if not calls:
        calls = _missed(text, coming)
        text = "" if calls else text
    shown = "".join(coming.shown)
    _settle_shown(coming, without_silence(text), shown)
    answer = Answer(
        text=text,
        reasoning="".join(coming.thoughts),
        tool_calls=tuple(map(shallow, calls)),
        reason=Finish.TOOL_CALLS if calls else finished.reason,
        usage=finished.usage,
        model=finished.model,
        prefill_ms=round(finished.prefill_ms or coming.first_sign_ms - coming.queue_ms, 1),
        first_token_ms=round(coming.first_token_ms, 1),
        total_ms=round(coming.elapsed_ms(), 1),
    )
    return {
        "answer": codec.dump(answer),
        "served_by": str(coming.route.model),
        "served": codec.dump(coming.served) if coming.served is not None else None,
        "route": codec.dump(coming.route),
        "notices": coming.notices,
        "failed": coming.failed,
        "queue_ms": round(coming.queue_ms, 1),
        "is_handed_over": is_handed_over,
    }


def _missed(text: str, coming: _Coming) -> tuple[ToolCall, ...]:
    """Return the calls of an answer without any that stand in its thoughts, or in tags that nobody can read."""
    offered = {tool.name: tool.parameters for tool in coming.tools}
    if not text.strip():
        return thought_calls("".join(coming.thoughts), offered)
    call = broken_call(text, offered)
    return (call,) if call is not None else ()


def _tidied(text: str, coming: _Coming) -> str:
    """Return an answer without what its model let slip: tokens of its template, a thought without a mark."""
    plain = glued.unwrapped(control_tokens.spoken(text)) if not is_json(text) else text
    found = glued.parted(plain, thinks=coming.thinks)
    if found is None:
        return plain
    coming.thoughts.append(found.thought)
    return found.answer


def _settle_shown(coming: _Coming, text: str, shown: str) -> None:
    """Bring what was shown while it came in line with what the answer turned out to be."""
    watch = coming.scene.watch
    if text.startswith(shown.rstrip()):
        if rest := text[len(shown) :]:
            watch(Said(text=rest))
        return
    watch(Retracted(because=""))
    if text:
        watch(Said(text=text))


async def _heard(body: JsonObject, scene: Scene) -> Heard:
    """Read back what was written down; facts about failed candidates go into the log once."""
    route = codec.load(Route, body["route"])
    for fact in codec.load(list[dict[str, str]], body.get("failed") or []):
        await scene.run.emit(Kind.MODEL_FAILED, fact)
    scene.notices.extend(codec.load(list[str], body.get("notices") or []))
    if (overflow := body.get("overflow")) is not None:
        return Heard(
            answer=Answer(text="", reasoning="", tool_calls=(), reason=Finish.STOP, usage=_NO_USAGE, model=""),
            route=route,
            queue_ms=0.0,
            overflow_tokens=None if body.get("lacks_tools") else int(str(overflow)),
            lacks_tools=bool(body.get("lacks_tools")),
        )
    return Heard(
        answer=codec.load(Answer, body["answer"]),
        route=route,
        queue_ms=float(str(body["queue_ms"])),
        is_handed_over=bool(body["is_handed_over"]),
    )
