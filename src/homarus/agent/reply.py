"""Write the reply down, with its route, its receipts, where the time went, and what the session's history gains."""

from time import monotonic

from homarus.agent.history import UNFINISHED, without_pictures
from homarus.agent.rooms import Scene, Told
from homarus.domain import codec
from homarus.domain.content import JsonObject, Message, Role, Text
from homarus.domain.errors import HomarusError
from homarus.domain.events import Kind
from homarus.domain.i18n import _
from homarus.domain.inference import Timings, Usage
from homarus.domain.labels import HOUSE
from homarus.domain.turns import Reply


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
    return Told(text=error.message, is_error=True, hint=error.hint)


async def write_down(scene: Scene, told: Told, began: float) -> Reply:
    """Return the reply as it stands in the log from now on."""

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
        gained = [*_answered(gained), Message(role=Role.ASSISTANT, parts=(Text(text=text, label=HOUSE),))]
    return gained


def _answered(gained: list[Message]) -> list[Message]:
    """Return messages in which every tool call has a result, as protocols require."""
    results = {message.call_id for message in gained if message.role is Role.TOOL}
    open_calls = [call for message in gained for call in message.tool_calls if call.call_id not in results]
    missing = [
        Message(
            role=Role.TOOL,
            parts=(Text(text="Not finished.", label=HOUSE),),
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
    )
