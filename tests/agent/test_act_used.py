"""What a playbook does with a tool runs where every tool runs: judged as headless, or with the yes it has had."""

from dataclasses import replace

import pytest
from agent_stage import FakeTool, Stage, tool

from homarus.agent.act import used
from homarus.agent.rooms import Scene
from homarus.domain.acts import Outcome, Risk
from homarus.domain.content import ToolCall
from homarus.domain.errors import ConnectionFailedError, OutcomeUnknownError
from homarus.domain.errors import Stage as Reached
from homarus.domain.ids import CallId
from homarus.domain.speaking import Did

pytestmark = pytest.mark.anyio


async def use(stage: Stage, made: FakeTool, *, permit: str = "", key: str = "") -> Did:
    stage.has(made)
    act = await stage.accepts("")
    scene = Scene(
        turn=replace(act.turn, is_headless=True),
        run=act.run,
        rooms=stage.rooms(),
        watch=stage.moments.append,
        permit=permit,
        idempotency_key=key,
    )
    call = ToolCall(call_id=CallId("post"), name=made.spec.name, arguments={"text": "a"})
    return await used(call, scene, key="post")


async def test_an_effect_without_a_yes_is_refused_in_words(stage: Stage) -> None:
    made = tool("mail.send", Risk.ACT)
    did = await use(stage, made)

    assert (did.receipt.outcome, made.effects) == (Outcome.REFUSED, [])
    assert "Nobody is here to ask." in did.receipt.summary


async def test_a_permit_lets_exactly_one_call_go_under_the_key_of_the_effect(stage: Stage) -> None:
    made = tool("mail.send", Risk.ACT)
    did = await use(stage, made, permit="approval:ap_1", key="run_1:post")

    assert (did.receipt.outcome, made.effects) == (Outcome.DONE, ["run_1:post"])


async def test_no_permit_runs_a_program(stage: Stage) -> None:
    made = tool("shell.run", Risk.RUN)

    assert (await use(stage, made, permit="approval:ap_1")).receipt.outcome is Outcome.REFUSED
    assert made.effects == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (OutcomeUnknownError("No answer.", hint="Look."), Outcome.UNKNOWN),
        (ConnectionFailedError(Reached.CUT, "Cut.", hint="Look."), Outcome.UNKNOWN),
        (ConnectionFailedError(Reached.CONNECT, "Nobody there.", hint="Start it."), Outcome.FAILED),
        (RuntimeError("half way"), Outcome.UNKNOWN),
    ],
    ids=["said so", "cut off", "never reached", "broke"],
)
async def test_an_effect_that_may_have_happened_is_not_called_failed(
    stage: Stage, error: Exception, outcome: Outcome
) -> None:
    made = tool("mail.send", Risk.ACT, error=error)

    assert (await use(stage, made, permit="rule:r_1")).receipt.outcome is outcome
