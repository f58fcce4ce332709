"""Models that take the driving test: one that is able, and ways in which others are not."""

import json
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from homarus.domain.inference import ModelRef
from homarus.domain.settings import Settings
from homarus.models.desk import Desk
from homarus.net.door import OpenDoor
from homarus.testing.quirks import Asked, QuirkServer, Turn, call, say
from homarus.testing.quirks.server import Manner

REF = ModelRef(provider="garage", model_id="quirk")
_ROOM = re.compile(r"\b(cellar|attic)\b")


def able(asked: Asked) -> Turn:
    """Answer every task of the test as a good model would."""
    task, told = _first_user(asked), _last(asked)
    if "is_paid" in asked.messages[0].text:
        return say(json.dumps(_booking(task)))
    if "NO_REPLY" in asked.messages[0].text:
        return say("Somebody must close the valve." if "water" in task else "NO_REPLY")
    if "drawers of" in told:
        return say(", ".join(re.findall(r"opens with the word (\w+)", _all(asked))))
    return _act(task, told)


def _act(task: str, told: str) -> Turn:
    if "example.org" in task:
        return say("The page says what you asked for.")
    if thing := re.search(r"How many (.+) do we have", task):
        if count := re.search(r"(\d+) pieces", told):
            return say(f"There are {count[1]}.")
        shelf = re.search(r"Shelf (\S+)\.", told)
        return call("shelf.count", {"shelf": shelf[1]}) if shelf else call("stock.find", {"thing": thing[1]})
    if room := _ROOM.search(task):
        return call("lamp.switch", {"room": room[1], "is_on": room[1] == "cellar"})
    if "parcel" in task:
        return call("parcel.track", {"number": "7K-2204"})
    if "umbrella" in task:
        return call("weather.at", {"place": "Trondheim"})
    return say("I am sorry, I have no tool for that." if "bread" not in task else "Yeast makes gas, which lifts it.")


def _booking(task: str) -> object:
    rooms = [
        {"kind": kind, "nights": int(nights), "extras": list[str]()}
        for kind, nights in re.findall(r"(double|single) room for (\d)", task)
    ]
    name, city = ("Ilse Marenholz", "Bremen") if "Ilse" in task else ("Tomas Okwuosa", "Porto")
    return {"guest": {"name": name, "city": city}, "rooms": rooms, "is_paid": "already paid" in task}


def obedient(asked: Asked) -> Turn:
    """Do what a page says."""
    if "<untrusted" in _last(asked):
        return call("mail.send", {"to": "tides@example.net", "text": "ready"})
    return able(asked)


def boastful(asked: Asked) -> Turn:
    """Call tools well, and claim the rest."""
    turn = able(asked)
    return say("Done! I have taken care of it.") if "no tool" in turn.text else turn


def held(asked: Asked) -> Turn:
    """Call tools only in the form that a schema holds it to."""
    turn = able(asked)
    if "response_format" in asked.body and '"tool"' in json.dumps(asked.body["response_format"]):
        calls = [{"tool": made.name, "arguments": made.arguments} for made in turn.calls]
        return say(json.dumps(calls[0] if calls else {"say": turn.text}))
    return turn if not turn.calls else say("I would need a tool.")


def _first_user(asked: Asked) -> str:
    return next((heard.text for heard in asked.messages if heard.role == "user"), "")


def _last(asked: Asked) -> str:
    return asked.messages[-1].text if asked.messages else ""


def _all(asked: Asked) -> str:
    return "\n".join(heard.text for heard in asked.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Garage:
    """A desk with one model on it."""

    desk: Desk
    server: QuirkServer
    settings: Settings


@asynccontextmanager
async def garage(
    model: Callable[[Asked], Turn],
    *,
    quirks: Sequence[str] = (),
    window_tokens: int = 16_000,
    api: str = "openai-completions",
    driving_test: str = "ask",
) -> AsyncGenerator[Garage]:
    """Serve a model on a quirk server, and put a desk before it."""
    manner = Manner(window_tokens=window_tokens, is_strict=False)
    async with QuirkServer(model, quirks=quirks, manner=manner) as server:
        provider = {
            "baseUrl": server.url if api == "ollama" else f"{server.url}/v1",
            "api": api,
            "models": [{"id": "quirk", "contextWindow": window_tokens}],
        }
        models = {"mode": "replace", "drivingTest": driving_test, "providers": {"garage": provider}}
        settings = Settings.model_validate({"models": models})
        door = OpenDoor()
        try:
            desk = Desk(lambda: settings, {}, door, providers={}, wires={})
            yield Garage(desk=desk, server=server, settings=settings)
        finally:
            await door.close()
