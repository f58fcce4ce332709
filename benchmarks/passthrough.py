"""What the gateway adds to a model server that it hands requests on to. `python -m benchmarks.passthrough`.

The baseline is a bare aiohttp proxy. Gateway, proxy and model stand in processes of their own and are measured in
turns, so that a busy machine is busy for all of them.
"""

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks import ground
from benchmarks.figures import Figure, main, median
from benchmarks.load import Burst, Clients, post

_MESSAGES = [{"role": "system", "content": "Be brief. " * 40}, {"role": "user", "content": "What is due? " * 20}]
_STREAMS = 60
_PACED_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where requests go."""

    name: str
    url: str
    prefix: str = ""
    """What stands before the model's name."""
    key: str = "none"

    def request(self, model: str, *, is_stream: bool = False) -> bytes:
        """Return the bytes of a request."""
        body = {"model": f"{self.prefix}{model}", "messages": _MESSAGES, "stream": is_stream}
        headers = {"Authorization": f"Bearer {self.key}"}
        return post(f"{self.url}/v1/chat/completions", json.dumps(body).encode(), headers)


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures."""
    rounds = 2 if is_quick else 5
    with ground.folder() as place, ground.server("benchmarks.floor", "model") as model:
        ground.write_config(place / "home", model, models=("quirk", "paced"))
        with (
            ground.process(ground.floor_command("proxy", model), is_heard=True) as bare,
            ground.gateway(place / "home") as house,
        ):
            targets = (
                Target(name="model", url=model),
                Target(name="bare", url=ground.address_of(bare)),
                Target(name="homarus", url=house.url, prefix="up/", key=house.key()),
            )
            pids = {"bare": bare.pid, "homarus": house.pid}
            yield from asyncio.run(_plain(targets, rounds))
            yield from asyncio.run(_streams(targets))
            yield asyncio.run(_cost(targets[1:], pids, 1 if is_quick else 3))


# --- plain requests -----------------------------------------------------------------------------------------------


async def _plain(targets: Sequence[Target], rounds: int) -> list[Figure]:
    bursts = {clients: await _alternate(targets, clients, rounds) for clients in (1, 16, 64)}
    one = {name: median(median(burst.times_ms) for burst in found) for name, found in bursts[1].items()}
    figures = [
        Figure(
            name="/v1 adds to the model server, p50",
            value=one["homarus"] - one["model"],
            unit="ms",
            goal=0.5,
            baseline=one["bare"] - one["model"],
            baseline_name="bare proxy",
        )
    ]
    for clients, found in bursts.items():
        rates = {name: median(burst.per_s for burst in of_name) for name, of_name in found.items()}
        # Round by round: what the machine did in one of them, it did to both.
        pairs = zip(found["homarus"], found["bare"], strict=True)
        figures += _rates(clients, rates, median(ours.per_s / bare.per_s for ours, bare in pairs))
    return figures


async def _alternate(targets: Sequence[Target], clients: int, rounds: int) -> Mapping[str, list[Burst]]:
    """Let every target have its turn, round after round."""
    each = max(4, 1_000 // clients)
    found: dict[str, list[Burst]] = {target.name: [] for target in targets}
    async with AsyncExitStack() as opened:
        all_clients = {
            target.name: await opened.enter_async_context(Clients(target.url, clients)) for target in targets
        }
        for number in range(rounds + 1):
            for target in targets:
                count = each if number else max(2, each // 10)
                burst = await all_clients[target.name].burst([[target.request("quirk")] * count] * clients)
                if number:
                    found[target.name].append(burst)
    return found


def _rates(clients: int, rates: Mapping[str, float], ratio: float) -> Iterable[Figure]:
    plural = "" if clients == 1 else "s"
    yield Figure(
        name=f"/v1 requests, {clients} client{plural}",
        value=rates["homarus"],
        unit="req/s",
        goal=4_000 if clients == 16 else None,
        better="higher",
        baseline=rates["bare"],
        baseline_name="bare proxy",
    )
    yield Figure(
        name=f"/v1 against a bare proxy, {clients} client{plural}",
        value=ratio,
        unit="x",
        goal=0.8,
        better="higher",
    )


# --- streams ------------------------------------------------------------------------------------------------------


async def _streams(targets: Sequence[Target]) -> list[Figure]:
    first: dict[str, list[float]] = {target.name: [] for target in targets}
    async with AsyncExitStack() as opened:
        lines = {target.name: await opened.enter_async_context(Clients(target.url, 1)) for target in targets}
        for number in range(_STREAMS + 5):
            for target in targets:
                burst = await lines[target.name].burst([[target.request("quirk", is_stream=True)]])
                if number >= 5:
                    first[target.name] += burst.first_ms
    times = {name: median(found) for name, found in first.items()}
    return [
        Figure(
            name="/v1 stream, first token later by",
            value=times["homarus"] - times["model"],
            unit="ms",
            goal=0.5,
            baseline=times["bare"] - times["model"],
            baseline_name="bare proxy",
        )
    ]


async def _cost(targets: Sequence[Target], pids: Mapping[str, int], rounds: int) -> Figure:
    """Return the CPU time that a word of a stream costs when it comes in a packet of its own."""
    spent: dict[str, list[float]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for target in targets:
            async with Clients(target.url, _PACED_AT_ONCE) as clients:
                before = ground.cpu_s(pids[target.name])
                await clients.burst([[target.request("paced", is_stream=True)]] * _PACED_AT_ONCE)
                used_s = ground.cpu_s(pids[target.name]) - before
            spent[target.name].append(used_s * 1e6 / (_PACED_AT_ONCE * ground.PACED_WORDS))
    return Figure(
        name="/v1 stream, CPU a token",
        value=median(spent["homarus"]),
        unit="us",
        baseline=median(spent["bare"]),
        baseline_name="bare proxy",
    )


if __name__ == "__main__":
    sys.exit(main(measure))
