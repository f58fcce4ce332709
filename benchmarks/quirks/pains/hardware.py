"""C16: which model this machine can run: a recommendation that fits, with a reason and a speed."""

import json
from collections.abc import Iterator

from benchmarks.quirks.claims import (
    all_end_well,
    claim,
    ends_well,
    fails_honestly,
    never_says,
    picked,
    said_json,
    tells_now,
)
from benchmarks.quirks.minds import talks
from benchmarks.quirks.scenario import Ask, Command, Scenario, Seen, Side
from homarus.domain.content import Json, JsonObject
from homarus.testing.quirks.turns import OLLAMA

_TIERS = ("entry", "mid", "heavy")
_STOCK = ("qwen3:235b-a22b", "qwen3:1.7b")
_SMALL_BOARD: JsonObject = {"name": "a small board", "memory": "4 GB", "cores": 4}
_GAMING: JsonObject = {
    "name": "a gaming machine",
    "memory": "32 GB",
    "cores": 12,
    "gpus": [{"name": "RTX 3060", "memory": "12 GB"}],
}
_WORKSTATION: JsonObject = {
    "name": "a workstation",
    "memory": "128 GB",
    "cores": 32,
    "gpus": [{"name": "RTX 4090", "memory": "24 GB"}, {"name": "RTX 4090", "memory": "24 GB"}],
}


def _chosen(seen: Seen) -> Iterator[Json]:
    """Yield what is recommended."""
    found = picked(said_json(seen), "recommended")
    for tier in _TIERS:
        choice = found.get(tier) if isinstance(found, dict) else None
        if choice is not None:
            yield choice


def _is_range(pace: Json) -> bool:
    low, high = picked(pace, "low"), picked(pace, "high")
    return isinstance(low, int | float) and isinstance(high, int | float) and 0 < low <= high


_RECOMMENDED = (
    claim("something is recommended, with a reason", lambda seen: bool(picked(said_json(seen), "recommended.because"))),
    claim("at least one model is recommended", lambda seen: any(True for _one in _chosen(seen))),
    claim(
        "no model is recommended that does not fit",
        lambda seen: all(picked(one, "level.verdict") in ("fits", "tight") for one in _chosen(seen)),
    ),
    claim(
        "every recommended model has a reason of its own, and a command",
        lambda seen: all(picked(one, "because") and picked(one, "command") for one in _chosen(seen)),
    ),
    claim(
        "every recommended model has a range of tokens a second",
        lambda seen: all(_is_range(picked(one, "level.speed.generation")) for one in _chosen(seen)),
    ),
)


def _fits(name: str, thread: str, machine: JsonObject, about: str) -> Scenario:
    return Scenario(
        name=f"fit-{name}",
        pain="C16",
        thread=thread,
        about=about,
        expect="A recommendation that fits, with a reason and with tokens a second from at least to at most.",
        files={"machine.json": json.dumps(machine)},
        steps=(Command(words=("models", "fit", "--machine", "{{ workspace }}/machine.json", "--json")),),
        right=(ends_well(), *_RECOMMENDED, claim("it is about that machine", lambda seen: _is_about(seen, machine))),
    )


def _is_about(seen: Seen, machine: JsonObject) -> bool:
    return picked(said_json(seen), "machine.name") == machine["name"]


def _rows(seen: Seen, turn: int) -> Iterator[Json]:
    listed = picked(said_json(seen, turn), "catalog")
    yield from listed if isinstance(listed, list) else ()


def _unfit(seen: Seen, turn: int) -> set[str]:
    """Return the models that a catalog says do not fit, by each of their names."""
    found = set[str]()
    for row in _rows(seen, turn):
        level = picked(row, "fit.asked") or {}
        if picked(level, "verdict") == "no":
            have = picked(row, "have")
            found |= {str(picked(row, "row.id")), str(picked(row, "row.ollama"))}
            found |= {str(ref) for ref in have} if isinstance(have, list) else set()
    return found


def _offered(seen: Seen) -> Iterator[JsonObject]:
    """Yield what a setup recommends, and what it has a tier for."""
    listed = picked(said_json(seen), "proposal.options")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and (one.get("is_recommended") or one.get("level")):
            yield one


def _is_paced(one: JsonObject) -> bool:
    pace = one.get("tokens_s")
    return isinstance(pace, list) and len(pace) == 2 and 0 < float(str(pace[0])) <= float(str(pace[1]))


def _recommends(seen: Seen, pattern: str) -> bool:
    return any(one["is_recommended"] and pattern in str(one["model"]) for one in _offered(seen))


SCENARIOS = (
    _fits("small-board", "openclaw/openclaw#90342", _SMALL_BOARD, "Four cores, 4 GB of memory, no graphics card."),
    _fits("gaming-machine", "ollama/ollama#14771", _GAMING, "A graphics card with 12 GB in a machine with 32 GB."),
    _fits("workstation", "ollama/ollama#11467", _WORKSTATION, "Two graphics cards with 24 GB each, 128 GB of memory."),
    Scenario(
        name="machine-without-memory",
        pain="C16",
        thread="ollama/ollama#14771",
        about="A description of a machine that does not say how much memory it has.",
        expect="A sentence that says what is missing; no guess.",
        files={"machine.json": json.dumps({"name": "unknown", "cores": 8})},
        steps=(
            Ask(text="Hello."),
            Command(words=("models", "fit", "--machine", "{{ workspace }}/machine.json")),
        ),
        right=(fails_honestly(), never_says("ollama pull")),
        told=(tells_now("memory"),),
    ),
    Scenario(
        name="setup-takes-what-fits",
        pain="C16",
        thread="openclaw/openclaw#90342",
        about="A server has a model of 235 billion parameters and one of two; the configured one is gone.",
        expect="One that fits is recommended, with a reason and a speed, and nothing is changed.",
        first=Side(mind=talks("Ready."), api=OLLAMA, model="gone", models=_STOCK, is_named=False),
        steps=(Command(words=("models", "fit", "--json")), Command(words=("setup", "--dry-run", "--json"))),
        right=(
            all_end_well(),
            claim("a model that is there is recommended", lambda seen: any(_recommends(seen, one) for one in _STOCK)),
            claim(
                "no model is recommended that does not fit",
                lambda seen: not {str(one["model"]).removeprefix("first/") for one in _offered(seen)} & _unfit(seen, 0),
            ),
            claim("each has a reason", lambda seen: all(one.get("because") for one in _offered(seen))),
            claim("each has a range of tokens a second", lambda seen: all(_is_paced(one) for one in _offered(seen))),
            claim("nothing is written", lambda seen: picked(said_json(seen), "is_written") is False),
            claim("nothing is pulled", lambda seen: not any("pull" in path for path in seen.first.paths)),
        ),
    ),
)
