"""What the log knows of a turn that ends without its agent: which model was asked, what was done, what was cut off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from homarus.domain import codec
from homarus.domain.acts import Outcome, Receipt, Risk, ToolTraits
from homarus.domain.content import JsonObject, ToolCall
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.inference import Usage
from homarus.domain.turns import Route

_EFFECTS = frozenset({Risk.WRITE, Risk.ACT, Risk.RUN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """The facts for a reply of the house."""

    route: Route | None
    usage: Usage
    receipts: tuple[Receipt, ...]


def salvage(events: Sequence[Event]) -> Salvaged:
    """Return what a turn's events tell; an effect that was begun and not finished is unknown."""
    route: Route | None = None
    usage = Usage()
    done: dict[str, Receipt] = {}
    begun: dict[str, ToolCall] = {}
    for event in events:
        match event.kind:
            case Kind.ROUTE_CHOSEN:
                route = codec.load(Route, event.body["route"])
            case Kind.MODEL_ANSWERED:
                route = codec.load(Route, event.body["route"]) if "route" in event.body else route
                usage += _usage(event.body)
            case Kind.TOOL_INTENDED if codec.load(ToolTraits, event.body["traits"]).risk in _EFFECTS:
                call = codec.load(ToolCall, event.body["call"])
                begun[call.call_id] = call
            case Kind.TOOL_FINISHED:
                receipt = codec.load(Receipt, event.body["receipt"])
                done[receipt.call_id] = receipt
            case _:
                pass
    cut_off = [_unknown(call) for call_id, call in begun.items() if call_id not in done]
    return Salvaged(route=route, usage=usage, receipts=(*done.values(), *cut_off))


def _usage(body: JsonObject) -> Usage:
    answer = cast("JsonObject", body.get("answer") or {})
    return codec.load(Usage, answer["usage"]) if "usage" in answer else Usage()


def _unknown(call: ToolCall) -> Receipt:
    return Receipt(
        call_id=call.call_id,
        tool=call.name,
        outcome=Outcome.UNKNOWN,
        summary=_("{tool} was cut off: nobody knows whether it was done. Look before you repeat it.").format(
            tool=call.name
        ),
        arguments=call.arguments,
    )
