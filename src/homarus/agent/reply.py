"""Write the reply down, with its route, its receipts, where the time went, and what the session's history gains."""

from collections.abc import Iterable
from time import monotonic

from homarus.agent.act import EFFECTS
from homarus.agent.history import UNFINISHED, without_pictures
from homarus.agent.rooms import Scene, Told
from homarus.domain import codec
from homarus.domain.acts import Outcome, Receipt, ToolTraits
from homarus.domain.content import JsonObject, Message, Role, Text, ToolCall
from homarus.domain.errors import HomarusError, ModelCallError
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.ids import CallId
from homarus.domain.inference import Timings, Usage
from homarus.domain.labels import HOUSE
from homarus.domain.turns import Reply

_CUT_OFF = "Cut off. Nobody knows whether it was done; do not repeat it without looking first."


def out_of_time(scene: Scene) -> Told:
    """Say that the turn took too long."""
    return Told(
        text=_("This took longer than {seconds:g} seconds and was stopped.").format(seconds=scene.turn.agent.timeout_s),
        is_error=True,
        hint=_(
            "Try again, ask for less at once, or allow more time: homarus config set agents.defaults.timeoutSeconds"
        ),
    )


def went_wrong(error: HomarusError) -> Told:
    """Say an error in its own words."""
    failure = error.failure.value if isinstance(error, ModelCallError) else ""
    return Told(text=error.message, is_error=True, hint=error.hint, failure=failure)


def unfinished_effects(events: Iterable[Event]) -> tuple[Receipt, ...]:
    """Return a receipt for each effect of a turn that was begun and never came back: nobody knows what became of it."""
    begun: dict[CallId, ToolCall] = {}
    for event in events:
        if event.kind is Kind.TOOL_INTENDED and codec.load(ToolTraits, event.body["traits"]).risk in EFFECTS:
            call = codec.load(ToolCall, event.body["call"])
            begun[call.call_id] = call
        elif event.kind is Kind.TOOL_FINISHED:
            begun.pop(codec.load(Receipt, event.body["receipt"]).call_id, None)
    return tuple(_cut_off(call) for call in begun.values())


def _cut_off(call: ToolCall) -> Receipt:
    sentence = _("{tool} was cut off: nobody knows whether it was done. Look before you repeat it.")
    return Receipt(
        call_id=call.call_id,
        tool=call.name,
        outcome=Outcome.UNKNOWN,
        summary=sentence.format(tool=call.name),
        arguments=call.arguments,
    )


async def write_down(scene: Scene, told: Told, began: float) -> Reply:
    """Return the reply as it stands in the log from now on."""
    if scene.under_way is not None:
        scene.receipts.append(_cut_off(scene.under_way))

    async def write() -> JsonObject:
        inbound = scene.turn.inbound
        return {
            "reply": codec.dump(_reply(scene, told, began)),
            "messages": [codec.dump(without_pictures(message)) for message in _gained(scene, told)],
            "labels": [codec.dump(label) for label in scene.labels],
            "channel": inbound.channel,
            "to": inbound.reply_to,
        }

    body = await scene.run.step("reply", write, kind=Kind.REPLY_WRITTEN)
    return codec.load(Reply, body["reply"])


def _gained(scene: Scene, told: Told) -> list[Message]:
    """Return what the history gains; nothing of a turn that failed and did nothing."""
    gained = list(scene.gained) if scene.receipts or not told.is_error else []
    if gained and (told.is_error or gained[-1].role is not Role.ASSISTANT or gained[-1].tool_calls):
        text = UNFINISHED if told.is_error else told.text or "NO_REPLY"
        gained = [
            *_answered(gained, scene.receipts),
            Message(role=Role.ASSISTANT, parts=(Text(text=text, label=HOUSE),)),
        ]
    return gained


def _answered(gained: list[Message], receipts: list[Receipt]) -> list[Message]:
    """Return messages in which every tool call has a result, as protocols require."""
    results = {message.call_id for message in gained if message.role is Role.TOOL}
    unknown = {receipt.call_id for receipt in receipts if receipt.outcome is Outcome.UNKNOWN}
    open_calls = [call for message in gained for call in message.tool_calls if call.call_id not in results]
    missing = [
        Message(
            role=Role.TOOL,
            parts=(Text(text=_CUT_OFF if call.call_id in unknown else "Not finished.", label=HOUSE),),
            call_id=call.call_id,
            tool_name=call.name,
            is_error=True,
        )
        for call in open_calls
    ]
    return [*gained, *missing]


def _reply(scene: Scene, told: Told, began: float) -> Reply:
    total_ms = (monotonic() - began) * 1000
    first = scene.answers[0] if scene.answers else None
    usage = sum((answer.usage for answer in scene.answers), Usage())
    return Reply(
        turn_id=scene.turn.turn_id,
        session=scene.turn.inbound.session,
        text=told.text,
        route=scene.route,
        usage=usage,
        timings=Timings(
            queue_ms=round(scene.queue_ms, 1),
            prefill_ms=round(sum(answer.prefill_ms for answer in scene.answers), 1),
            first_token_ms=first.first_token_ms if first else 0.0,
            total_ms=round(max(total_ms, sum(answer.total_ms for answer in scene.answers)), 1),
            overhead_ms=round(max(total_ms - scene.waited_ms, 0.0), 1),
        ),
        receipts=tuple(scene.receipts),
        notices=tuple(dict.fromkeys(scene.notices)),
        is_error=told.is_error,
        hint=told.hint,
        failure=told.failure,
    )
