from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.parts import MAIN
from homarus.domain import codec
from homarus.domain.acts import Approval, Decision
from homarus.domain.errors import NeedsYouError, NotFoundError, UsageError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import ApprovalId, CallId, TurnId
from homarus.gateway.approvals import Approvals
from homarus.testing.clock import FakeClock
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio
TURN = TurnId("t1")
ID = ApprovalId("ap1")


class Asked:
    """A house in which one call waits for the owner."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = FakeStore(self.clock)
        self.resumed: list[TurnId] = []
        self.approvals = Approvals(self.store, self.clock, on_decided=self.resumed.append)
        now = self.clock.now()
        self.approval = Approval(
            approval_id=ID,
            turn_id=TURN,
            session=MAIN,
            call_id=CallId("c1"),
            tool="shell.run",
            arguments={"command": "ls"},
            fingerprint="f" * 64,
            because="It runs a program.",
            sources=(),
            asked_at=now,
            expires_at=now + timedelta(hours=1),
        )

    async def ask(self, approval: Approval | None = None) -> None:
        body = {"approval": codec.dump(approval or self.approval)}
        await self.store.append(NewEvent(kind=Kind.APPROVAL_ASKED, body=body, session=MAIN, turn=TURN))


async def test_a_question_waits_until_it_is_answered() -> None:
    asked = Asked()
    await asked.ask()
    assert await asked.approvals.pending() == (asked.approval,)

    await asked.approvals.decide(ID, Decision.ONCE, fingerprint="f" * 64, by="cli")

    assert await asked.approvals.pending() == ()
    assert asked.resumed == [TURN]


async def test_an_answer_to_another_call_than_the_one_shown_is_refused() -> None:
    asked = Asked()
    await asked.ask()

    with pytest.raises(UsageError, match="not the one you saw"):
        await asked.approvals.decide(ID, Decision.ONCE, fingerprint="0" * 64, by="cli")

    assert asked.resumed == []


async def test_a_second_answer_changes_nothing() -> None:
    asked = Asked()
    await asked.ask()
    await asked.approvals.decide(ID, Decision.DENY, fingerprint="f" * 64, by="cli")

    with pytest.raises(NotFoundError):
        await asked.approvals.decide(ID, Decision.ONCE, fingerprint="f" * 64, by="web")

    assert [e.body["decision"] for e in asked.store.events if e.kind is Kind.APPROVAL_DECIDED] == ["deny"]


async def test_the_first_of_two_faces_that_answer_at_once_counts() -> None:
    asked = Asked()
    await asked.ask()
    other = Approvals(asked.store, asked.clock, on_decided=asked.resumed.append)
    await other.pending()
    await asked.approvals.decide(ID, Decision.DENY, fingerprint="f" * 64, by="cli")

    with pytest.raises(NotFoundError):
        await other.decide(ID, Decision.ONCE, fingerprint="f" * 64, by="web")

    assert asked.resumed == [TURN]


async def test_a_question_that_nobody_answers_becomes_a_no() -> None:
    asked = Asked()
    await asked.ask()
    asked.clock.advance(3601)

    with pytest.raises(NeedsYouError):
        await asked.approvals.decide(ID, Decision.ONCE, fingerprint="f" * 64, by="cli")
    await asked.approvals.expire()

    (decided,) = [e for e in asked.store.events if e.kind is Kind.APPROVAL_DECIDED]
    assert (decided.body["decision"], decided.body["by"]) == ("deny", "clock")
    assert asked.resumed == [TURN]


async def test_stopping_a_turn_withdraws_its_question() -> None:
    asked = Asked()
    await asked.ask()
    await asked.ask(replace(asked.approval, approval_id=ApprovalId("other"), turn_id=TurnId("t2")))

    assert await asked.approvals.withdraw(TURN, by="web")

    assert [approval.approval_id for approval in await asked.approvals.pending()] == ["other"]
