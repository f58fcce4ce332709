from datetime import timedelta
from typing import Any, cast

import pytest

from gateway.parts import MAIN, inbound
from homarus.agent.commands import parse
from homarus.domain import codec
from homarus.domain.acts import Approval
from homarus.domain.errors import NotFoundError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import ApprovalId, CallId, SessionKey, TurnId
from homarus.gateway.approvals import Approvals
from homarus.gateway.commanding import Commanding
from homarus.testing.clock import FakeClock
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio


async def test_a_bare_approve_never_answers_a_question_of_another_conversation() -> None:
    clock = FakeClock()
    store = FakeStore(clock)
    approvals = Approvals(store, clock, on_decided=lambda _turn: None)
    unused = cast("Any", None)
    house = Commanding(store=store, turns=unused, approvals=approvals, selection=unused, facts=unused, models=unused)
    approval = Approval(
        approval_id=ApprovalId("ap1"),
        turn_id=TurnId("t1"),
        session=SessionKey("agent:main:elsewhere"),
        call_id=CallId("c1"),
        tool="shell.run",
        arguments={},
        fingerprint="f",
        because="It runs a program.",
        sources=(),
        asked_at=clock.now(),
        expires_at=clock.now() + timedelta(hours=1),
    )
    await store.append(NewEvent(kind=Kind.APPROVAL_ASKED, body={"approval": codec.dump(approval)}))
    bare, named = parse("/approve"), parse("/approve ap1 once")
    assert bare is not None
    assert named is not None

    with pytest.raises(NotFoundError):
        await house.carry_out(bare, inbound(session=MAIN))

    assert "Allowed" in await house.carry_out(named, inbound(session=MAIN))
