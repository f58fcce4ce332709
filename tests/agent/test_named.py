"""A yes to a command is a yes to the files it names as they were, and to no others."""

from pathlib import Path

import pytest
from agent_stage import Act, Stage, calls, says, tool

from homarus.agent.named import named_files
from homarus.domain.acts import Approval, Outcome, Risk
from homarus.domain.ports import Parked
from homarus.domain.turns import Asked, Reply

pytestmark = pytest.mark.anyio


async def asked(stage: Stage, act: Act) -> Approval:
    with pytest.raises(Parked):
        await act.play()
    return next(moment.approval for moment in reversed(stage.moments) if isinstance(moment, Asked))


async def decided(act: Act, approval: Approval, decision: str) -> Reply:
    body = {"decision": decision, "fingerprint": approval.fingerprint, "approval_id": approval.approval_id}
    await act.run.decide(f"approval:{approval.approval_id}", body)
    return await act.again().play()


async def test_a_script_that_changed_while_the_question_waited_does_not_run(stage: Stage) -> None:
    made = tool("shell.run", Risk.RUN, key=("text",))
    stage.has(made)
    (stage.workspace / "run.sh").write_text("echo harmless", encoding="utf-8")
    stage.plays(calls("shell.run", {"text": "sh run.sh"}))
    act = await stage.accepts("Run it")
    approval = await asked(stage, act)
    (stage.workspace / "run.sh").write_text("echo evil", encoding="utf-8")
    stage.plays(says("It was changed."))
    reply = await decided(act, approval, "once")
    assert made.effects == []
    assert [receipt.outcome for receipt in reply.receipts] == [Outcome.FAILED]
    assert "was changed" in reply.receipts[0].summary


async def test_allowed_for_the_session_a_changed_script_is_asked_about_again(stage: Stage) -> None:
    made = tool("shell.run", Risk.RUN, key=("text",))
    stage.has(made)
    (stage.workspace / "run.sh").write_text("echo fine", encoding="utf-8")
    stage.plays(calls("shell.run", {"text": "sh ./run.sh"}))
    act = await stage.accepts("Run it")
    approval = await asked(stage, act)
    stage.plays(says("Ran."))
    await decided(act, approval, "session")
    stage.plays(calls("shell.run", {"text": "sh ./run.sh"}), says("Ran again."))
    await stage.hears("Again")
    assert len(made.effects) == 2
    (stage.workspace / "run.sh").write_text("echo evil", encoding="utf-8")
    stage.plays(calls("shell.run", {"text": "sh ./run.sh"}))
    again = await asked(stage, await stage.accepts("Again"))
    assert again.fingerprint != approval.fingerprint
    assert len(made.effects) == 2


async def test_a_command_that_changes_a_file_it_names_is_replayed_as_done(stage: Stage) -> None:
    made = tool("shell.run", Risk.RUN, key=("text",))
    stage.has(made, tool("mail.send", Risk.ACT))
    (stage.workspace / "a.txt").write_text("b", encoding="utf-8")
    stage.plays(calls("shell.run", {"text": "sort -o a.txt a.txt"}))
    act = await stage.accepts("Sort it")
    approval = await asked(stage, act)
    stage.plays(calls("mail.send", {"text": "x"}, call_id="c2"))
    with pytest.raises(Parked):
        await decided(act, approval, "once")
    (stage.workspace / "a.txt").write_text("a", encoding="utf-8")
    with pytest.raises(Parked):
        await act.again().play()
    assert len(made.effects) == 1


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("sh run.sh", ["run.sh"]),
        ("cat <run.sh|sh", ["run.sh"]),
        ("python3 'sub/a.py' --x=run.sh", ["run.sh", "sub/a.py"]),
        ("sh link.sh; cat ../secret /etc/passwd ring", ["run.sh"]),
        ("make all", ["Makefile", "run.sh"]),
        ("echo nothing \0", []),
    ],
)
def test_files_are_found_wherever_the_command_names_them(tmp_path: Path, command: str, names: list[str]) -> None:
    root = tmp_path / "workspace"
    (root / "sub").mkdir(parents=True)
    for name in ("run.sh", "sub/a.py", "Makefile", "../secret"):
        (root / name).write_text(name, encoding="utf-8")
    (root / "link.sh").symlink_to("run.sh")
    (root / "ring").symlink_to("ring")
    assert sorted(named_files({"command": command}, root)) == names
