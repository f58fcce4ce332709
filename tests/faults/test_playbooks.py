"""Playbooks in a real gateway that dies: what was done is not done again, and what nobody knows is said."""

from collections.abc import Generator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from faults.conftest import model_server
from faults.living import Living
from faults.plugins import approve, until
from homarus.cli.line import AnsweredError
from homarus.domain.content import JsonObject
from homarus.testing.quirks import say
from homarus.testing.scripts import on, script

POSTER = '''
"""A playbook that reads, posts twice, and says what came of it."""

import asyncio
from pathlib import Path

from pydantic import BaseModel

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.findings import Level, Report
from homarus.domain.labels import HOUSE
from homarus.domain.marks import playbook, source, tool
from homarus.domain.playbooks import House
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item

FOLDER = Path({folder!r})


class Settings(BaseModel):
    level: str = "self"


class Nothing(BaseModel):
    start: int = 0


@source("counting", settings=Nothing)
class Counting:
    def __init__(self, settings: Nothing) -> None:
        self.start = settings.start

    async def fetch(self, context, *, since):
        seen = since["n"] if since else self.start
        items = tuple(Item(key=str(n), kind="row", title=str(n)) for n in range(seen, seen + 3))
        return Fetched(items=items, watermark={{"n": seen + 3}}, label=HOUSE)

    async def probe(self, context):
        return Health(is_well=True, sentence="Counts.")


@tool("outside.post", risk=Risk.ACT, key=["to"], is_repeatable=False)
async def post(context, *, to: str, text: str) -> ToolOutput:
    """Post something."""
    with (FOLDER / "posted").open("a") as file:
        file.write(f"{{text}}\\n")
    while text == "slow" and not (FOLDER / "go").exists():
        await asyncio.sleep(0.01)
    return ToolOutput(text="Posted.", label=HOUSE, summary="Posted.", facts={{"remote_id": "1"}})


@playbook("waiter", title="Waiter")
async def wait(house: House) -> Report:
    fact = await house.fact("rows read", 7)
    prose = await house.checked("text", f"There were {{fact.value}} rows read [{{fact.fact_id}}].")
    house.keep_for_partial(Report(title="Waiter", summary="So far.", text=prose.text))

    async def endless():
        await asyncio.sleep(3600)
        return {{}}

    await house.step("endless", endless)
    return Report(title="Waiter", summary="Done.", text="Never.")


@playbook("asker", title="Asker")
async def ask(house: House) -> Report:
    house.keep_for_partial(Report(title="Asker", summary="So far.", text="What there is."))
    answer = await house.ask("well", "Well?")
    return Report(title="Asker", summary="Done.", text=str(answer))


@playbook("poster", settings=Settings, title="Poster")
async def run(house: House[Settings]) -> Report:
    got = await house.source("rows", "numbers")
    fact = await house.fact("rows read", len(got.items))
    first = got.items[0].key
    level, words = Level(house.settings.level), {{"to": "ann", "text": f"row {{first}}"}}
    one = await house.effect("one", "outside.post", words, target="Ann", level=level)
    two = await house.effect("two", "outside.post", {{"to": "ann", "text": "slow"}}, target="Ann", level=Level.SELF)
    prose = await house.checked("text", f"There were {{fact.value}} rows read [{{fact.fact_id}}].")
    return Report(title="Poster", summary=f"{{one.state.value}}, {{two.state.value}}", text=prose.text)
'''


@pytest.fixture
def living(home: Path, tmp_path: Path) -> Generator[Living]:
    approve(home, "poster.py", POSTER.format(folder=str(tmp_path)))
    with ExitStack() as stack:
        server = stack.enter_context(model_server(script(on(".", then=say("Hi.")))))
        gateway = Living(home, model_url=server.url, further={"sources": {"numbers": {"kind": "counting"}}})
        stack.callback(gateway.stop)
        gateway.start()
        yield gateway


def start(living: Living, **settings: str) -> str:
    body = {"settings": settings}
    return str(cast("JsonObject", living.line.post("/api/v1/playbooks/poster/run", body)["run"])["run_id"])


def whole(living: Living, run_id: str) -> JsonObject:
    return living.line.get(f"/api/v1/runs/{run_id}")


def ended(living: Living, run_id: str) -> JsonObject:
    def is_over() -> bool:
        return cast("JsonObject", whole(living, run_id)["run"])["ended_at"] is not None

    until(is_over, living)
    return cast("JsonObject", whole(living, run_id)["run"])


def states(living: Living, run_id: str) -> dict[str, str]:
    effects = cast("list[JsonObject]", whole(living, run_id)["effects"])
    return {str(cast("JsonObject", one["payload"])["text"]): str(one["state"]) for one in effects}


def posted(folder: Path) -> list[str]:
    file = folder / "posted"
    return file.read_text().splitlines() if file.exists() else []


def test_a_kill_in_the_middle_of_a_post_leaves_it_unknown_and_posts_nothing_twice(
    living: Living, tmp_path: Path
) -> None:
    run_id = start(living)
    until(lambda: posted(tmp_path) == ["row 0", "slow"], living)
    living.restart()
    run = ended(living, run_id)

    assert (run["state"], run["summary"]) == ("done", "sent, unknown")
    assert posted(tmp_path) == ["row 0", "slow"]
    (unknown,) = cast("list[JsonObject]", living.line.get("/api/v1/effects?state=unknown")["effects"])
    settled = living.line.post(f"/api/v1/effects/{unknown['effect_id']}/settle", {"state": "sent"})
    assert settled["state"] == "sent"

    (tmp_path / "go").touch()
    again = start(living)
    ended(living, again)
    assert posted(tmp_path)[2:] == ["row 3", "slow"]


def test_a_question_outlives_a_kill_and_its_answer_posts_once(living: Living, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    run_id = start(living, level="others")
    until(lambda: cast("JsonObject", whole(living, run_id)["run"])["state"] == "parked", living)
    living.restart()
    (approval,) = cast("list[JsonObject]", living.line.get("/api/v1/approvals")["approvals"])
    assert approval["tool"] == "outside.post"
    assert posted(tmp_path) == []

    answer = {"decision": "once", "fingerprint": approval["fingerprint"]}
    living.line.post(f"/api/v1/approvals/{approval['approval_id']}", answer)
    assert ended(living, run_id)["summary"] == "sent, sent"
    assert posted(tmp_path) == ["row 0", "slow"]


@pytest.mark.parametrize(("level", "state"), [("others", "parked"), ("self", "running")])
def test_what_a_cancelled_run_has_read_the_next_one_reads_again(
    living: Living, tmp_path: Path, level: str, state: str
) -> None:
    cancelled = start(living, level=level)
    until(lambda: bool(states(living, cancelled)), living)
    until(lambda: cast("JsonObject", whole(living, cancelled)["run"])["state"] == state, living)
    living.line.post(f"/api/v1/runs/{cancelled}/cancel", {})
    (tmp_path / "go").touch()

    def reads_again() -> bool:
        again = start(living)
        ended(living, again)
        return "row 0" in states(living, again)

    until(reads_again, living)


def test_a_report_has_its_manifest_and_the_text_that_stands_on_facts(living: Living, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    run_id = start(living)
    ended(living, run_id)
    found = whole(living, run_id)

    assert cast("JsonObject", found["report"])["text"] == "There were 3 rows read."
    names = [one["name"] for one in cast("list[JsonObject]", found["artifacts"])]
    assert names == ["report.md", "manifest.json"]
    manifest = living.line.get(f"/api/v1/runs/{run_id}/artifacts/manifest.json")
    assert (manifest["playbook"], manifest["settings"]) == ("poster", {"level": "self"})
    replayed = str(cast("JsonObject", living.line.post(f"/api/v1/runs/{run_id}/replay", {})["run"])["run_id"])
    ended(living, replayed)
    assert living.line.get(f"/api/v1/runs/{replayed}/artifacts/manifest.json")["seed"] == manifest["seed"]


def test_a_retry_from_a_step_knows_the_facts_and_posts_nothing_again(living: Living, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    run_id = start(living)
    ended(living, run_id)
    again = living.line.post(f"/api/v1/runs/{run_id}/retry", {"from_step": "text"})
    retried = str(cast("JsonObject", again["run"])["run_id"])

    assert ended(living, retried)["summary"] == "sent, sent"
    assert cast("JsonObject", whole(living, retried)["report"])["text"] == "There were 3 rows read."
    assert posted(tmp_path) == ["row 0", "slow"]


def test_what_there_is_goes_out_when_the_time_is_over_in_the_middle_of_a_step(living: Living) -> None:
    started = living.line.post("/api/v1/playbooks/waiter/run", {"budget": {"seconds": 0.5}})
    run = ended(living, str(cast("JsonObject", started["run"])["run_id"]))
    report = cast("JsonObject", whole(living, str(run["run_id"]))["report"])

    assert (run["state"], report["text"]) == ("partial", "There were 7 rows read.")
    assert [one["what"] for one in cast("list[JsonObject]", report["missing"])] == ["the rest of it"]


def test_what_there_is_goes_out_when_nobody_answered_until_the_deadline(living: Living) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    started = living.line.post("/api/v1/playbooks/asker/run", {"deadline": soon.isoformat()})
    run = ended(living, str(cast("JsonObject", started["run"])["run_id"]))
    report = cast("JsonObject", whole(living, str(run["run_id"]))["report"])

    assert (run["state"], report["text"]) == ("partial", "What there is.")


def test_a_setting_that_is_none_is_said_with_a_near_name(living: Living) -> None:
    with pytest.raises(AnsweredError, match="'levle' is not a setting") as refused:
        living.line.post("/api/v1/playbooks/poster/run", {"settings": {"levle": "self"}})
    assert "'level'" in refused.value.hint
