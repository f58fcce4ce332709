"""The turn of the small built-in model while it runs: ask the model, run a tool, read its receipt."""

import re
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from homarus.agent import requests
from homarus.agent.act import act
from homarus.agent.held import waiting
from homarus.agent.requests import Order
from homarus.agent.rooms import Held, Profile, Replaced, Scene
from homarus.domain import codec
from homarus.domain.acts import Receipt
from homarus.domain.cards import Served
from homarus.domain.content import JsonObject, Message, Role, ToolCall
from homarus.domain.events import Kind
from homarus.domain.ids import CallId
from homarus.domain.inference import Answer, Finish, Finished, ModelRef, ModelRequest, Prefill, TextDelta
from homarus.domain.turns import Route, Waiting

TOOLS = {
    Order.REMIND: "remind.set",
    Order.NOTE: "memory.save",
    Order.RECALL: "memory.search",
    Order.FILES: "files.search",
    Order.LIST: "remind.list",
    Order.CANCEL: "remind.cancel",
    Order.CLOCK: "time.now",
}
_WRAPPER = re.compile(r"^</?untrusted\b.*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """The turn while it runs."""

    scene: Scene
    route: Route
    words: str = ""
    """The question alone, where text was pasted below it."""

    @property
    def request(self) -> str:
        """What the person wrote, on one line, without control tokens."""
        return requests.cleaned(self.words or self.scene.turn.inbound.text)

    def can(self, order: Order) -> bool:
        """Whether the agent has the tool for an order."""
        tool = TOOLS.get(order)
        return tool is None or (tool in self.scene.rooms.tools and self.scene.turn.agent.may_use(tool))


async def ask(small: Small, key: str, request: ModelRequest) -> str:
    """Ask the model once, as one step of the run, and return the text."""
    ref = small.route.model

    async def call() -> JsonObject:
        heard = await _hear(small, request)
        served = codec.dump(heard.served) if heard.served is not None else None
        return {"answer": codec.dump(heard.answer), "served_by": str(ref), "served": served}

    body = await small.scene.run.step(key, call, kind=Kind.MODEL_ANSWERED)
    answer = codec.load(Answer, body["answer"])
    small.scene.answers.append(answer)
    return answer.text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    answer: Answer
    served: Served | None


async def _hear(small: Small, request: ModelRequest) -> _Heard:
    scene, began, text = small.scene, monotonic(), ""
    finished, first_ms = Finished(reason=Finish.STOP), 0.0
    served: Served | None = None

    def build(_ref: ModelRef, _profile: Profile) -> ModelRequest:
        return request

    alone = replace(small.route, fallbacks=())  # another model would not keep to the grammar
    async with aclosing(scene.rooms.models.answer(alone, build, turn=scene.turn, reach=scene.reach)) as events:
        async for event in events:
            match event:
                case TextDelta():
                    first_ms = first_ms or (monotonic() - began) * 1000
                    text += event.text
                case Held():
                    scene.watch(waiting(event))
                case Prefill():
                    scene.watch(Waiting(phase="reading", done=event.done_tokens, total=event.total_tokens))
                case Finished():
                    finished = event
                case Served():
                    served = event
                case Replaced():
                    text = ""
                case _:
                    pass
    total_ms = (monotonic() - began) * 1000
    scene.waited_ms += total_ms
    return _Heard(answer=_answer(text, finished, first_ms=first_ms, total_ms=total_ms), served=served)


def _answer(text: str, finished: Finished, *, first_ms: float, total_ms: float) -> Answer:
    return Answer(
        text=text,
        reasoning="",
        tool_calls=(),
        reason=finished.reason,
        usage=finished.usage,
        model=finished.model,
        prefill_ms=round(finished.prefill_ms or first_ms, 1),
        first_token_ms=round(first_ms, 1),
        total_ms=round(total_ms, 1),
    )


async def do(small: Small, order: Order, arguments: JsonObject, *, key: str = "guided:act") -> str:
    """Run the tool of an order through `act` and return what it said, without our own marks.

    The call is judged by whose message it is and not by what the session has read: rules and model see nothing but that
    message, so no other text can have steered the arguments.
    """
    call = ToolCall(call_id=CallId(f"call_{small.scene.run.run_id}_{key}"), name=TOOLS[order], arguments=arguments)
    scene, read = small.scene, dict(small.scene.labels)
    scene.labels = {replace(scene.turn.inbound.label, reach=scene.reach): None}
    try:
        result = await act(call, scene, key=key)
    finally:
        scene.labels = {**read, **scene.labels}
    small.scene.gained.append(Message(role=Role.ASSISTANT, tool_calls=(call,)))
    small.scene.gained.append(result)
    return "\n".join(line for line in result.text.splitlines() if not _WRAPPER.match(line)).strip()


def receipt_of(small: Small) -> Receipt:
    """Return what the last tool call came to."""
    return small.scene.receipts[-1]


def due_of(receipt: Receipt) -> datetime | None:
    """Return when a reminder is due as its receipt has it, in the owner's zone."""
    return moment(receipt.facts.get("due_at"), receipt.facts.get("zone"))


def moment(at: object, zone: object) -> datetime | None:
    """Return a time that a receipt names, in the zone that it names."""
    try:
        due = datetime.fromisoformat(str(at))
        return due.astimezone(ZoneInfo(str(zone))) if zone else due
    except (ValueError, ZoneInfoNotFoundError):
        return None
