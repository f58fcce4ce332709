"""The scoreboard sees failure: a naive agent of thirty lines, and judges that are made to see bad ends."""

from collections.abc import Generator
from pathlib import Path

import pytest
from benchmarks.quirks import agent as agents
from benchmarks.quirks.__main__ import summary
from benchmarks.quirks.board import Result, Verdict, verdict_of
from benchmarks.quirks.pains import PAINS, SCENARIOS
from benchmarks.quirks.scenario import Saw, Scenario, Seen, Server
from benchmarks.quirks.stage import misses

from faults.scoreboard import Playing, playing
from homarus.domain.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
NAMED = {scenario.name: scenario for scenario in SCENARIOS}
ENDS = {
    "control": Verdict.PASS,
    "control-tool": Verdict.PASS,
    "call-as-json": Verdict.FAIL,
    "call-as-harmony": Verdict.FAIL,
    "think-tags": Verdict.FAIL,
    "no-reply": Verdict.FAIL,
    "closed-port": Verdict.FAIL,
    "half-a-sentence": Verdict.FAIL,
    "claims-always": Verdict.FAIL,
    "unloaded-between-turns": Verdict.SKIPPED,
    "chosen-by-name": Verdict.SKIPPED,
}
NAIVE = """
name = "naive"
workspace = "{{ home }}"
[[files]]
path = "naive.json"
text = '{"url": "{{ first.base_url }}", "model": "{{ first.model }}", "key": "{{ first.key }}"}'
[commands]
ask = ["{{ python }}", "{{ root }}/tests/data/naive_agent.py", "{{ home }}", "{{ session }}", "{{ text }}"]
[tools]
"files.write" = { name = "write", arguments = { path = "file" } }
"""


@pytest.fixture(scope="module")
def naive(tmp_path_factory: pytest.TempPathFactory) -> Generator[Playing]:
    file = tmp_path_factory.mktemp("agent") / "naive.toml"
    file.write_text(NAIVE)
    with playing([NAMED[name] for name in ENDS], file) as under_way:
        yield under_way


@pytest.mark.parametrize("name", ENDS)
def test_a_naive_agent_ends_as_it_should(naive: Playing, name: str) -> None:
    result = naive.result(name)

    assert result.verdict is ENDS[name], (result.because, result.saw)


def saw(said: str, *, shown: str = "", code: int = 0, is_out_of_time: bool = False) -> Saw:
    return Saw(said=said, shown=shown or said, code=code, seconds=1, is_out_of_time=is_out_of_time)


def judged(name: str, *turns: Saw) -> Result:
    asked = Server(paths=("/v1/chat/completions",))
    return verdict_of(NAMED[name], Seen(turns=turns, first=asked, second=asked, workspace=Path("/nowhere")))


def test_the_right_outcome_without_an_explanation_is_a_part() -> None:
    told = "second/spare answers in place of first/tester: it cannot be reached."

    assert judged("closed-port", saw("The spare model says four.")).verdict is Verdict.PART
    assert judged("closed-port", saw("The spare model says four.", shown=f"Four. {told}")).verdict is Verdict.PASS
    assert judged("closed-port", saw("", shown=told, code=1)).verdict is Verdict.PART
    assert judged("closed-port", saw("", shown="Oops.", code=1)).verdict is Verdict.FAIL


def test_being_told_on_the_way_to_nowhere_is_a_failure() -> None:
    told = "second/spare answers in place of first/tester: it cannot be reached."

    assert judged("closed-port", saw("", shown=told, is_out_of_time=True)).verdict is Verdict.FAIL


@pytest.mark.parametrize("leak", ["<think>hm</think> four", '{"name": "x", "arguments": {}}', "<|channel|>final"])
def test_nothing_that_leaks_can_pass(leak: str) -> None:
    result = judged("control", saw(f"Two and two are four. {leak}"))

    assert result.verdict is not Verdict.PASS
    assert "tool call" in result.because


def test_a_summary_counts_what_was_played() -> None:
    results = [judged("control", saw("Two and two are four.")), judged("control", saw("Five.")), _skipped()]

    said = summary(results, agents.read(agents.OURS))

    assert said.startswith("homarus: 1 of 2 end well for the person, 1 fail, 1 n/a\ncontrol did not end well")


def test_an_agent_that_does_not_start_cannot_fail_honestly() -> None:
    nobody = Server()
    turn = saw("", shown="It thought about it: the window is too small. out of memory", code=1)
    seen = Seen(turns=(turn,), first=nobody, second=nobody, workspace=Path("/nowhere"))

    assert verdict_of(NAMED["out-of-memory-alone"], seen).verdict is not Verdict.PASS


def _skipped() -> Result:
    return Result(name="x", pain="C1", thread="", verdict=Verdict.SKIPPED, because="", saw="", seconds=0)


def test_every_scenario_stands_on_the_page() -> None:
    page = (ROOT / "docs" / "reference" / "misbehaving-servers.md").read_text(encoding="utf-8")

    assert [name for name in NAMED if f"| `{name}` |" not in page] == []


def test_every_scenario_has_a_name_of_its_own_and_a_thread() -> None:
    assert len(NAMED) == len(SCENARIOS) >= 50
    assert {scenario.pain for scenario in SCENARIOS} == set(PAINS)
    assert [one.name for one in SCENARIOS if one.pain != "-" and "#" not in one.thread] == []
    assert [one.name for one in SCENARIOS if not one.right] == []


@pytest.mark.parametrize(
    "file", sorted((ROOT / "examples" / "quirk-agents").glob("*.toml")), ids=lambda file: file.stem
)
def test_every_agent_that_is_described_can_be_put_into_most_scenarios(file: Path) -> None:
    agent = agents.read(file)
    playable: list[Scenario] = [scenario for scenario in SCENARIOS if not misses(scenario, agent)]

    assert len(playable) >= 50
    assert agent.about


def test_a_file_that_describes_no_agent_says_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("name = 'x'")

    with pytest.raises(UsageError) as caught:
        agents.read(file)

    assert "[commands]" in caught.value.hint
