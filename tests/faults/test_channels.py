"""Channels and plugins in a real gateway process: a file in, a reply out, and nobody who is not known."""

import json
import time
from pathlib import Path
from typing import cast

import pytest

from faults.conftest import House
from faults.living import Living
from faults.plugins import EXAMPLES, approve, events, findings, put, reconfigure, replies, section, until, write
from homarus.domain.content import JsonObject
from homarus.testing.quirks import Turn, call, say
from homarus.testing.quirks.turns import Asked

RUN = {"tools": {"exec": {"mode": "ask", "timeoutSeconds": 30}}}
FOLDER = (EXAMPLES / "folder_channel.py").read_text(encoding="utf-8")
SLOW = FOLDER.replace(
    "            return await asyncio.to_thread(self._write, reply.text, idempotency_key)",
    """            (self._root / "sending").touch()
            while not (self._root / "go").exists():
                await asyncio.sleep(0.02)
            return await asyncio.to_thread(self._write, reply.text, idempotency_key)""",
)
WITHOUT_KEYS = SLOW.replace(
    "        return True\n\n    async def receive", "        return False\n\n    async def receive"
)


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    return tmp_path / "mail"


def echo(asked: Asked) -> Turn:
    return say(f"You said {asked.last_user.split()[0]}.")


def turns(living: Living) -> list[str]:
    return [str(event["turn"]) for event in events(living, "inbound.accepted")]


def test_a_file_in_is_a_reply_out(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py")
    living = house(echo, **section(mail))

    for place, word in enumerate(("one", "two")):
        write(mail, word, name=f"{word}.txt")
        until(lambda place=place: len(replies(mail)) == place + 1, living)

    assert replies(mail) == ["You said one.", "You said two."]
    assert living.line.get("/api/v1/status")["channels"] == [
        {"name": "folder", "is_running": True, "is_well": True, "sentence": "It receives."}
    ]


def test_what_is_read_again_is_the_same_turn(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py", FOLDER.replace("file.replace,", "print,"))  # never put away
    living = house(echo, **section(mail))

    write(mail, "one")
    until(lambda: replies(mail), living)
    living.restart()
    time.sleep(0.5)

    assert len(turns(living)) == 1
    assert replies(mail) == ["You said one."]


def cut_off(living: Living, mail: Path) -> None:
    """Kill the gateway while a reply is being sent, and let the next one send."""
    write(mail, "one")
    until((mail / "sending").exists, living)
    living.kill()
    (mail / "go").touch()
    living.start()


def test_a_send_that_a_kill_cut_off_is_repeated_where_keys_are_honoured(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py", SLOW)
    living = house(echo, **section(mail))

    cut_off(living, mail)
    until(lambda: events(living, "reply.delivered"), living)
    living.restart()

    assert replies(mail) == ["You said one."]


def test_a_send_that_a_kill_cut_off_is_unknown_elsewhere(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py", WITHOUT_KEYS)
    living = house(echo, **section(mail))

    cut_off(living, mail)
    until(lambda: events(living, "reply.unknown"), living)

    assert replies(mail) == []
    assert events(living, "reply.delivered") == []


def test_a_reply_that_was_written_and_not_sent_is_sent_after_a_kill(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py")
    living = house(echo, quirks=["slow_first_token"], **section(mail))
    write(mail, "one")
    until(lambda: turns(living), living)
    reconfigure(living, channels={"folder": {"enabled": False}})
    living.reply(turns(living)[0])
    living.kill()
    reconfigure(living, **section(mail))
    living.start()

    until(lambda: replies(mail), living)
    assert replies(mail) == ["You said one."]


BOMB = 'from pathlib import Path\nPath(__file__).with_name("ran").touch()\n'


@pytest.mark.parametrize("state", ["new", "changed"])
def test_a_plugin_that_is_not_approved_as_it_is_does_not_run(home: Path, house: House, mail: Path, state: str) -> None:
    if state == "changed":
        approve(home, "folder_channel.py")
    put(home, "folder_channel.py", FOLDER + BOMB)
    living = house(echo, **section(mail))

    (plugin,) = findings(living, "plugins")
    (channel,) = findings(living, "channels")

    assert "homarus plugin approve folder_channel.py" in str(plugin["hint"])
    assert state in str(plugin["sentence"])
    assert plugin["hint"] == channel["hint"]
    assert not (home / "plugins" / "ran").exists()


def test_a_channel_that_is_switched_off_is_not_imported(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py", FOLDER + BOMB)
    living = house(echo, **section(mail, enabled=False))
    assert findings(living, "configuration")[0]["is_well"]
    assert not (home / "plugins" / "ran").exists()

    reconfigure(living, **section(mail))
    write(mail, "one")
    until(lambda: replies(mail), living)

    assert (home / "plugins" / "ran").exists()


def test_a_channel_that_breaks_is_started_again_and_the_doctor_says_so(home: Path, house: House, mail: Path) -> None:
    broken = FOLDER.replace(
        "while True:", 'if not (self._root / "mended").exists():\n            1 / 0\n        while True:'
    )
    approve(home, "folder_channel.py", broken)
    living = house(echo, **section(mail))
    write(mail, "one")

    until(lambda: findings(living, "channels"), living)
    said = [str(finding["sentence"]) for finding in findings(living, "channels") if not finding["is_well"]]
    (mail / "mended").touch()
    until(lambda: replies(mail), living)

    assert "folder: It broke: ZeroDivisionError: division by zero" in said[0]
    assert living.reply(living.send("hello"))["text"] == "You said hello."


def test_a_sender_who_is_not_known_gets_no_turn(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py")
    living = house(echo, **section(mail, owner=["max"]))
    write(mail, "one")
    until(lambda: (mail / "done" / "one.txt").exists() or events(living, "sender.refused"), living)

    (refused,) = events(living, "sender.refused")
    (finding,) = [f for f in findings(living, "channels") if not f["is_well"]]

    assert refused["body"] == {"channel": "folder", "sender": "lena", "name": ""}
    assert turns(living) == []
    assert """homarus config set channels.folder.allowFrom '["lena"]'""" in str(finding["hint"])


def test_a_name_that_is_shown_opens_no_door(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py", FOLDER.replace("sender=person,", 'sender="mallory", sender_name=person,'))
    living = house(echo, **section(mail, allowFrom=["lena"]))

    write(mail, "/status")
    until(lambda: events(living, "sender.refused"), living)

    assert turns(living) == []


def test_what_a_channel_claims_about_its_sender_does_not_count(home: Path, house: House, mail: Path) -> None:
    claims = FOLDER.replace("Origin.ALLOWED", "Origin.OWNER").replace(
        'SessionKey(f"agent:main:folder:{person}")', 'SessionKey("agent:main:main")'
    )
    approve(home, "folder_channel.py", claims)
    living = house(echo, **section(mail, owner=[], allowFrom=["lena"]))

    write(mail, "/status please")
    until(lambda: replies(mail), living)

    (accepted,) = events(living, "inbound.accepted")
    assert replies(mail)[0].startswith("You said <")  # wrapped as the words of somebody who is not the owner
    assert accepted["session"] == "agent:main:folder:lena"
    assert '"origin": "allowed"' in json.dumps(accepted["body"])


def test_commands_of_the_owner_work_in_a_channel(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py")
    living = house(echo, **section(mail))

    write(mail, "/whoami")
    until(lambda: replies(mail), living)

    assert "You are the owner" in replies(mail)[0]


def test_a_question_is_shown_in_the_channel_and_the_owner_answers_there(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py")
    living = house([call("shell.run", {"command": "echo hi > made.txt"}), say("Done.")], **RUN, **section(mail))
    write(mail, "make a file")
    until(lambda: replies(mail), living)
    question = replies(mail)[0]
    made = living.home / "workspace" / "made.txt"

    write(mail, f"/approve {question.split('/approve ')[1].split()[0]} once", name="two.txt")
    until(lambda: "Done." in replies(mail), living)

    assert "echo hi > made.txt" in question
    assert made.read_text() == "hi\n"


def test_somebody_who_is_allowed_cannot_answer_a_question(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py")
    script = [call("shell.run", {"command": "echo hi > made.txt"}), say("Done."), say("Done.")]
    living = house(script, **RUN, **section(mail, owner=[], allowFrom=["lena"]))
    write(mail, "make a file")
    until(lambda: replies(mail), living)

    write(mail, "/approve once", name="two.txt")
    until(lambda: len(replies(mail)) > 1, living)

    assert "Only the owner" in replies(mail)[0]
    assert events(living, "approval.decided") == []
    assert not (living.home / "workspace" / "made.txt").exists()


def test_an_approved_tool_and_an_approved_provider_are_there(home: Path, house: House) -> None:
    approve(home, "weather_tool.py")
    approve(home, "workshop_provider.py")
    nowhere = call("weather.now", {"latitude": 91, "longitude": 0})
    living = house([nowhere, say("There is no such place.")])

    reply = living.reply(living.send("What is the weather at 91 degrees north?"))

    (receipt,) = cast("list[JsonObject]", reply["receipts"])
    assert receipt["tool"] == "weather.now"
    assert "latitude" in str(receipt["summary"])


def test_settings_that_do_not_fit_stop_one_channel_and_nothing_else(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py")
    living = house(echo, **section(mail, poll_s=-1))

    (configuration,) = [finding for finding in findings(living, "configuration") if not finding["is_well"]]
    (channel,) = findings(living, "channels")

    assert "channels.folder.poll_s" in str(configuration["sentence"])
    assert "settings do not fit" in str(channel["sentence"])
    assert living.reply(living.send("hello"))["text"] == "You said hello."


def test_a_channel_goes_on_while_somebody_edits_its_settings(home: Path, house: House, mail: Path) -> None:
    approve(home, "folder_channel.py")
    living = house(echo, **section(mail))
    write(mail, "one", name="one.txt")
    until(lambda: replies(mail), living)

    reconfigure(living, **section(mail, poll_s=-1))
    until(lambda: any(not finding["is_well"] for finding in findings(living, "channels")), living)
    write(mail, "two", name="two.txt")
    until(lambda: len(replies(mail)) > 1, living)

    assert replies(mail) == ["You said one.", "You said two."]
