"""Say in a message what an agent wants to do, whole, so that its owner can say yes or no where they talk."""

from homarus.domain.acts import Approval
from homarus.domain.i18n import _
from homarus.domain.labels import Origin
from homarus.domain.turns import Inbound, Reply
from homarus.policy.show import arguments_shown, visible


def question_of(approval: Approval, inbound: Inbound) -> Reply:
    """Return the question as a message for whoever wrote; nothing of the call is left out."""
    lines = [
        _("May `{tool}` run? {because}").format(tool=approval.tool, because=visible(approval.because)),
        arguments_shown(approval.arguments),
        _how(approval) if inbound.label.origin is Origin.OWNER else _("Only the owner of this house can say yes."),
    ]
    return Reply(turn_id=approval.turn_id, session=approval.session, text="\n\n".join(lines), route=None)


def _how(approval: Approval) -> str:
    return _("Answer with /approve {id} once, /approve {id} session or /approve {id} deny.").format(
        id=approval.approval_id
    )
