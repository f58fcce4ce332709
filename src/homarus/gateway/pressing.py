"""Buttons under a question: whoever presses one is told in words what came of it, and only the owner's press counts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from homarus.domain.acts import Decision
from homarus.domain.errors import UserError
from homarus.domain.i18n import _
from homarus.domain.labels import Origin
from homarus.domain.seats import Pressed, Pressing
from homarus.gateway.approvals import Approvals

_LEAST_FINGERPRINT = 16
"""Letters of a fingerprint that a button must carry: with the question's id, enough to be of that call alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presses:
    """Carries out presses of one channel."""

    channel: str
    approvals: Approvals
    origin_of: Callable[[str], Awaitable[Origin | None]]
    """Who an id belongs to; nothing for strangers."""

    async def __call__(self, pressed: Pressed) -> Pressing:
        """Carry out a press and say what came of it."""
        if await self.origin_of(pressed.sender) is not Origin.OWNER:
            return _still(_("Only the owner of this house can decide that."))
        waiting = {approval.approval_id: approval for approval in await self.approvals.pending()}
        approval = waiting.get(pressed.approval_id)
        if approval is None:
            return _settled(
                _("This question does not wait any more: it was answered elsewhere, or its time has passed.")
            )
        told = pressed.fingerprint
        if len(told) < _LEAST_FINGERPRINT or not approval.fingerprint.startswith(told):
            return _settled(_("The call that waits is not the one under this button; look at it in the house's pages."))
        by = f"{self.channel} {pressed.sender}"
        try:
            await self.approvals.decide(approval.approval_id, pressed.decision, fingerprint=approval.fingerprint, by=by)
        except UserError as error:
            return _settled(error.message)
        if pressed.decision is Decision.DENY:
            return _settled(_("Denied: {tool} does not run.").format(tool=approval.tool))
        return _settled(_("Allowed: {tool} runs.").format(tool=approval.tool))


def _settled(sentence: str) -> Pressing:
    return Pressing(sentence=sentence, is_settled=True)


def _still(sentence: str) -> Pressing:
    return Pressing(sentence=sentence, is_settled=False)
