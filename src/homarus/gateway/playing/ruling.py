"""Write, sign and take back standing rules: what the owner signs is checked first, so that it can cover something."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from homarus.domain.acts import Risk, ToolTraits
from homarus.domain.books import StandingRule
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.i18n import _
from homarus.domain.nearness import nearest
from homarus.gateway.playing.playing import Playing
from homarus.policy.standing import signed


async def known_tools(playing: Playing) -> Mapping[str, ToolTraits]:
    """Return what the policy knows of each tool here."""
    if playing.answering is None:
        return {}
    offer = await playing.answering.toolbox.offer()
    return {name: tool.traits for name, tool in offer.tools.items()}


def check(rule: StandingRule, tools: Mapping[str, ToolTraits], playbooks: Collection[str]) -> None:
    """Pass a rule that can cover something.

    Raises:
        NotFoundError: when there is no such tool or playbook.
        UsageError: when it names nobody and nothing that it could reach.
    """
    traits = tools.get(rule.tool)
    if traits is None:
        near = nearest(rule.tool, tools)
        raise NotFoundError(
            _("There is no tool {name!r}.").format(name=rule.tool[:60]),
            hint=_("Did you mean {near!r}?").format(near=near[0]) if near else _("See them: homarus status"),
        )
    if rule.playbook and rule.playbook not in playbooks:
        raise NotFoundError(
            _("There is no playbook {name!r}.").format(name=rule.playbook[:60]),
            hint=_("See them: homarus playbooks list"),
        )
    if traits.risk is Risk.RUN:
        raise UsageError(
            _("No standing rule can let programs run unasked."),
            hint=_("See `tools.exec` for what may be run."),
        )
    open_keys = traits.key_arguments - rule.template.keys()
    if open_keys and not rule.recipients:
        raise UsageError(
            _("The rule says neither who may be reached nor what {names} must be.").format(names=", ".join(open_keys)),
            hint=_("Name recipients, or put them into the template."),
        )


def sign(rule: StandingRule, *, at: datetime) -> StandingRule:
    """Return the rule with the owner's signature.

    Raises:
        UsageError: when it was taken back.
    """
    if rule.revoked_at is not None:
        raise UsageError(
            _("The standing rule {id!r} was taken back.").format(id=rule.rule_id),
            hint=_("Make a new one: homarus playbooks rules add"),
        )
    return signed(rule, at=at)


def revoked(rule: StandingRule, *, at: datetime) -> StandingRule:
    """Return the rule as taken back."""
    return rule if rule.revoked_at is not None else replace(rule, revoked_at=at)
