"""What a streamed token costs on its way through a turn: parsed, shown, written down. `python -m benchmarks.streaming`.

The model says 500 words, each in a packet of its own. Counted is the gateway's CPU time over whole turns; the baseline
is a proxy that hands the same packets on without looking at them.
"""

import asyncio
import sys
from collections.abc import Iterable

from benchmarks import ground
from benchmarks.figures import Figure, main, median
from benchmarks.load import Clients
from benchmarks.passthrough import Target as Proxied
from benchmarks.turns import Target as Talking

_AT_ONCE = 4


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures."""
    rounds = 1 if is_quick else 4
    with ground.folder() as place, ground.server("benchmarks.floor", "model") as model:
        ground.write_config(place / "home", model, models=("paced",))
        with (
            ground.process(ground.floor_command("proxy", model), is_heard=True) as bare,
            ground.gateway(place / "home") as house,
        ):
            talking = Talking(url=house.url, headers={"Authorization": f"Bearer {house.key('chat', 'owner')}"})
            proxied = Proxied(name="bare", url=ground.address_of(bare))
            ours, its = list[float](), list[float]()
            for number in range(rounds + 1):
                requests = talking.requests(_AT_ONCE, 1)
                ours_us = asyncio.run(_cost(talking.url, requests, house.pid))
                request = proxied.request("paced", is_stream=True)
                bare_us = asyncio.run(_cost(proxied.url, [[request]] * _AT_ONCE, bare.pid))
                if number:
                    ours.append(ours_us)
                    its.append(bare_us)
    yield Figure(
        name="streamed turn, CPU a token",
        value=median(ours),
        unit="us",
        baseline=median(its),
        baseline_name="bare proxy",
        note=f"{ground.PACED_WORDS} tokens, {_AT_ONCE} at once",
    )


async def _cost(url: str, requests: list[list[bytes]], pid: int) -> float:
    """Return the CPU time of a process per word, us."""
    async with Clients(url, len(requests)) as clients:
        before = ground.cpu_s(pid)
        answers = await clients.answers(requests)
        used_s = ground.cpu_s(pid) - before
    for answer in answers:
        assert answer.content.count(b"word") >= ground.PACED_WORDS, answer.content[-600:]
    return used_s * 1e6 / (len(requests) * ground.PACED_WORDS)


if __name__ == "__main__":
    sys.exit(main(measure))
