"""The outbox: what happens elsewhere, once. Draft, approved, sending; then sent, failed, or nobody knows.

Each state is in the books before the next thing is done. An effect that was on its way when the house went down and
whose receiver knows no keys is unknown, and so is one of another run: it leaves that state by looking at the other
side, or by a person, never by sending.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from homarus.domain import codec
from homarus.domain.acts import Approval, Outcome, Receipt
from homarus.domain.books import Allowance, Books
from homarus.domain.content import JsonObject
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.events import Kind
from homarus.domain.findings import Effect, EffectState, Level
from homarus.domain.i18n import _
from homarus.domain.ids import ApprovalId, CallId, TurnId
from homarus.domain.playing import Play, Ports
from homarus.domain.speaking import Use
from homarus.playbooks.core.gathering import digest_of
from homarus.policy.standing import HeadlessCall, coverage

APPROVAL_LASTS = timedelta(hours=24)
_ENDED = {
    Outcome.DONE: EffectState.SENT,
    Outcome.FAILED: EffectState.FAILED,
    Outcome.REFUSED: EffectState.REFUSED,
    Outcome.UNKNOWN: EffectState.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a playbook wants to happen."""

    key: str
    tool: str
    arguments: JsonObject
    target: str
    level: Level
    cost_usd: float


class Outbox:
    """Carries the effects of one run from draft to their end."""

    def __init__(self, play: Play, ports: Ports) -> None:
        """Stand ready for one run."""
        self._play = play
        self._ports = ports
        self._outgoing = ports.books.outgoing

    async def carry(self, wanted: Wanted) -> Effect:
        """Take an effect as far as it goes now; the same key is the same effect at every replay and retry.

        Raises:
            Parked: while the owner must decide.
        """
        effect = await self._drafted(wanted)
        if self._play.is_dry:
            return effect
        if effect.state is EffectState.DRAFT:
            effect = await self._allowed(effect, wanted)
        if effect.state is EffectState.SENDING and effect.run != self._play.run_id:
            effect = await self._to(effect, EffectState.UNKNOWN, _("The run that sent it ended in the middle."))
        if effect.state is EffectState.APPROVED:
            effect = await self._to(effect, EffectState.SENDING, "")
        if effect.state is EffectState.SENDING:
            effect = await self._send(effect, wanted)
        if effect.state is EffectState.UNKNOWN:
            effect = await self._looked_up(effect, wanted)
        return effect

    # --- draft ----------------------------------------------------------------------------------------------------

    async def _drafted(self, wanted: Wanted) -> Effect:
        """Write the draft down, or find it; what was not sent yet and differs is a new draft that nobody approved."""
        fresh = self._fresh(wanted)
        known = await self._outgoing.draft(fresh)
        is_open = known.state in (EffectState.DRAFT, EffectState.APPROVED)
        is_again = known.state in (EffectState.FAILED, EffectState.REFUSED) and known.run != self._play.run_id
        if (is_open and known.payload_sha256 != fresh.payload_sha256) or is_again:
            return await self._outgoing.move(fresh, was=known.state)
        return known

    def _fresh(self, wanted: Wanted) -> Effect:
        idempotency_key = f"{self._play.root or self._play.run_id}:{wanted.key}"
        because = _("A dry run: it is shown and not made.") if self._play.is_dry else ""
        return Effect(
            effect_id=f"ef_{hashlib.sha256(f'{self._play.owner_id}:{idempotency_key}'.encode()).hexdigest()[:16]}",
            idempotency_key=idempotency_key,
            run=self._play.run_id,
            kind=wanted.tool,
            target=wanted.target,
            payload_sha256=digest_of(
                {"tool": wanted.tool, "arguments": wanted.arguments, "cost": wanted.cost_usd, "level": wanted.level}
            ),
            payload=wanted.arguments,
            level=wanted.level,
            state=EffectState.DRAFT,
            cost_usd=wanted.cost_usd,
            because=because,
            changed_at=self._ports.clock.now(),
        )

    # --- may it? --------------------------------------------------------------------------------------------------

    async def _allowed(self, effect: Effect, wanted: Wanted) -> Effect:
        if too_dear := self._too_dear(effect):
            return await self._to(effect, EffectState.REFUSED, too_dear)
        if wanted.level in (Level.READ, Level.SELF):
            return await self._approved(effect, f"level:{wanted.level}", per_day=None)
        ruled = await self._under_rule(effect, wanted)
        if ruled.state is not EffectState.DRAFT:
            return ruled
        return await self._asked(effect, ruled.because)

    def _too_dear(self, effect: Effect) -> str:
        limit = self._ports.money.per_effect_usd
        if effect.cost_usd <= limit and not (effect.level is Level.MONEY and limit <= 0):
            return ""
        return _(
            "It costs {cost:.3f} USD, and the limit for one is {limit:.2f} USD (`money.perEffectUsd`); "
            "only a person can raise it, in the configuration."
        ).format(cost=effect.cost_usd, limit=limit)

    async def _under_rule(self, effect: Effect, wanted: Wanted) -> Effect:
        """Approve it under a standing rule; still a draft, with the reason, when none covers it. Money always asks."""
        if wanted.level is Level.MONEY:
            return replace(effect, because=_("It costs or moves money."))
        call = HeadlessCall(
            tool=wanted.tool,
            arguments=wanted.arguments,
            keys=self._ports.acting.nature(wanted.tool).keys,
            playbook=self._play.playbook,
        )
        found = coverage(call, await self._ports.books.rules.rules(), now=self._ports.clock.now())
        if found.rule is None:
            return replace(effect, because=found.because)
        name = f"rule:{found.rule.rule_id}"
        tried = await self._approved(effect, name, per_day=found.rule.per_day)
        if tried.state is EffectState.DRAFT:
            full = _("The standing rule {id} has been used {count} times today, which is all it allows.")
            return replace(tried, because=full.format(id=found.rule.rule_id, count=found.rule.per_day))
        return tried

    async def _approved(self, effect: Effect, approval: str, *, per_day: int | None) -> Effect:
        """Approve it within the limits of the day; a full count leaves a draft, spent money refuses it."""
        ready = self._now(effect, EffectState.APPROVED, "", approval=approval)
        day = self._ports.clock.now().date()
        usd = self._ports.money.per_day_usd if effect.cost_usd > 0 else None
        allowance = Allowance(day=day, per_day=per_day, usd_per_day=usd)
        if await self._outgoing.approve(ready, allowance=allowance):
            await self._note(ready)
            return ready
        standing = await self._outgoing.effect(effect.effect_id) or effect
        is_full = per_day is not None and await self._outgoing.used(approval, day=day) >= per_day
        if standing.state is not EffectState.DRAFT or is_full:
            return standing
        spent = _("Today's effects would cost more than {limit:.2f} USD together (`money.perDayUsd`).")
        return await self._to(effect, EffectState.REFUSED, spent.format(limit=self._ports.money.per_day_usd))

    async def _asked(self, effect: Effect, because: str) -> Effect:
        approval = await self._question(effect, because)
        topic = f"approval:{approval.approval_id}"
        decided = await self._ports.journal.wait(topic, deadline=approval.expires_at)
        if decided is None:
            return await self._to(effect, EffectState.REFUSED, _("Nobody answered in time."))
        is_yes = str(decided.get("decision")) in ("once", "session")
        if not is_yes or decided.get("fingerprint") != approval.fingerprint:
            reason = str(decided.get("reason") or "").strip()
            no = _("The owner said no: “{reason}”").format(reason=reason) if reason else _("The owner said no.")
            return await self._to(effect, EffectState.REFUSED, no)
        return await self._approved(effect, topic, per_day=1)

    async def _question(self, effect: Effect, because: str) -> Approval:
        async def put() -> JsonObject:
            now = self._ports.clock.now()
            mark = hashlib.sha256(
                f"{self._play.run_id}:{effect.effect_id}:{effect.payload_sha256}".encode()
            ).hexdigest()
            approval = Approval(
                approval_id=ApprovalId(f"ap_{mark[:12]}"),
                turn_id=TurnId(self._play.run_id),
                session=self._play.session,
                call_id=CallId(effect.effect_id),
                tool=effect.kind,
                arguments=effect.payload,
                fingerprint=effect.payload_sha256,
                because=because,
                sources=(),
                asked_at=now,
                expires_at=now + APPROVAL_LASTS,
            )
            return {"approval": codec.dump(approval), "effect": effect.effect_id, "target": effect.target}

        key = f"{effect.effect_id}:asked:{effect.payload_sha256[:12]}"
        body = await self._ports.journal.step(key, put, kind=Kind.APPROVAL_ASKED)
        return codec.load(Approval, body["approval"])

    # --- do it ----------------------------------------------------------------------------------------------------

    async def _send(self, effect: Effect, wanted: Wanted) -> Effect:
        use = Use(
            run=self._play.run_id,
            step=f"{wanted.key}:send",
            tool=effect.kind,
            arguments=wanted.arguments,
            idempotency_key=effect.idempotency_key,
            permit=effect.approval,
        )
        receipt = (await self._ports.acting(use)).receipt
        return await self._to(
            effect, _ENDED[receipt.outcome], _words(receipt), remote_id=_remote(receipt) or effect.remote_id
        )

    async def _looked_up(self, effect: Effect, wanted: Wanted) -> Effect:
        """Ask the other side whether it happened, where the tool has a way to; else it stays unknown."""
        look_up = self._ports.acting.nature(effect.kind).look_up
        if not look_up:
            return effect
        arguments: JsonObject = {"idempotency_key": effect.idempotency_key, "arguments": wanted.arguments}
        use = Use(run=self._play.run_id, step=f"{wanted.key}:look", tool=look_up, arguments=arguments, permit="look-up")
        receipt = (await self._ports.acting(use)).receipt
        found = receipt.facts.get("found") if receipt.outcome is Outcome.DONE else None
        if found is True:
            return await self._to(
                effect, EffectState.SENT, _("It was found at the other side."), remote_id=_remote(receipt)
            )
        if found is False:
            return await self._to(effect, EffectState.FAILED, _("It is not at the other side."))
        return effect

    # --- the books ------------------------------------------------------------------------------------------------

    async def _to(self, effect: Effect, state: EffectState, because: str, *, remote_id: str = "") -> Effect:
        moved = await self._outgoing.move(
            self._now(effect, state, because, remote_id=remote_id or effect.remote_id), was=effect.state
        )
        await self._note(moved)
        return moved

    def _now(
        self, effect: Effect, state: EffectState, because: str, *, approval: str = "", remote_id: str = ""
    ) -> Effect:
        return replace(
            effect,
            state=state,
            because=because,
            approval=approval or effect.approval,
            remote_id=remote_id or effect.remote_id,
            changed_at=self._ports.clock.now(),
        )

    async def _note(self, effect: Effect) -> None:
        async def body() -> JsonObject:
            return {"effect": codec.dump(effect)}

        key = f"{effect.effect_id}:{effect.state}:{effect.payload_sha256[:12]}"
        await self._ports.journal.step(key, body, kind=Kind.EFFECT_CHANGED)


async def settle(books: Books, effect_id: str, state: EffectState, *, by: str, at: datetime) -> Effect:
    """Write down what a person found out about an effect of which nobody knew whether it happened.

    Raises:
        NotFoundError: when there is no such effect.
        UsageError: when it is not unknown, or the state is neither `sent` nor `failed`.
    """
    effect = await books.outgoing.effect(effect_id)
    if effect is None:
        raise NotFoundError(
            _("There is no effect {id!r}.").format(id=effect_id), hint=_("See them: homarus playbooks effects")
        )
    if state not in (EffectState.SENT, EffectState.FAILED):
        raise UsageError(
            _("An effect is settled as `sent` or `failed`, not as {state!r}.").format(state=state.value),
            hint=_("Look where it would show, then: homarus playbooks effects settle {id} sent").format(id=effect_id),
        )
    settled = replace(effect, state=state, because=_("{who} looked.").format(who=by), changed_at=at)
    moved = await books.outgoing.move(settled, was=EffectState.UNKNOWN)
    if effect.state is not EffectState.UNKNOWN or moved.state is not state:
        raise UsageError(
            _("{id!r} is {state}, so there is nothing to settle.").format(id=effect_id, state=moved.state.value),
            hint=_("Only what is unknown is settled by a person."),
        )
    return moved


def _words(receipt: Receipt) -> str:
    return receipt.summary


def _remote(receipt: Receipt) -> str:
    return str(cast("object", receipt.facts.get("remote_id")) or "")
