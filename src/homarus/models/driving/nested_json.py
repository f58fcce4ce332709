"""Nested JSON: does an answer keep to a schema of objects in lists? It is checked here, because grammars fail open."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _
from homarus.models.driving.bench import Bench, Finding, Said, Tally, house, person

NAME = "nested-json"
BOOKING: JsonObject = {
    "type": "object",
    "properties": {
        "guest": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "city": {"type": "string"}},
            "required": ["name", "city"],
            "additionalProperties": False,
        },
        "rooms": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string", "enum": ["single", "double"]},
                    "nights": {"type": "integer"},
                    "extras": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["kind", "nights", "extras"],
                "additionalProperties": False,
            },
        },
        "is_paid": {"type": "boolean"},
    },
    "required": ["guest", "rooms", "is_paid"],
    "additionalProperties": False,
}
_TASK = house(
    "Answer with nothing but one JSON object of the form "
    '{"guest": {"name": text, "city": text}, "rooms": [{"kind": "single" or "double", "nights": number, '
    '"extras": [text, ...]}, ...], "is_paid": true or false}. No other words.'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    ask: str
    nights: tuple[int, ...]
    name: str
    is_paid: bool


_CASES = (
    _Case(
        ask="Booking by Ilse Marenholz from Bremen, already paid: a double room for 3 nights with breakfast and a cot, "
        "and a single room for 2 nights without anything extra.",
        nights=(3, 2),
        name="Marenholz",
        is_paid=True,
    ),
    _Case(
        ask="Tomas Okwuosa of Porto wants one single room for 5 nights with parking. He pays when he leaves.",
        nights=(5,),
        name="Okwuosa",
        is_paid=False,
    ),
)


async def nested_json(bench: Bench) -> Finding:
    """Ask for bookings as JSON, held to a schema where the server can, and check them whatever it says."""
    tally = Tally(name=NAME)
    for case in bench.some(_CASES):
        said = await bench.ask([_TASK, person(case.ask)], schema=BOOKING)
        problem = said.problem or _problem(case, said)
        tally.count(not problem, lambda problem=problem: problem)
    return Finding(score=tally.score)


def _problem(case: _Case, said: Said) -> str:
    try:
        value = cast("Json", json.loads(said.text.strip().removeprefix("```json").removesuffix("```")))
    except ValueError:
        return _("It was no JSON: {words}.").format(words=said.quoted)
    wrong = misfit(value, BOOKING, "$")
    if wrong:
        return _("It left the schema at {place}: {words}.").format(place=wrong, words=said.quoted)
    booking = cast("Mapping[str, Json]", value)
    guest = cast("Mapping[str, str]", booking["guest"])
    rooms = cast("Sequence[Mapping[str, Json]]", booking["rooms"])
    is_right = case.name in guest["name"] and tuple(room["nights"] for room in rooms) == case.nights
    if is_right and booking["is_paid"] is case.is_paid:
        return ""
    return _("The shape was right and the facts were not: {words}.").format(words=said.quoted)


def misfit(value: Json, schema: JsonObject, place: str) -> str:
    """Return where a value leaves a schema of objects, lists, enums and plain types; nothing when it keeps to it."""
    if "enum" in schema and value not in cast("Sequence[Json]", schema["enum"]):
        return place
    match schema["type"]:
        case "object":
            return _misfit_object(value, schema, place)
        case "array":
            if not isinstance(value, list):
                return place
            items = cast("JsonObject", schema["items"])
            inside = (misfit(one, items, f"{place}[{n}]") for n, one in enumerate(value))
            return next((wrong for wrong in inside if wrong), "")
        case "integer":
            return "" if isinstance(value, int) and not isinstance(value, bool) else place
        case "boolean":
            return "" if isinstance(value, bool) else place
        case _:
            return "" if isinstance(value, str) else place


def _misfit_object(value: Json, schema: JsonObject, place: str) -> str:
    properties = cast("Mapping[str, JsonObject]", schema["properties"])
    if not isinstance(value, Mapping) or set(value) != set(properties):
        return place
    inside = (misfit(value[name], properties[name], f"{place}.{name}") for name in properties)
    return next((wrong for wrong in inside if wrong), "")
