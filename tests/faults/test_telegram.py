"""Telegram in a real gateway process: paired, lost by nobody, asked with buttons, and its token kept in."""

import asyncio
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from faults.conftest import House
from faults.plugins import events, until
from homarus.cli.line import AnsweredError
from homarus.domain.content import Json
from homarus.testing.quirks import Turn, call, say
from homarus.testing.quirks.turns import Asked
from homarus.testing.telegram import TOKEN, Fault, TelegramServer

LENA = 42


@pytest.fixture
def telegram() -> Generator[TelegramServer]:
    """A Telegram in a thread of its own, so that tests may block."""
    ready, done = threading.Event(), threading.Event()
    kept: list[TelegramServer] = []

    async def serve() -> None:
        async with TelegramServer.running() as server:
            kept.append(server)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield kept[0]
    done.set()
    thread.join(10)


def section(telegram: TelegramServer, **more: Json) -> dict[str, Json]:
    told: dict[str, Json] = {"botToken": TOKEN, "apiRoot": telegram.url, "owner": [LENA], **more}
    return {"channels": {"telegram": told}}


def echo(asked: Asked) -> Turn:
    return say(f"You said **{asked.last_user.split()[0]}**.")


def test_a_message_in_is_a_reply_out_and_nobody_sees_the_token(house: House, telegram: TelegramServer) -> None:
    living = house(echo, **section(telegram))
    telegram.write("one")
    until(telegram.texts, living)
    assert telegram.texts() == ["You said one."]
    assert "sendChatAction" in [method for method, _words in telegram.calls]
    secret = TOKEN.partition(":")[2]
    seen = living.line.content("/api/v1/events?after=0&limit=1000") + living.line.content("/api/v1/config")
    assert secret.encode() not in seen
    assert secret not in living.log()


def test_a_kill_at_any_moment_neither_loses_nor_doubles_a_message(house: House, telegram: TelegramServer) -> None:
    living = house(echo, **section(telegram))
    for number in range(3):
        telegram.write(f"m{number}")
        if number % 2:
            until(lambda number=number: len(events(living, "inbound.accepted")) > number - 1, living)
        living.restart()
    until(lambda: len(events(living, "reply.delivered", "reply.unknown")) == 3, living)
    assert len(events(living, "inbound.accepted")) == 3
    assert len(telegram.texts()) == len(set(telegram.texts()))


def test_a_stranger_is_told_a_code_and_is_let_in_with_it(house: House, telegram: TelegramServer) -> None:
    living = house(echo, **section(telegram, owner=[]))
    telegram.write("hello")
    until(telegram.texts, living)
    (greeting,) = telegram.texts()
    code = greeting.split("Your code is ")[1].split(";")[0]
    assert events(living, "inbound.accepted") == []
    with pytest.raises(AnsweredError):
        living.line.post("/api/v1/channels/telegram/pair", {"code": "WRONG234"})
    assert code.encode() not in living.line.content("/api/v1/channels")

    person = living.line.post("/api/v1/channels/telegram/pair", {"code": code})["person"]
    assert isinstance(person, dict)
    assert (person["sender"], person["origin"]) == (str(LENA), "owner")
    telegram.write("again")
    until(lambda: len(telegram.texts()) == 2, living)
    assert telegram.texts()[1] == "You said again."
    with pytest.raises(AnsweredError):  # a code works once
        living.line.post("/api/v1/channels/telegram/pair", {"code": code})

    telegram.write("let me in", sender=7, name="Mallory")
    until(lambda: telegram.texts(7), living)
    living.line.delete(f"/api/v1/channels/telegram/people/{LENA}")
    telegram.write("still there?")
    until(lambda: len(telegram.texts()) == 3, living)
    assert "code" in telegram.texts()[2]


def test_a_button_decides_once_and_only_for_the_owner(home: Path, house: House, telegram: TelegramServer) -> None:
    script = [call("shell.run", {"command": "echo hi > made.txt"}), say("As you say.")]
    living = house(script, tools={"exec": {"mode": "ask"}}, **section(telegram, allowFrom=[7]))
    telegram.write("Please make the file.")
    until(lambda: any(message.buttons for message in telegram.seen), living)
    question = next(message for message in telegram.seen if message.buttons)
    assert "echo hi" in question.text

    telegram.press(question, "Allow once", sender=7)
    until(lambda: telegram.answers, living)
    assert "Only the owner" in telegram.answers[0]["text"]
    telegram.press(question, "Deny")
    until(lambda: events(living, "approval.decided"), living)
    telegram.press(question, "Allow once")
    until(lambda: len(telegram.answers) == 3, living)
    assert "does not wait any more" in telegram.answers[2]["text"]
    (decided,) = events(living, "approval.decided")
    assert isinstance(decided["body"], dict)
    assert (decided["body"]["decision"], decided["body"]["by"]) == ("deny", f"telegram {LENA}")
    assert not (home / "workspace" / "made.txt").exists()


def test_commands_work_there_and_only_for_the_owner(house: House, telegram: TelegramServer) -> None:
    living = house(echo, **section(telegram, allowFrom=[7]))
    telegram.write("/status")
    until(telegram.texts, living)
    assert "Turns: 0 running" in telegram.texts()[0]
    telegram.write("/status", sender=7)
    until(lambda: telegram.texts(7), living)
    assert "Turns:" not in telegram.texts(7)[0]


def test_what_can_never_arrive_is_refused_and_not_tried_for_ever(house: House, telegram: TelegramServer) -> None:
    telegram.blocked_by.add(LENA)
    living = house(echo, **section(telegram))
    telegram.write("one")
    until(lambda: events(living, "reply.refused"), living)
    assert "blocked" in str(events(living, "reply.refused")[0]["body"])


def test_a_send_that_was_cut_off_is_unknown_and_not_repeated(house: House, telegram: TelegramServer) -> None:
    living = house(echo, **section(telegram))
    telegram.fail("sendMessage", Fault(is_done=True))
    telegram.write("one")
    until(lambda: events(living, "reply.unknown"), living)
    telegram.write("two")
    until(lambda: len(telegram.texts()) == 2, living)
    assert telegram.texts() == ["You said one.", "You said two."]


def test_it_is_set_up_tried_and_switched_off_over_the_api(home: Path, house: House, telegram: TelegramServer) -> None:
    living = house(echo)
    settings: dict[str, Json] = {"botToken": TOKEN, "apiRoot": telegram.url, "owner": [LENA]}
    living.line.put("/api/v1/channels/telegram", {"settings": settings})
    tried = living.line.post("/api/v1/channels/telegram/test")
    assert (tried["is_well"], "homarus_test_bot" in str(tried["sentence"])) == (True, True)
    assert TOKEN not in (home / "homarus.ui.json5").read_text()
    telegram.write("one")
    until(telegram.texts, living)
    living.line.delete("/api/v1/channels/telegram")
    assert living.line.get("/api/v1/channels")["channels"] == []
