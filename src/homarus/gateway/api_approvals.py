"""What waits for the owner, and the owner's answers."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from homarus.domain import codec
from homarus.domain.acts import Approval, Decision
from homarus.domain.ids import ApprovalId
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, caller_of, house_of


class Answer(BaseModel):
    """The owner's answer to one question."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    fingerprint: str = Field(min_length=1, max_length=200)
    """As it was shown: the answer holds for exactly that call."""
    reason: str = Field(default="", max_length=2000)


class Waiting(BaseModel):
    """Everything that waits, oldest first."""

    approvals: list[Approval]
    as_of: int
    """The last event that this list knows."""


async def pending(request: web.Request) -> web.StreamResponse:
    """Answer with what waits for the owner."""
    house = house_of(request)
    as_of = await house.store.last_seq()
    waiting = await house.approvals.pending()
    return ok({"approvals": [codec.dump(approval) for approval in waiting], "as_of": as_of})


async def decide(request: web.Request) -> web.StreamResponse:
    """Take the owner's answer."""
    answer = await read_as(request, Answer)
    decided = await house_of(request).approvals.decide(
        ApprovalId(request.match_info["approval_id"]),
        answer.decision,
        fingerprint=answer.fingerprint,
        by=caller_of(request).by,
        reason=answer.reason,
    )
    return ok({"approval": codec.dump(decided), "decision": answer.decision.value})


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/approvals",
        answer=pending,
        need=Need.ADMIN,
        about="What waits for the owner, oldest first.",
        gives=Waiting,
    ),
    Operation(
        method="POST",
        path="/api/v1/approvals/{approval_id}",
        answer=decide,
        need=Need.ADMIN,
        about="Answer a question; the fingerprint binds the answer to the call that was shown.",
        takes=Answer,
    ),
)
