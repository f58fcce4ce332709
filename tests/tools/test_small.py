from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from homarus.domain.errors import ToolArgumentError
from homarus.domain.labels import OWNER, Label, Origin, Reach
from homarus.domain.ports import Ran
from homarus.testing.rooms import FakeRooms, FakeSandbox
from homarus.tools import remembered, remind, shell

pytestmark = pytest.mark.anyio


# --- time and reminders -------------------------------------------------------------------------------------------


async def test_the_clock_is_read_with_its_zone(rooms: FakeRooms) -> None:
    told = (await remind.now(rooms.context())).text
    assert told == "Fri 20 Nov 2026 09:30 CET (Europe/Berlin), ISO 2026-11-20T09:30:00+01:00, week 47"


async def test_a_reminder_confirms_weekday_date_time_and_zone(rooms: FakeRooms) -> None:
    done = await remind.set_reminder(rooms.context(), text="Call Lena", when="at noon")
    assert done.summary == "Saved a reminder for Fri 20 Nov 2026 12:00 CET (Europe/Berlin): Call Lena"
    assert done.facts["due_at"] == "2026-11-20T12:00:00+01:00"


async def test_a_reminder_that_is_set_again_after_a_crash_keeps_its_time(rooms: FakeRooms) -> None:
    first = await remind.set_reminder(rooms.context(), text="Tea", when="in 20 minutes")
    rooms.clock.advance(300)
    again = await remind.set_reminder(rooms.context(), text="Tea", when="in 20 minutes")
    assert again.summary == first.summary
    assert len(rooms.reminders.by_key) == 1


async def test_a_change_of_clocks_is_mentioned(rooms: FakeRooms) -> None:
    rooms.clock.jump_to(datetime(2027, 3, 27, 12, tzinfo=ZoneInfo("Europe/Berlin")))
    done = await remind.set_reminder(rooms.context(), text="x", when="tomorrow at 02:30")
    assert "03:30 CEST" in done.summary
    assert "clocks go forward" in done.summary


@pytest.mark.parametrize(("text", "when"), [("", "noon"), ("x" * 1001, "noon"), ("x", "later"), ("x", "")])
async def test_a_reminder_that_is_unclear_is_not_set(rooms: FakeRooms, text: str, when: str) -> None:
    with pytest.raises(ToolArgumentError):
        await remind.set_reminder(rooms.context(), text=text, when=when)
    assert rooms.reminders.by_key == {}


# --- memory -------------------------------------------------------------------------------------------------------


async def test_what_is_saved_is_found_and_stays_the_models_words(rooms: FakeRooms) -> None:
    saved = await remembered.save(rooms.context(reach=Reach.LOCAL_ONLY), text=" Lena likes\ntea ")
    assert saved.text == "Saved at memory/2026-11-20.md:1."
    found = await remembered.search(rooms.context(), query="tea")
    assert found.text == "memory/2026-11-20.md:1: Lena likes tea"
    assert (found.label.origin, found.label.reach) == (Origin.MODEL, Reach.LOCAL_ONLY)


async def test_a_token_of_silence_is_not_remembered(rooms: FakeRooms) -> None:
    saved = await remembered.save(rooms.context(), text="Lena likes tea. NO_REPLY")
    assert saved.summary.endswith(": Lena likes tea.")


async def test_one_untrusted_note_makes_the_whole_result_untrusted(rooms: FakeRooms) -> None:
    await rooms.memory.save("tea one", label=OWNER)
    assert (await remembered.search(rooms.context(), query="tea")).label.is_trusted
    await rooms.memory.save("tea two", label=Label(origin=Origin.WEB))
    assert not (await remembered.search(rooms.context(), query="tea")).label.is_trusted


@pytest.mark.parametrize("text", ["", " \n", "x" * 5000, "NO_REPLY", " **heartbeat_ok**. "])
async def test_a_note_must_say_something_short(rooms: FakeRooms, text: str) -> None:
    with pytest.raises(ToolArgumentError):
        await remembered.save(rooms.context(), text=text)


# --- shell --------------------------------------------------------------------------------------------------------


async def test_a_command_goes_to_the_sandbox_with_its_limit(rooms: FakeRooms) -> None:
    done = await shell.run(rooms.context(settings={"timeout_seconds": 5.0}), command="ls -l")
    command = rooms.sandbox.commands[0]
    assert (command.argv, command.workspace, command.timeout_s) == (("/bin/sh", "-c", "ls -l"), rooms.workspace, 5.0)
    assert done.summary == "Ran 'ls -l', exit code 0"


async def test_output_errors_and_exit_code_are_told(rooms: FakeRooms) -> None:
    ran = Ran(exit_code=2, stdout="out\n", stderr="err\n", is_cut=False, is_timed_out=False, elapsed_ms=1)
    rooms.sandbox = FakeSandbox(lambda _argv: ran)
    done = await shell.run(rooms.context(), command="x")
    assert done.text == "[exit code 2]\nout\n[errors]\nerr"
    assert done.label.origin is Origin.TOOL


async def test_a_command_that_was_too_slow_says_so(rooms: FakeRooms) -> None:
    ran = Ran(exit_code=137, stdout="", stderr="", is_cut=False, is_timed_out=True, elapsed_ms=60_000)
    rooms.sandbox = FakeSandbox(lambda _argv: ran)
    assert "[ended after 60 s, too slow]" in (await shell.run(rooms.context(), command="x")).text


@pytest.mark.parametrize("command", ["", "  ", "ls\0-l"])
async def test_an_empty_command_is_not_run(rooms: FakeRooms, command: str) -> None:
    with pytest.raises(ToolArgumentError):
        await shell.run(rooms.context(), command=command)
    assert rooms.sandbox.commands == []


async def test_a_receipt_says_what_a_command_was_not_allowed_to_change(rooms: FakeRooms) -> None:
    back = Ran(exit_code=0, stdout="", stderr="", is_cut=False, is_timed_out=False, elapsed_ms=1, put_back=("SOUL.md",))
    rooms.sandbox = FakeSandbox(lambda _argv: back)
    done = await shell.run(rooms.context(), command="make")
    assert "put back SOUL.md" in done.summary
    assert "SOUL.md" in done.text
    assert done.facts["put_back"] == ["SOUL.md"]
