"""What a call of another program becomes: a note, a message, a job or a playbook, with its words kept apart from ours.

A template is the owner's, what is put into it is not: a model reads the template as an order and the values beside it
as material, so that a pull request's title cannot give orders.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import NotFoundError, RefusedError, UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.job_settings import HookMapping, HookSettings
from homarus.domain.jobs import Budget, Delivery, DeliveryMode, Work, WorkKind
from homarus.gateway.jobs.messages import FROM, MATERIAL

_SLOT = re.compile(r"\{\{\s*([A-Za-z_][\w.\-\[\]]{0,200})\s*\}\}")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,6})\]")
_MOST_CHARS = 20_000
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,80}", re.IGNORECASE)


class Wake(BaseModel):
    """`POST /hooks/wake`: a note for the agent."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    text: str = Field(min_length=1, max_length=_MOST_CHARS)
    mode: Literal["now", "next-heartbeat"] = "now"


class Agent(BaseModel):
    """`POST /hooks/agent`: a message that the agent answers."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    message: str = Field(min_length=1, max_length=100_000)
    name: str = Field(default="Hook", max_length=80)
    agent_id: str | None = None
    session_key: str | None = None
    deliver: bool = True
    channel: str = "last"
    to: str = ""
    model: str | None = None
    timeout_seconds: float | None = Field(default=None, gt=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What a call is to start."""

    name: str
    work: Work
    delivery: Delivery = field(default_factory=lambda: Delivery(mode=DeliveryMode.NONE))
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledJob:
    """A job that a call starts."""

    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Reads calls by the owner's settings."""

    settings: HookSettings
    agents: Sequence[AgentId]
    default_agent: AgentId

    def wake(self, wanted: Wake) -> Called:
        """Return the note that a call leaves."""
        work = Work(
            kind=WorkKind.NOTE,
            text=wanted.text,
            agent=self.default_agent,
            settings={"wake": wanted.mode, FROM: "hook wake"},
        )
        return Called(name=_("hook: wake"), work=work)

    def agent(self, wanted: Agent) -> Called:
        """Return the message that a call sends.

        Raises:
            RefusedError: when it names an agent or a conversation that it may not.
        """
        agent = self._agent(wanted.agent_id)
        work = Work(
            kind=WorkKind.MESSAGE,
            text=wanted.message,
            agent=agent,
            session=self._session(agent, wanted.session_key, is_asked=True),
            model=wanted.model,
            settings={FROM: f"hook {wanted.name}"},
        )
        mode = DeliveryMode.ANNOUNCE if wanted.deliver else DeliveryMode.NONE
        return Called(
            name=wanted.name,
            work=work,
            delivery=Delivery(mode=mode, channel=wanted.channel, to=wanted.to),
            budget=Budget(seconds=wanted.timeout_seconds),
        )

    def mapped(self, name: str, body: JsonObject) -> Called | CalledJob:
        """Return what the first mapping that fits makes of a call.

        Raises:
            NotFoundError: when none does.
        """
        mapping = next((one for one in self.settings.mappings if _fits(one, name, body)), None)
        if mapping is None:
            raise NotFoundError(
                _("There is no hook {name!r}.").format(name=name[:60]),
                hint=_("Add a mapping with this `match.path` to hooks.mappings."),
            )
        if mapping.action == "job":
            return CalledJob(job=mapping.job)
        if mapping.action == "playbook":
            return self._playbook(mapping, body, name)
        return self._said(mapping, body, name)

    def _playbook(self, mapping: HookMapping, body: JsonObject, name: str) -> Called:
        settings = {key: _filled(value, body) for key, value in mapping.settings.items()}
        work = Work(kind=WorkKind.PLAYBOOK, playbook=mapping.playbook, settings=settings, model=mapping.model)
        return Called(name=mapping.name or name, work=work, delivery=_delivery(mapping), budget=_budget(mapping))

    def _said(self, mapping: HookMapping, body: JsonObject, name: str) -> Called:
        is_wake = mapping.action == "wake"
        template = (mapping.text_template if is_wake else mapping.message_template) or mapping.message_template
        slots = _SLOT.findall(template)
        material = {slot: as_text(value_at(body, slot)) for slot in slots} if template else {"body": as_text(body)}
        text = _SLOT.sub(lambda found: f"[{found[1]}]", template) or _("A program sent what is attached.")
        agent = self._agent(mapping.agent_id)
        session = self._session(agent, as_words(mapping.session_key, body), is_asked=False)
        kind = WorkKind.NOTE if is_wake else WorkKind.MESSAGE
        settings: dict[str, Json] = {"wake": mapping.wake_mode} if is_wake else {}
        shown = "\n".join(f"{key}: {value}" for key, value in material.items())[:_MOST_CHARS]
        if shown:
            settings |= {MATERIAL: shown, "source": f"hook {mapping.id or name}"}
        work = Work(kind=kind, text=text, agent=agent, session=session, model=mapping.model, settings=settings)
        delivery = Delivery(mode=DeliveryMode.NONE) if is_wake else _delivery(mapping)
        return Called(name=mapping.name or name, work=work, delivery=delivery, budget=_budget(mapping))

    def _agent(self, name: str | None) -> AgentId:
        if name is None:
            return self.default_agent
        allowed = self.settings.allowed_agent_ids
        if name not in self.agents or not ("*" in allowed or name in allowed):
            raise RefusedError(
                _("Hooks may not call the agent {name!r}.").format(name=name[:60]),
                hint=_("Add it to hooks.allowedAgentIds."),
            )
        return AgentId(name)

    def _session(self, agent: AgentId, key: str | None, *, is_asked: bool) -> SessionKey | None:
        wanted = key or self.settings.default_session_key
        if not wanted:
            return None
        if key and is_asked:
            self._check_session(key)
        whole = wanted if wanted.startswith(f"agent:{agent}:") else f"agent:{agent}:{wanted}"
        return SessionKey(whole)

    def _check_session(self, key: str) -> None:
        prefixes = self.settings.allowed_session_key_prefixes
        if not self.settings.allow_request_session_key:
            raise RefusedError(
                _("Calls may not name a conversation."), hint=_("Allow it: hooks.allowRequestSessionKey")
            )
        if len(key) > 200 or not key.isprintable() or not key.startswith(tuple(prefixes)):  # noqa: PLR2004 - as elsewhere
            raise RefusedError(
                _("The conversation {key!r} may not be named by a call.").format(key=key[:60]),
                hint=_("It must begin with one of: {names}.").format(names=", ".join(prefixes)),
            )


def _fits(mapping: HookMapping, name: str, body: JsonObject) -> bool:
    match = mapping.match
    if match.path is None and match.source is None:
        return False
    is_path = match.path is None or match.path.strip("/") == name
    return is_path and (match.source is None or body.get("source") == match.source)


def _delivery(mapping: HookMapping) -> Delivery:
    mode = DeliveryMode.ANNOUNCE if mapping.deliver else DeliveryMode.NONE
    return Delivery(mode=mode, channel=mapping.channel, to=mapping.to)


def _budget(mapping: HookMapping) -> Budget:
    return Budget(seconds=mapping.timeout_seconds)


def check_name(name: str) -> str:
    """Return the name behind `/hooks/`.

    Raises:
        UsageError: when it can be none.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            _("{name!r} is no name of a hook.").format(name=name[:60]), hint=_("For example: /hooks/github")
        )
    return name


# --- templates ----------------------------------------------------------------------------------------------------


def value_at(body: Json, path: str) -> Json:
    """Return what stands under `a.b[0]`, `None` when nothing does."""
    found = body
    for name, index in _STEP.findall(path):
        if name and isinstance(found, Mapping):
            found = found.get(name)
        elif index and isinstance(found, Sequence) and not isinstance(found, str):
            found = found[int(index)] if int(index) < len(found) else None
        else:
            return None
    return found


def as_text(value: Json) -> str:
    """Return a value as it stands in a text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_words(template: str | None, body: JsonObject) -> str | None:
    """Return a short text with the values of the body in it, without signs that a name cannot have."""
    if template is None:
        return None
    filled = _SLOT.sub(lambda found: as_text(value_at(body, found[1]))[:60], template)
    return "".join(sign if sign.isalnum() or sign in ":._- " else "-" for sign in filled)[:200]


def _filled(value: Json, body: JsonObject) -> Json:
    """Return a setting with the values of the body in it; one that is nothing but a slot keeps its type."""
    if not isinstance(value, str):
        return value
    alone = _SLOT.fullmatch(value.strip())
    return value_at(body, alone[1]) if alone else _SLOT.sub(lambda found: as_text(value_at(body, found[1])), value)
