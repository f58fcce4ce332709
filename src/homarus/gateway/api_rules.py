"""Standing rules and effects over HTTP: what may be done unasked, and what is to be settled by a person."""

from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from homarus.domain import codec
from homarus.domain.books import StandingRule
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.findings import Effect, EffectState
from homarus.domain.i18n import _
from homarus.domain.ids import fresh
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.operations import Operation, Parameter, caller_of, house_of
from homarus.gateway.playing import ruling


class RuleRequest(BaseModel):
    """A standing rule; it covers nothing until it is signed."""

    model_config = ConfigDict(extra="forbid")

    tool: str = Field(min_length=1, max_length=100)
    """`mail.send`: no other tool."""
    recipients: list[str] = Field(default_factory=list, max_length=200)
    """Addresses; `*@example.org` stands for a domain."""
    template: dict[str, JsonValue] = Field(default_factory=dict)
    """By argument: what it must be, with `*` for words of the playbook's own."""
    per_day: int = Field(default=1, ge=1, le=1000)
    until: datetime | None = None
    playbook: str = ""
    words: str = Field(default="", max_length=200)


class RuleList(BaseModel):
    """Standing rules, with how often each was used today."""

    rules: list[StandingRule]
    used: dict[str, int]


class EffectList(BaseModel):
    """What happened, or is to happen, elsewhere."""

    effects: list[Effect]


class Settling(BaseModel):
    """What a person found out."""

    state: Literal["sent", "failed"]


async def rules(request: web.Request) -> web.StreamResponse:
    """Answer with all rules."""
    house = house_of(request)
    books = house.playing().books
    found = await books.rules.rules()
    day = house.clock.now().date()
    used = {rule.rule_id: await books.outgoing.used(f"rule:{rule.rule_id}", day=day) for rule in found}
    return ok({"rules": [codec.dump(rule) for rule in found], "used": used})


async def add(request: web.Request) -> web.StreamResponse:
    """Write a rule down, unsigned."""
    house, wanted = house_of(request), await read_as(request, RuleRequest)
    until = wanted.until
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=house.clock.zone)
    rule = StandingRule(
        rule_id=fresh("r"),
        tool=wanted.tool,
        recipients=tuple(one.strip() for one in wanted.recipients if one.strip()),
        template=wanted.template,
        per_day=wanted.per_day,
        until=until,
        playbook=wanted.playbook,
        words=wanted.words,
        made_at=house.clock.now(),
    )
    ruling.check(rule, await ruling.known_tools(house.playing()), house.playing().gallery_now().names())
    await house.playing().books.rules.put(rule)
    return ok(codec.dump(rule), status=201)


async def sign(request: web.Request) -> web.StreamResponse:
    """Sign a rule: from now on it covers what it says."""
    house = house_of(request)
    rule = ruling.sign(await _rule(request, house), at=house.clock.now())
    return await _kept(house, rule, by=caller_of(request).by, is_active=True)


async def revoke(request: web.Request) -> web.StreamResponse:
    """Take a rule back."""
    house = house_of(request)
    rule = ruling.revoked(await _rule(request, house), at=house.clock.now())
    return await _kept(house, rule, by=caller_of(request).by, is_active=False)


async def effects(request: web.Request) -> web.StreamResponse:
    """Answer with effects, the newest change first."""
    named = [word for word in request.query.get("state", "").split(",") if word]
    strange = next((word for word in named if word not in tuple(EffectState)), None)
    if strange is not None:
        raise UsageError(
            _("{word!r} is not a state of effects.").format(word=strange[:40]),
            hint=_("These are: {states}.").format(states=", ".join(EffectState)),
        )
    found = (
        await house_of(request)
        .playing()
        .books.outgoing.effects(run=request.query.get("run", ""), states=[EffectState(word) for word in named])
    )
    return ok({"effects": [codec.dump(effect) for effect in found]})


async def settle(request: web.Request) -> web.StreamResponse:
    """Write down what a person found out about an effect."""
    from homarus.playbooks.core.effects import settle as settled

    house, wanted = house_of(request), await read_as(request, Settling)
    effect = await settled(
        house.playing().books,
        request.match_info["effect_id"],
        EffectState(wanted.state),
        by=caller_of(request).by,
        at=house.clock.now(),
    )
    await house.store.append(NewEvent(kind=Kind.EFFECT_CHANGED, body={"effect": codec.dump(effect)}))
    return ok(codec.dump(effect))


async def _rule(request: web.Request, house: House) -> StandingRule:
    rule_id = request.match_info["rule_id"]
    rule = await house.playing().books.rules.rule(rule_id)
    if rule is None:
        raise NotFoundError(
            _("There is no standing rule {id!r}.").format(id=rule_id[:60]),
            hint=_("See them: homarus playbooks rules list"),
        )
    return rule


async def _kept(house: House, rule: StandingRule, *, by: str, is_active: bool) -> web.StreamResponse:
    await house.playing().books.rules.put(rule)
    body = {"rule": codec.dump(rule), "is_active": is_active, "by": by}
    await house.store.append(NewEvent(kind=Kind.RULE_SIGNED, body=body))
    return ok(codec.dump(rule))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/rules",
        answer=rules,
        need=Need.ADMIN,
        about="Standing rules, and how often each was used today.",
        gives=RuleList,
    ),
    Operation(
        method="POST",
        path="/api/v1/rules",
        answer=add,
        need=Need.ADMIN,
        about="Write a standing rule down; it covers nothing until it is signed.",
        takes=RuleRequest,
        gives=StandingRule,
        status=201,
    ),
    Operation(
        method="POST",
        path="/api/v1/rules/{rule_id}/sign",
        answer=sign,
        need=Need.ADMIN,
        about="Sign a standing rule, exactly as it stands.",
        gives=StandingRule,
    ),
    Operation(
        method="POST",
        path="/api/v1/rules/{rule_id}/revoke",
        answer=revoke,
        need=Need.ADMIN,
        about="Take a standing rule back, for good.",
        gives=StandingRule,
    ),
    Operation(
        method="GET",
        path="/api/v1/effects",
        answer=effects,
        need=Need.ADMIN,
        about="What happened, or is to happen, elsewhere.",
        gives=EffectList,
        parameters=(
            Parameter(name="state", about="Only in these states, with commas: `unknown,draft`."),
            Parameter(name="run", about="Only of this run."),
        ),
    ),
    Operation(
        method="POST",
        path="/api/v1/effects/{effect_id}/settle",
        answer=settle,
        need=Need.ADMIN,
        about="Say whether an effect happened of which nobody knows; it is not sent again.",
        takes=Settling,
        gives=Effect,
    ),
)
