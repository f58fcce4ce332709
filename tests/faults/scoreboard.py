"""The scoreboard beside the tests: scenarios are played in a thread of their own, several at once, each test waits."""

import asyncio
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.quirks import agent as agents
from benchmarks.quirks.board import Result, board
from benchmarks.quirks.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """Scenarios under way."""

    results: dict[str, "Future[Result]"] = field(default_factory=dict[str, "Future[Result]"])

    def result(self, name: str) -> Result:
        """Wait for a scenario."""
        return self.results[name].result(110)

    def note(self, result: Result) -> None:
        self.results[result.name].set_result(result)


@contextmanager
def playing(scenarios: Sequence[Scenario], agent: Path = agents.OURS) -> Generator[Playing]:
    """Play scenarios as a person would with an agent's command line."""
    under_way = Playing(results={scenario.name: Future() for scenario in scenarios})

    def play() -> None:
        try:
            asyncio.run(board(scenarios, agents.read(agent), note=under_way.note))
        except BaseException as error:
            for waiting in under_way.results.values():
                if not waiting.done():
                    waiting.set_exception(error)
            raise

    thread = threading.Thread(target=play)
    thread.start()
    try:
        yield under_way
    finally:
        thread.join()
