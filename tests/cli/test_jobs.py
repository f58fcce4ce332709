"""Jobs as a person plans, watches and removes them, in a terminal with a real gateway."""

import json
from collections.abc import Iterator
from typing import cast

import pytest

from cli.terminal import Server, Terminal
from homarus.domain.content import JsonObject


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    server = Server("--say", "All quiet today.")
    made = Terminal(tmp_path_factory.mktemp("jobs") / "h")
    made.configure(server.settings())
    yield made
    made.close()
    server.close()


def test_a_job_is_planned_in_words_and_says_when_it_comes(desk: Terminal) -> None:
    said = desk.run("jobs", "add", "every weekday 07:30", "--say", "What is new?", "--name", "news")
    assert said.code == 0, said
    assert "weekdays at 07:30 (Europe/Berlin)" in said.out
    assert said.out.count("07:30 +0") == 3
    assert "news" in desk.run("jobs").out


def test_a_run_is_followed_to_its_end_and_shown_with_its_model(desk: Terminal) -> None:
    desk.run("jobs", "add", "", "--say", "Look around", "--name", "look")
    said = desk.run("jobs", "run", "look")
    assert said.code == 0, said
    assert "All quiet today." in said.out
    assert "desk/tester" in said.out
    assert "done" in desk.run("jobs", "runs", "look").out


def test_a_job_can_be_paused_changed_and_removed(desk: Terminal) -> None:
    desk.run("jobs", "add", "daily at 6", "--say", "x", "--name", "six")
    assert desk.run("jobs", "pause", "six").code == 0
    assert cast("JsonObject", desk.run("jobs", "show", "six", "--json").json["job"])["is_enabled"] is False
    assert "+0" in desk.run("jobs", "resume", "six").out
    assert "America/Vancouver" in desk.run("jobs", "edit", "six", "--zone", "America/Vancouver").out
    assert desk.run("jobs", "remove", "six").code == 0
    assert desk.run("jobs", "show", "six").code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("every blue moon", "--say", "x"), 2),
        (("every day at 9", "no-such-playbook"), 1),
        (("every day at 9",), 2),
        ((), 2),
        (("every day at 9", "--say", "x", "--window", "noon"), 2),
        (("every day at 9", "--say", "x", "--deadline", "soon"), 2),
        (("every day at 9 in Europe/Berln", "--say", "x"), 2),
    ],
)
def test_what_is_not_clear_is_asked_back_and_nothing_is_planned(
    desk: Terminal, words: tuple[str, ...], code: int
) -> None:
    before = desk.run("jobs", "--json").json
    said = desk.run("jobs", "add", *words)
    assert (said.code, "Next:" in said.err) == (code, True)
    assert desk.run("jobs", "--json").json == before


def test_a_wrong_name_is_answered_with_a_near_one(desk: Terminal) -> None:
    desk.run("jobs", "add", "daily at 6", "--say", "x", "--name", "garden")
    assert "garden" in desk.run("jobs", "show", "gardn").err


def test_jobs_of_openclaw_are_taken_over_and_what_is_not_followed_is_named(desk: Terminal) -> None:
    cron = {"kind": "cron", "expr": "30 7 * * 1-5", "tz": "America/Vancouver"}
    turn = {"kind": "agentTurn", "message": "hi", "thinking": "high"}
    script = {"jobId": "2", "name": "night", "schedule": cron, "payload": {"kind": "script"}}
    file = desk.home / "jobs.json"
    file.write_text(json.dumps({"jobs": [{"jobId": "1", "name": "theirs", "schedule": cron, "payload": turn}, script]}))
    dry = desk.run("jobs", "import", str(file), "--dry-run")
    assert "Nothing was written" in dry.out
    assert "theirs" not in desk.run("jobs").out
    said = desk.run("jobs", "add", "--file", str(file))
    assert said.code == 1
    assert "payload.thinking" in said.out
    assert "night" in said.err
    assert "America/Vancouver" in desk.run("jobs").out


def test_every_limit_can_be_given_to_a_job(desk: Terminal) -> None:
    given = ("--budget-tokens", "9000", "--budget-minutes", "2", "--budget-usd", "0.5", "--budget-joules", "700")
    desk.run("jobs", "add", "daily at 6", "--say", "x", "--name", "thrifty", *given)
    job = cast("JsonObject", desk.run("jobs", "show", "thrifty", "--json").json["job"])
    assert job["budget"] == {"tokens": 9000, "seconds": 120.0, "cost_usd": 0.5, "joules": 700.0}


def test_a_run_can_be_done_again_and_compared(desk: Terminal) -> None:
    desk.run("jobs", "add", "", "--say", "Once more", "--name", "again")
    run = cast("JsonObject", desk.run("jobs", "run", "again", "--json").json["run"])
    assert desk.run("jobs", "replay", str(run["run_id"])).code == 0
    assert "Both runs say the same" in desk.run("jobs", "replay", str(run["run_id"]), "--dry").out


def test_a_gateway_that_was_killed_has_its_jobs_and_tells_nothing_twice(desk: Terminal) -> None:
    desk.run("jobs", "add", "daily at 6", "--say", "Still there?", "--name", "kept")
    run = cast("JsonObject", desk.run("jobs", "run", "kept", "--json").json["run"])
    desk.kill()
    assert "kept" in desk.run("jobs").out
    found = desk.run("events", "--turn", f"{run['run_id']}:told", "--json").out
    assert found.count("reply.written") == 1
