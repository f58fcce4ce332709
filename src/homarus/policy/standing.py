"""Standing rules: what may be done unasked while nobody looks, because the owner signed exactly that. Pure."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from homarus.domain import codec
from homarus.domain.books import StandingRule
from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _

_UNSIGNED = frozenset({"signed_at", "signature", "revoked_at"})
_NAMED = re.compile(r"\"?[^\"<>@,;:()\[\]\\]*\"?\s*<([^\"<>,;:()\[\]\\\s]+)>")
"""A name with its address. Whatever programs could read in two ways is none: `eve@evil.example <ann@example.org>`
reached both of them."""
_IS_ADDRESS = re.compile(r"\S*@\S*")
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlessCall:
    """A call while nobody looks."""

    tool: str
    arguments: JsonObject
    keys: frozenset[str]
    """Arguments that decide where it goes."""
    playbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which rule covers a call, or why none does."""

    rule: StandingRule | None
    because: str


def mark_of(rule: StandingRule) -> str:
    """Return the SHA-256 of everything that a signature covers."""
    body = {name: value for name, value in codec.dump(rule).items() if name not in _UNSIGNED}
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def signed(rule: StandingRule, *, at: datetime) -> StandingRule:
    """Return the rule with the owner's signature on exactly what it says now."""
    return replace(rule, signed_at=at, signature=mark_of(rule))


def coverage(call: HeadlessCall, rules: Iterable[StandingRule], *, now: datetime) -> Coverage:
    """Return the rule that covers a call; without one, why not, in words for the person who reads the report."""
    because = _("No standing rule is for {tool!r}.").format(tool=call.tool)
    for rule in rules:
        if rule.tool != call.tool or (rule.playbook and rule.playbook != call.playbook):
            continue
        reason = _not_in_force(rule, now) or _does_not_fit(rule, call)
        if not reason:
            return Coverage(rule=rule, because=_("standing rule {id}").format(id=rule.rule_id))
        because = _("The standing rule {id} does not cover it: {reason}").format(id=rule.rule_id, reason=reason)
    return Coverage(rule=None, because=because)


def _not_in_force(rule: StandingRule, now: datetime) -> str:
    if rule.revoked_at is not None:
        return _("it was taken back.")
    if rule.signed_at is None:
        return _("it is not signed.")
    if not hmac.compare_digest(rule.signature, mark_of(rule)):
        return _("it was changed after it was signed.")
    if rule.until is not None and now >= rule.until:
        return _("its time is over.")
    return ""


def _does_not_fit(rule: StandingRule, call: HeadlessCall) -> str:
    for name, value in call.arguments.items():
        if name in rule.template:
            if not fits(rule.template[name], value):
                return _("{name!r} is not as its template has it.").format(name=name)
        elif name not in call.keys:
            return _("{name!r} is not in its template.").format(name=name)
        else:
            unknown = next((one for one in _recipients(value) if not _is_among(one, rule.recipients)), None)
            if unknown is not None:
                return _("{name!r} names {who!r}, who is not among its recipients.").format(name=name, who=unknown)
    absent = next((name for name in rule.template if name not in call.arguments), None)
    if absent is not None:
        return _("{name!r} is missing.").format(name=absent)
    return ""


def fits(template: Json, value: Json) -> bool:
    """Say whether a value is as a template has it: the same, or with `*` for any words, in an address for a name."""
    if isinstance(template, str) and isinstance(value, str):
        any_words = _LOCAL.pattern if _IS_ADDRESS.fullmatch(template) else ".*"
        pattern = any_words.join(re.escape(part) for part in template.split("*"))
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    if isinstance(template, Mapping) and isinstance(value, Mapping):
        return template.keys() == value.keys() and all(fits(template[name], value[name]) for name in template)
    return type(template) is type(value) and template == value


def _recipients(value: Json) -> list[str]:
    """Return whom an argument names; what is neither words nor a list of words names somebody nobody knows."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    if isinstance(value, list | tuple):
        return [found for one in value for found in _recipients(one)]
    return [repr(value)]


def _is_among(who: str, recipients: tuple[str, ...]) -> bool:
    shown = _NAMED.fullmatch(who)
    address = _small(shown.group(1) if shown else who)
    if not address or any(ord(letter) < 32 for letter in address):  # noqa: PLR2004 - control characters
        return False
    for recipient in recipients:
        known = _small(recipient)
        if known == address:
            return True
        local, at, domain = address.rpartition("@")
        if known.startswith("*@") and at and domain == known[2:] and _LOCAL.fullmatch(local):
            return True
    return False


def _small(address: str) -> str:
    """Return an address as it is compared: letters outside of ASCII as they are, for they fold to those of others."""
    address = address.strip()
    return address.lower() if address.isascii() else address
