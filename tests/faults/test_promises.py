"""The six promises of a turn, held against a real gateway process that is killed in every state it can be in."""

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import pytest

from faults.conftest import House
from faults.living import Living
from homarus.domain.content import JsonObject
from homarus.testing.quirks import Turn, call, say
from homarus.testing.quirks.turns import Asked

RUN = {"tools": {"exec": {"mode": "ask", "timeoutSeconds": 30}}}


def decide(living: Living, decision: str) -> None:
    (approval,) = cast("list[JsonObject]", living.line.get("/api/v1/approvals")["approvals"])
    body = {"decision": decision, "fingerprint": approval["fingerprint"]}
    living.line.post(f"/api/v1/approvals/{approval['approval_id']}", body)


def reminders(living: Living) -> list[str]:
    events = cast("list[JsonObject]", living.line.get("/api/v1/events?after=0&limit=1000&kinds=reminder.set")["events"])
    bodies = [cast("dict[str, JsonObject]", event["body"]) for event in events]
    return [str(body["reminder"]["text"]) for body in bodies]


def test_what_was_acknowledged_is_answered_after_a_kill_at_once(house: House) -> None:
    living = house([say("Good morning.")])
    turn = living.send("hello")
    living.restart()

    assert living.reply(turn)["text"] == "Good morning."


def test_a_kill_while_the_model_speaks_ends_in_one_whole_answer(house: House) -> None:
    living = house([say("one two three four five six seven eight")], quirks=["slow_words"])
    turn = living.send("count")
    living.wait_for("route.chosen", turn)
    time.sleep(0.1)
    living.restart()

    assert living.reply(turn)["text"] == "one two three four five six seven eight"
    assert living.kinds(turn).count("reply.written") == 1


def test_a_parked_turn_survives_a_kill_and_goes_on_with_the_answer(house: House) -> None:
    living = house([call("shell.run", {"command": "echo hi > made.txt"}), say("Done.")], **RUN)
    turn = living.send("make a file")
    living.wait_for("approval.asked", turn)
    living.restart()

    living.wait_until_state("parked", turn)
    decide(living, "once")

    assert living.reply(turn)["text"] == "Done."
    assert (living.home / "workspace" / "made.txt").read_text() == "hi\n"


def test_an_answer_that_was_given_before_the_kill_holds_after_it(house: House) -> None:
    living = house([call("shell.run", {"command": "echo hi >> made.txt"}), say("Done.")], **RUN)
    turn = living.send("make a file")
    living.wait_for("approval.asked", turn)
    decide(living, "once")
    living.restart()

    living.reply(turn)

    made = living.home / "workspace" / "made.txt"
    assert not made.exists() or made.read_text() == "hi\n"


def test_an_effect_cut_off_in_flight_is_shown_as_unknown_and_not_repeated(house: House) -> None:
    living = house([call("shell.run", {"command": "echo hi >> made.txt; sleep 20"}), say("Done.")], **RUN)
    turn = living.send("make a file")
    living.wait_for("approval.asked", turn)
    decide(living, "once")
    made = living.home / "workspace" / "made.txt"
    until = time.monotonic() + 20
    while not made.exists() and time.monotonic() < until:
        time.sleep(0.02)
    living.restart()

    reply = living.reply(turn)

    (receipt,) = cast("list[JsonObject]", reply["receipts"])
    assert receipt["outcome"] == "unknown"
    assert made.read_text() == "hi\n"


def test_a_refused_call_never_runs(house: House) -> None:
    living = house([call("shell.run", {"command": "echo hi > made.txt"}), say("As you wish.")], **RUN)
    turn = living.send("make a file")
    living.wait_for("approval.asked", turn)
    decide(living, "deny")

    assert living.reply(turn)["text"] == "As you wish."
    assert not (living.home / "workspace" / "made.txt").exists()


def _echo(asked: Asked) -> Turn:
    return say(f"You said {asked.last_user.split()[0]}.")


def test_an_effect_that_a_stop_cut_off_is_shown_as_unknown(house: House) -> None:
    living = house([call("shell.run", {"command": "echo hi >> made.txt; sleep 20"}), say("Done.")], **RUN)
    turn = living.send("make a file")
    living.wait_until_state("parked", turn)
    decide(living, "once")
    made = living.home / "workspace" / "made.txt"
    until = time.monotonic() + 20
    while not made.exists() and time.monotonic() < until:
        time.sleep(0.02)
    living.line.post(f"/api/v1/turns/{turn}/stop")

    reply = living.reply(turn)

    (receipt,) = cast("list[JsonObject]", reply["receipts"])
    assert (receipt["tool"], receipt["outcome"]) == ("shell.run", "unknown")
    assert cast("JsonObject", reply["route"])["model"] == {"provider": "quirk", "model_id": "tester"}


def test_a_stopped_answer_keeps_what_was_said_and_names_its_route(house: House) -> None:
    living = house([say("one two three four five six seven eight nine ten")], quirks=["slow_words"])
    turn = living.send("count")
    for frame in living.line.stream("GET", f"/api/v1/turns/{turn}/events"):
        if frame.name == "said":
            break
    living.line.post(f"/api/v1/turns/{turn}/stop")

    reply = living.reply(turn)

    assert str(reply["text"]).startswith("one")
    assert cast("JsonObject", reply["route"])["model"] == {"provider": "quirk", "model_id": "tester"}


def test_messages_of_a_session_are_answered_in_order_across_a_kill(house: House) -> None:
    living = house(_echo, quirks=["slow_first_token"])
    turns = [living.send(word) for word in ("one", "two", "three")]
    living.restart()

    assert [living.reply(turn)["text"] for turn in turns] == ["You said one.", "You said two.", "You said three."]


def test_a_stop_that_was_acknowledged_holds_after_a_kill(house: House) -> None:
    living = house([say("never")], quirks=["stalls_before_words"])
    turn = living.send("hello")
    living.wait_for("route.chosen", turn)
    living.line.post(f"/api/v1/turns/{turn}/stop")
    living.restart()

    assert "topped" in str(living.reply(turn)["text"])


def _reminding(asked: Asked) -> Turn:
    if asked.tool_result:
        return say("Noted.")
    word = asked.last_user.split()[0]
    return call("remind.set", {"text": word, "when": "tomorrow 9:00"})


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_random_kills_lose_nothing_and_double_nothing(house: House) -> None:
    living = house(_reminding)
    chance = random.Random(20)
    words = [f"item{number}" for number in range(40)]
    sent: dict[str, str] = {}
    for place, word in enumerate(words):
        turn = living.send(f"{word} please", external_id=word, session=f"s{place % 4}")
        sent[word] = turn
        if place % 2:
            time.sleep(chance.uniform(0.0, 0.12))
            living.restart()

    replies = {word: living.reply(turn) for word, turn in sent.items()}

    assert {word: reply["text"] for word, reply in replies.items()} == dict.fromkeys(words, "Noted.")
    assert sorted(reminders(living)) == sorted(words)


def test_the_same_message_sent_again_after_a_kill_is_the_same_turn(house: House) -> None:
    living = house([say("Good morning.")])
    first = living.send("hello", external_id="mine-1")
    living.restart()

    assert living.send("hello", external_id="mine-1") == first


def test_a_reply_names_its_route(house: House) -> None:
    living = house([say("Good morning.")])

    route = cast("JsonObject", living.reply(living.send("hello"))["route"])

    assert route["model"] == {"provider": "quirk", "model_id": "tester"}
    assert route["because"]


@pytest.mark.parametrize(
    "quirk",
    ["empty_answer", "only_reasoning", "error_500", "dies_midway", "half_a_sentence", "unauthorized", "model_missing",
     "payment_required", "out_of_memory", "bad_request", "dies_at_once", "wrong_path", "bad_gateway"],
)  # fmt: skip
def test_no_answer_is_silent(house: House, quirk: str) -> None:
    living = house([say("Good morning.")], quirks=[quirk])

    reply = living.reply(living.send("hello"), limit_s=60)

    assert str(reply["text"]).strip()
    assert not reply["is_error"] or reply["hint"]
    assert reply["route"]


def test_a_watcher_that_comes_back_sees_the_rest_of_a_stream(house: House) -> None:
    living = house([say("one two three four five six")], quirks=["slow_words"])
    turn = living.send("count")
    for frame in living.line.stream("GET", f"/api/v1/turns/{turn}/events"):
        if frame.name == "said":
            break

    frames = living.moments(turn)

    said = "".join(str(frame.data["text"]) for frame in frames if frame.name == "said")
    assert said == "one two three four five six"
    assert frames[-1].name == "ended"


def test_two_gateways_cannot_own_one_folder(house: House) -> None:
    living = house([say("hello")])

    command = [sys.executable, "-m", "homarus.gateway", "--home", str(living.home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert "in use by process" in done.stderr


def test_a_reminder_survives_a_kill_and_rings_late(house: House) -> None:
    living = house([call("remind.set", {"text": "call Lena", "when": "in 2 seconds"}), say("Noted.")])
    living.reply(living.send("Remind me to call Lena in 2 seconds"))
    living.kill()
    time.sleep(2.5)
    living.start()
    until = time.monotonic() + 10
    while not (notices := living.line.post("/api/v1/notices/take", {"face": "cli"})["notices"]):
        assert time.monotonic() < until
        time.sleep(0.05)

    assert [notice["text"] for notice in cast("list[JsonObject]", notices)] == ["call Lena"]
    assert living.line.post("/api/v1/notices/take", {"face": "cli"})["notices"] == []


def test_what_stands_in_the_state_folder_is_never_imported(home: Path) -> None:
    living = Living(home, model_url="http://127.0.0.1:9")
    (home / "uvloop.py").write_text(f"open({str(home / 'ran')!r}, 'w')")
    command = [sys.executable, "-m", "homarus.cli.main", "up", "--background", "--no-browser", "--json"]

    subprocess.run([*command, "--home", str(home)], check=True, capture_output=True, timeout=60, cwd="/")
    living.line.post("/api/v1/stop")

    assert not (home / "ran").exists()
