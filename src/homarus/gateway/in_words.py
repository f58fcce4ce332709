"""Put into one text what a face would show in several places: for channels, which send messages and nothing else."""

from dataclasses import replace

from homarus.domain.acts import Approval
from homarus.domain.i18n import _
from homarus.domain.labels import Origin
from homarus.domain.turns import Inbound, Reply
from homarus.policy.show import arguments_shown, visible


def in_words(reply: Reply) -> Reply:
    """Return a reply whose text has everything that a person must read: what the house noticed, and the next step."""
    step = _("Next: {hint}").format(hint=reply.hint) if reply.hint else ""
    parts = (reply.text, *reply.notices, step)
    return replace(reply, text="\n\n".join(part for part in parts if part.strip()), notices=(), hint="")


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
