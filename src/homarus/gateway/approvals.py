"""Questions to the owner: what waits, and what was decided. An answer is bound to the exact call that was shown."""

import hmac
from collections.abc import Callable

from homarus.domain import codec
from homarus.domain.acts import Approval, Decision
from homarus.domain.errors import NeedsYouError, NotFoundError, UsageError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import ApprovalId, TurnId, fresh
from homarus.domain.ports import Clock, Store

_KINDS = (Kind.APPROVAL_ASKED, Kind.APPROVAL_DECIDED)


class Approvals:
    """What waits for the owner. Built from the log at start and kept up to date from there."""

    def __init__(self, store: Store, clock: Clock, *, on_decided: Callable[[TurnId], None]) -> None:
        self._store = store
        self._clock = clock
        self._on_decided = on_decided
        self._open: dict[ApprovalId, Approval] = {}
        self._seen_seq = 0

    async def pending(self) -> tuple[Approval, ...]:
        """Return the questions that wait, oldest first; expired ones are gone."""
        await self._catch_up()
        now = self._clock.now()
        return tuple(approval for approval in self._open.values() if approval.expires_at > now)

    async def expire(self) -> None:
        """Say no to every question whose time has passed, so that its turn can end in words."""
        await self._catch_up()
        now = self._clock.now()
        for approval in tuple(self._open.values()):
            if approval.expires_at <= now:
                await self._settle(approval, Decision.DENY, by="clock", reason=_("Nobody answered in time."))

    async def withdraw(self, turn: TurnId, *, by: str) -> bool:
        """Say no to whatever holds a turn that is being stopped; tell whether something did."""
        await self._catch_up()
        held = [approval for approval in self._open.values() if approval.turn_id == turn]
        for approval in held:
            await self._settle(approval, Decision.DENY, by=by, reason=_("The turn was stopped."))
        return bool(held)

    async def decide(
        self, approval_id: ApprovalId, decision: Decision, *, fingerprint: str, by: str, reason: str = ""
    ) -> Approval:
        """Write the owner's answer down and let the turn go on.

        Raises:
            NotFoundError: when no such question waits: answered, expired or never asked.
            UsageError: when the fingerprint is of another call than the one that waits.
        """
        approval = await self._waiting(approval_id)
        if not hmac.compare_digest(approval.fingerprint, fingerprint):
            raise UsageError(
                _("The call that waits under {id!r} is not the one you saw.").format(id=approval_id),
                hint=_("Look at it again: homarus approvals list"),
            )
        if approval.expires_at <= self._clock.now():
            raise NeedsYouError(
                _("The question {id!r} has expired.").format(id=approval_id), hint=_("Ask the agent again.")
            )
        if not await self._settle(approval, decision, by=by, reason=reason):
            raise _answered(approval_id)
        return approval

    async def _settle(self, approval: Approval, decision: Decision, *, by: str, reason: str) -> bool:
        """Write the answer down; tell whether it is the one that counts, because the first answer does."""
        mark = fresh("answer")
        (event,) = await self._store.append(
            NewEvent(
                kind=Kind.APPROVAL_DECIDED,
                body={
                    "approval_id": approval.approval_id,
                    "decision": decision.value,
                    "fingerprint": approval.fingerprint,
                    "tool": approval.tool,
                    "by": by,
                    "reason": reason,
                    "mark": mark,
                },
                session=approval.session,
                turn=approval.turn_id,
                dedupe=f"approval:{approval.approval_id}",
            )
        )
        self._open.pop(approval.approval_id, None)
        if event.body.get("mark") != mark:
            return False
        self._on_decided(approval.turn_id)
        return True

    async def _waiting(self, approval_id: ApprovalId) -> Approval:
        await self._catch_up()
        approval = self._open.get(approval_id)
        if approval is None:
            raise _answered(approval_id)
        return approval

    async def _catch_up(self) -> None:
        while events := await self._store.since(self._seen_seq, kinds=_KINDS):
            for event in events:
                self._note(event)
            self._seen_seq = events[-1].seq

    def _note(self, event: Event) -> None:
        if event.kind is Kind.APPROVAL_ASKED:
            approval = codec.load(Approval, event.body["approval"])
            self._open[approval.approval_id] = approval
        else:
            self._open.pop(ApprovalId(str(event.body["approval_id"])), None)


def _answered(approval_id: ApprovalId) -> NotFoundError:
    return NotFoundError(
        _("Nothing waits under {id!r}: it was answered, it expired, or it was never asked.").format(id=approval_id),
        hint=_("See what waits: homarus approvals list"),
    )
