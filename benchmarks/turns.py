"""What a durable turn costs beside the model: one at a time and many, over a long session, with a tool.

`python -m benchmarks.turns`. Model, gateway and floor stand in processes of their own; the model answers at once. A
turn is a POST that is answered with its events up to the reply, over TCP with an API key. Rounds of ours and of the
floor alternate, so that a busy machine is busy for both.
"""

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks import ground
from benchmarks.figures import Figure, main, median, percentile
from benchmarks.load import Burst, Clients, post

_FRESH_SESSION_AFTER = 20
"""Turns of a session; how a session's length counts is a figure of its own."""
_COMPARED = 30
_TOOL = 'files.list={"folder":"."}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where turns are made."""

    url: str
    headers: dict[str, str]
    numbers: "count[int]" = field(default_factory=count)

    def request(self, session: str) -> bytes:
        """Return the bytes of a turn."""
        body = {"text": "What is due this week, and who asked for it?", "session": session}
        headers = {"Accept": "text/event-stream", **self.headers}
        return post(f"{self.url}/api/v1/turns", json.dumps(body).encode(), headers)

    def requests(self, clients: int, each: int) -> list[list[bytes]]:
        """Return the turns of so many clients, each in sessions of its own."""
        found: list[list[bytes]] = []
        for _ in range(clients):
            own: list[bytes] = []
            while len(own) < each:
                session = f"s{next(self.numbers)}"
                own += [self.request(session)] * min(_FRESH_SESSION_AFTER, each - len(own))
            found.append(own)
        return found


@dataclass(slots=True)
class Taken:
    """What was measured of one target at one number of clients."""

    rounds: list[Burst] = field(default_factory=list[Burst])

    def ms(self, share: float) -> float:
        """Return the time within which a share of the turns ended, of the median round."""
        return median(percentile(burst.times_ms, share) for burst in self.rounds)

    @property
    def per_s(self) -> float:
        """Turns a second, of the median round."""
        return median(burst.per_s for burst in self.rounds)


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures."""
    rounds = 2 if is_quick else 5
    with ground.folder() as place, ground.server("homarus.testing.quirks", "--instant") as model:
        home, floor = place / "home", place / "floor"
        floor.mkdir()
        ground.write_config(home, model)
        command = ground.floor_command("gateway", model, "--folder", str(floor))
        with ground.process(command, is_heard=True) as started, ground.gateway(home) as house:
            bare_url = ground.address_of(started)
            key = {"Authorization": f"Bearer {house.key('chat', 'owner')}"}
            ours = Target(url=house.url, headers=key)
            bare = Target(url=bare_url, headers={})
            yield from asyncio.run(_clients(ours, bare, model, rounds))
            yield from asyncio.run(_long(ours, 60 if is_quick else 200))
        yield from _with_tool(place, 40 if is_quick else 120)


# --- one and many -------------------------------------------------------------------------------------------------


async def _clients(ours: Target, bare: Target, model: str, rounds: int) -> list[Figure]:
    figures: list[Figure] = []
    for clients in (1, 16, 32, 64):
        each = max(3, 200 // clients // rounds * 2)
        taken = {"ours": Taken(), "bare": Taken()}
        async with Clients(ours.url, clients) as mine, Clients(bare.url, clients) as its:
            await mine.burst(ours.requests(clients, 3))
            await its.burst(bare.requests(clients, 3))
            for _ in range(rounds):
                taken["bare"].rounds.append(await its.burst(bare.requests(clients, each)))
                taken["ours"].rounds.append(await mine.burst(ours.requests(clients, each)))
        model_ms = await _model_ms(model) if clients == 1 else 0.0
        figures += _figures(clients, taken["ours"], taken["bare"], model_ms)
    return figures


async def _model_ms(model: str) -> float:
    """Return what the model itself takes, p50."""
    body = json.dumps({"model": "quirk", "stream": True, "messages": [{"role": "user", "content": "Hi"}]})
    async with Clients(model, 1) as direct:
        burst = await direct.burst([[post(f"{model}/v1/chat/completions", body.encode())] * 100])
    return median(burst.times_ms)


def _figures(clients: int, ours: Taken, bare: Taken, model_ms: float) -> Iterable[Figure]:
    name = "floor"
    if clients == 32:
        yield Figure(
            name="durable turns, 32 clients", value=ours.per_s, unit="turns/s", goal=200, better="higher",
            baseline=bare.per_s, baseline_name=name,
        )  # fmt: skip
        return
    goals = (5, 15) if clients == 1 else (None, None)
    plural = "" if clients == 1 else "s"
    for word, share, goal in (("p50", 0.5, goals[0]), ("p95", 0.95, goals[1])):
        yield Figure(
            name=f"durable turn adds, {clients} client{plural}, {word}",
            value=ours.ms(share) - model_ms,
            unit="ms",
            goal=goal,
            baseline=bare.ms(share) - model_ms,
            baseline_name=name,
        )


# --- a long session -----------------------------------------------------------------------------------------------


async def _long(ours: Target, turns: int) -> list[Figure]:
    """Let a session grow, then have turns of it and of young sessions by turns: what differs is the length."""
    async with Clients(ours.url, 1) as clients:
        young = [f"young{number}" for number in range(3)]
        before = [ours.request("long")] * (turns - _COMPARED)
        await clients.burst([before + [ours.request(session) for session in young for _ in range(2)]])
        late, early = list[float](), list[float]()
        for number in range(_COMPARED):
            late += (await clients.burst([[ours.request("long")]])).times_ms
            early += (await clients.burst([[ours.request(young[number % len(young)])]])).times_ms
    return [
        Figure(
            name=f"turn {turns} of a session costs more by",
            value=median(late) - median(early),
            unit="ms",
            goal=1,
            note=f"{median(late):.1f} ms against {median(early):.1f} of young sessions",
        )
    ]


# --- a tool -------------------------------------------------------------------------------------------------------


def _with_tool(place: Path, turns: int) -> Iterable[Figure]:
    with ground.server("homarus.testing.quirks", "--call", _TOOL) as model:
        home = place / "tools"
        ground.write_config(home, model)
        with ground.gateway(home) as house:
            target = Target(url=house.url, headers={"Authorization": f"Bearer {house.key('chat', 'owner')}"})
            taken = asyncio.run(_tool_turns(target, turns))
            model_ms = asyncio.run(_model_ms(model))
    yield Figure(
        name="turn with one tool call",
        value=median(taken),
        unit="ms",
        goal=12,
        baseline=2 * model_ms,
        baseline_name="two questions to the model",
    )


async def _tool_turns(target: Target, turns: int) -> list[float]:
    async with Clients(target.url, 1) as clients:
        await clients.burst(target.requests(1, 5))
        answers = await clients.answers(target.requests(1, turns))
    for answer in answers:
        assert b"event: acted" in answer.content, answer.content
    return [answer.total_ms for answer in answers]


if __name__ == "__main__":
    sys.exit(main(measure))
