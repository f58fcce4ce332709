"""Run scenarios against an agent, judge each by what the person saw, and count."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from benchmarks.figures import ROOT
from benchmarks.quirks.agent import Agent
from benchmarks.quirks.claims import DECENT, claim
from benchmarks.quirks.scenario import Claim, Saw, Scenario, Seen
from benchmarks.quirks.stage import misses, play

AT_ONCE = 4
"""How many scenarios are played beside each other; most of their time is waiting."""
_EXCERPT = 280


class Verdict(StrEnum):
    """How a scenario ended for the person."""

    PASS = "pass"  # noqa: S105 - not a password
    PART = "part"
    """The right outcome without a word about what happened, or the reverse."""
    FAIL = "fail"
    SKIPPED = "n/a"
    """This agent cannot be put into the scenario."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a scenario."""

    name: str
    pain: str
    thread: str
    verdict: Verdict
    because: str
    """The claims that did not hold."""
    saw: str
    """What the person saw at the end."""
    seconds: float


async def board(
    scenarios: Sequence[Scenario],
    agent: Agent,
    *,
    note: Callable[[Result], None] = lambda _: None,
    at_once: int = AT_ONCE,
) -> list[Result]:
    """Return the results of scenarios in their order; each is noted when it is there."""
    slots = asyncio.Semaphore(at_once)

    async def one(scenario: Scenario) -> Result:
        async with slots:
            result = await judged(scenario, agent)
        note(result)
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(scenario)) for scenario in sorted(scenarios, key=lambda one: not one.is_slow)]
    found = {task.result().name: task.result() for task in tasks}
    return [found[scenario.name] for scenario in scenarios]


async def judged(scenario: Scenario, agent: Agent) -> Result:
    """Play a scenario and judge it."""
    if why := misses(scenario, agent):
        return _result(scenario, Verdict.SKIPPED, f"{agent.name} {why}", seen=None)
    # Beside the code: the folder for temporary files may be in memory, and the path of a Unix socket must be short.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".quirk-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        try:
            seen = await play(scenario, agent, home)
        except (OSError, RuntimeError, ValueError) as error:  # the agent's program is not there, for example
            return _result(scenario, Verdict.FAIL, f"it could not be played: {error or type(error)}", seen=None)
        result = verdict_of(scenario, seen)
        return replace(result, saw=result.saw.replace(str(home), "~"))


_ASKED: dict[bool, tuple[Claim, ...]] = {
    True: (claim("a model server is asked at all", lambda seen: bool(seen.first.paths or seen.second.paths)),),
    False: (),
}
"""By whether the first server is there: an agent that does not start fails in many honest ways, none of which count."""


def verdict_of(scenario: Scenario, seen: Seen) -> Result:
    """Judge what was seen."""
    wrong = _broken((*scenario.right, *DECENT, *_ASKED[scenario.first.is_there]), seen)
    untold = _broken(scenario.told, seen)
    if not wrong and not untold:
        return _result(scenario, Verdict.PASS, "", seen=seen)
    is_part = (not wrong) or (bool(scenario.told) and not untold and not _is_lost(seen))
    return _result(scenario, Verdict.PART if is_part else Verdict.FAIL, "; ".join((*wrong, *untold)), seen=seen)


def _broken(claims: Sequence[Claim], seen: Seen) -> list[str]:
    return [f"not so: {claim.sentence}" for claim in claims if not claim.holds(seen)]


def _is_lost(seen: Seen) -> bool:
    """Whether a turn never ended: being told something on the way is no comfort then."""
    return any(turn.is_out_of_time for turn in seen.turns)


def _result(scenario: Scenario, verdict: Verdict, because: str, *, seen: Seen | None) -> Result:
    return Result(
        name=scenario.name,
        pain=scenario.pain,
        thread=scenario.thread,
        verdict=verdict,
        because=because,
        saw=_excerpt(seen.turns[-1]) if seen is not None and seen.turns else "",
        seconds=round(sum(turn.seconds for turn in seen.turns), 1) if seen is not None else 0.0,
    )


def _excerpt(saw: Saw) -> str:
    """Return what was shown as one line, the end of it when it is long."""
    text = " ".join(saw.shown.split()) or "(nothing)"
    text = text if len(text) <= _EXCERPT else f"{text[: _EXCERPT // 2]} ... {text[-_EXCERPT // 2 :]}"
    return f"{text} [still going]" if saw.is_out_of_time else f"{text} [exit {saw.code}]" if saw.code else text
