import json
from datetime import UTC, datetime
from typing import cast

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.jobs import Clockwork, DeliveryMode, Job, WorkKind
from homarus.gateway.jobs.openclaw import Imported, Refused, read_file, read_job

NOW = datetime(2026, 11, 20, 9, 33, tzinfo=UTC)
BERLIN = "Europe/Berlin"
TURN: JsonObject = {"kind": "agentTurn", "message": "Sum up my mail"}
CRON: JsonObject = {"kind": "cron", "expr": "30 7 * * 1-5", "tz": "America/Vancouver"}


def taken(**fields: object) -> Job:
    raw = {"jobId": "j1", "name": "Mail", "schedule": CRON, "payload": TURN, **fields}
    return read_job(cast("JsonObject", raw), now=NOW, zone=BERLIN).job


def test_a_cron_job_keeps_its_zone_its_words_and_its_model() -> None:
    payload = {**TURN, "model": "ollama/qwen3:8b", "fallbacks": [], "toolsAllow": ["web_fetch"], "timeoutSeconds": 90}
    job = taken(payload=payload)
    assert job.schedule is not None
    assert (job.schedule.cron, job.schedule.zone, job.name) == ("30 7 * * 1-5", "America/Vancouver", "Mail")
    assert (job.work.model, job.work.fallbacks, job.work.tools) == ("ollama/qwen3:8b", (), ("web.fetch",))
    assert job.budget.seconds == 90


def test_a_time_without_a_zone_is_utc_and_cron_text_without_one_is_the_machines() -> None:
    once = taken(schedule={"kind": "at", "at": "2026-12-01T09:00:00"})
    assert once.schedule is not None
    assert once.schedule.at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert once.deletes_itself
    again = taken(schedule={"kind": "cron", "expr": "30 7 * * *"})
    assert again.schedule is not None
    assert again.schedule.zone == BERLIN


def test_what_begins_on_the_hour_is_spread_over_five_minutes_unless_the_job_says_otherwise() -> None:
    on_the_hour, exact, half_past = (
        taken(schedule=schedule).schedule
        for schedule in (
            {"kind": "cron", "expr": "0 7 * * *"},
            {"kind": "cron", "expr": "0 7 * * *", "staggerMs": 0},
            {"kind": "cron", "expr": "30 7 * * *"},
        )
    )
    assert [found.stagger_s for found in (on_the_hour, exact, half_past) if found] == [300.0, 0.0, 0.0]


def test_a_rhythm_is_counted_from_its_anchor() -> None:
    job = taken(schedule={"kind": "every", "everyMs": 3_600_000, "anchorMs": 1_764_000_000_000})
    assert job.schedule is not None
    assert (job.schedule.kind, job.schedule.every_s) == (Clockwork.EVERY, 3600.0)


@pytest.mark.parametrize(
    ("target", "session"),
    [
        ("isolated", None),
        ("main", "agent:main:main"),
        ("current", "agent:main:main"),
        ("session:ideas", "agent:main:ideas"),
    ],
)
def test_the_target_says_in_which_conversation_it_is_said(target: str, session: str | None) -> None:
    assert taken(sessionTarget=target).work.session == session


def test_a_system_event_is_a_note_that_nobody_is_told_of() -> None:
    job = taken(payload={"kind": "systemEvent", "text": "Water"}, sessionTarget="main", wakeMode="next-heartbeat")
    assert (job.work.kind, job.work.text, job.work.settings) == (WorkKind.NOTE, "Water", {"wake": "next-heartbeat"})
    assert job.delivery.mode is DeliveryMode.NONE


def test_the_delivery_is_kept() -> None:
    where = {"mode": "announce", "channel": "telegram", "to": "123", "bestEffort": False}
    delivery = taken(delivery=where).delivery
    assert (delivery.channel, delivery.to, delivery.is_best_effort) == ("telegram", "123", False)


def test_what_is_not_followed_is_named() -> None:
    raw: JsonObject = {"schedule": {**CRON, "pacing": 3}, "payload": {**TURN, "thinking": "high"}, "onExit": "x"}
    said = " ".join(read_job(raw, now=NOW, zone=BERLIN).unfollowed)
    assert all(name in said for name in ("schedule.pacing", "payload.thinking", "onExit"))


def test_a_whole_file_is_read_and_one_bad_job_does_not_keep_the_others() -> None:
    good: JsonObject = {"jobId": "j1", "schedule": CRON, "payload": TURN}
    script: JsonObject = {**good, "name": "night", "payload": {"kind": "script", "command": "rm -rf /"}}
    zone: JsonObject = {**good, "schedule": {**CRON, "tz": "Europe/Berln"}}
    found = read_file(json.dumps({"version": 1, "jobs": [good, script, zone]}), now=NOW, zone=BERLIN)
    assert [type(one) for one in found] == [Imported, Refused, Refused]
    assert isinstance(found[1], Refused)
    assert "script" in found[1].because


def test_the_same_file_twice_is_the_same_jobs() -> None:
    text = json.dumps([{"schedule": CRON, "payload": TURN}])
    first, again = (read_file(text, now=NOW, zone=BERLIN)[0] for _time in range(2))
    assert isinstance(first, Imported)
    assert isinstance(again, Imported)
    assert first.job.job_id == again.job.job_id


def test_a_single_time_that_has_passed_is_taken_over_switched_off() -> None:
    assert not taken(schedule={"kind": "at", "at": "2026-01-01T09:00:00Z"}).is_enabled


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"jobs": {"a": 1}}', "null"])
def test_something_else_is_said_to_be_no_cron_file(text: str) -> None:
    with pytest.raises(UsageError):
        read_file(text, now=NOW, zone=BERLIN)


@pytest.mark.parametrize(
    "schedule",
    [
        {"kind": "every", "everyMs": 60_000, "anchorMs": 9_000_000_000_000_000_000},
        {"kind": "every", "everyMs": 9_000_000_000_000_000_000},
        {"kind": "cron", "expr": "0 7 * * *", "staggerMs": 9_000_000_000_000_000_000},
    ],
)
def test_a_time_that_no_calendar_counts_is_refused_and_breaks_no_other_job(schedule: JsonObject) -> None:
    odd: JsonObject = {"schedule": schedule, "payload": {"kind": "agentTurn", "message": "x"}}
    good: JsonObject = {**odd, "schedule": {"kind": "cron", "expr": "0 7 * * *"}}
    found = read_file(json.dumps([odd, good]), now=NOW, zone="Europe/Berlin")

    assert [type(one) for one in found] == [Refused, Imported]


def test_what_is_null_is_not_said_and_ids_may_be_numbers() -> None:
    job: JsonObject = {
        "id": 7,
        "name": None,
        "enabled": None,
        "schedule": {"kind": "cron", "expr": "0 7 * * *", "tz": None},
        "payload": {"kind": "agentTurn", "message": "x"},
        "delivery": {"mode": "announce", "channel": None},
    }

    assert isinstance(read_file(json.dumps(job), now=NOW, zone="Europe/Berlin")[0], Imported)
