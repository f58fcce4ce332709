"""What the log knows of a turn that ends without its agent: which model was asked, what was done, what was cut off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from homarus.agent.reply import unfinished_effects
from homarus.domain import codec
from homarus.domain.acts import Receipt
from homarus.domain.content import JsonObject
from homarus.domain.events import Event, Kind
from homarus.domain.inference import Usage
from homarus.domain.turns import Route


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
    receipts: list[Receipt] = []
    for event in events:
        match event.kind:
            case Kind.ROUTE_CHOSEN:
                route = codec.load(Route, event.body["route"])
            case Kind.MODEL_ANSWERED:
                route = codec.load(Route, event.body["route"]) if "route" in event.body else route
                usage += _usage(event.body)
            case Kind.TOOL_FINISHED:
                receipts.append(codec.load(Receipt, event.body["receipt"]))
            case _:
                pass
    return Salvaged(route=route, usage=usage, receipts=(*receipts, *unfinished_effects(events)))


def _usage(body: JsonObject) -> Usage:
    answer = cast("JsonObject", body.get("answer") or {})
    return codec.load(Usage, answer["usage"]) if "usage" in answer else Usage()
