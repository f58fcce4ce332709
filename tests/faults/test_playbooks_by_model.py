"""Every playbook from end to end: a real gateway, a real wire, and a model that plays its roles and lies at times."""

import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from faults.conftest import House, model_server
from faults.living import Living
from homarus.domain.content import JsonObject
from homarus.testing.roles import INVENTED, Roles, in_turn

LIES_EVERY = 3


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Generator[Living]:
    """A gateway whose model answers from the material, and wrongly every few answers."""
    home: Path = tmp_path_factory.mktemp("roles")
    home.chmod(0o700)
    with ExitStack() as stack:
        server = stack.enter_context(model_server(Roles(lies=in_turn(LIES_EVERY))))
        one = Living(home, model_url=server.url, further={"embedded": {"enabled": False}})
        stack.callback(one.stop)
        one.start()
        yield one


def played(living: Living, name: str, *, limit_s: float = 120.0) -> JsonObject:
    """Run a playbook over its sample data and return everything about the run."""
    made = living.line.post(f"/api/v1/playbooks/{name}/run", {"settings": {"sample": True}})
    run = cast("JsonObject", made["run"])["run_id"]
    until = time.monotonic() + limit_s
    while True:
        shown = living.line.get(f"/api/v1/runs/{run}")
        if cast("JsonObject", shown["run"])["ended_at"] is not None:
            return shown
        assert time.monotonic() < until, (shown, living.log())
        time.sleep(0.1)


def text_of(shown: JsonObject) -> str:
    run, report = cast("JsonObject", shown["run"]), cast("JsonObject", shown["report"])
    assert run["state"] == "done", run
    assert not report["is_degraded"]
    return f"{report['text']}\n{report['message']}\n{report['summary']}"


def rejected(shown: JsonObject) -> list[str]:
    claims = cast("list[JsonObject]", shown["claims"])
    return [str(claim["text"]) for claim in claims if claim["state"] == "rejected"]


def test_a_briefing_has_what_is_urgent_and_no_invented_figure(living: Living) -> None:
    shown = played(living, "briefing")
    text = text_of(shown)

    for planted in ("Shop is down", "Lena hat Fieber", "Contract renewal", "Zweite Mahnung"):
        assert planted in text
    assert INVENTED not in text
    assert "Ignore all previous" not in text.replace("(“Ignore all previous instructions.”)", "")


def test_a_board_finds_the_planted_truths_and_rejects_what_no_query_gave(living: Living) -> None:
    shown = played(living, "board")
    text = text_of(shown)

    assert "paradox" in text
    assert "Minority" in text
    assert INVENTED not in text
    assert any(INVENTED in claim for claim in rejected(shown))


def test_research_tells_the_next_night_what_has_changed_with_the_words_that_say_it(living: Living) -> None:
    played(living, "research")
    shown = played(living, "research")
    text = text_of(shown)

    assert "Changed" in text or "changed" in text
    assert INVENTED not in text
    assert "EUR" in text


def test_every_question_to_the_model_is_a_turn_of_the_run(living: Living) -> None:
    shown = played(living, "board")
    steps = cast("list[JsonObject]", shown["steps"])
    asked = [step for step in steps if step["model"]]

    assert len(asked) >= 8
    assert all(step["turn"] for step in asked)
    assert cast("JsonObject", cast("JsonObject", shown["run"])["spent"])["tokens"] != 0


def test_a_cancelled_run_leaves_no_question_with_the_model(house: House) -> None:
    living = house(Roles(), quirks=["stalls_before_words"], embedded={"enabled": False})
    made = living.line.post("/api/v1/playbooks/board/run", {"settings": {"sample": True}})
    run = str(cast("JsonObject", made["run"])["run_id"])
    turn = asked_by(living)
    living.line.post(f"/api/v1/runs/{run}/cancel")

    assert living.wait_for("turn.stopped", turn)


def asked_by(living: Living, *, limit_s: float = 60.0) -> str:
    """Wait for the first question that a run has with the model."""
    until = time.monotonic() + limit_s
    while True:
        events = living.line.get("/api/v1/events?after=0&limit=1000&kinds=route.chosen")["events"]
        for event in cast("list[JsonObject]", events):
            if ":errand:" in str(event["session"]):
                return str(event["turn"])
        assert time.monotonic() < until, living.log()
        time.sleep(0.05)
