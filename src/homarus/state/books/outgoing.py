"""What is on its way to somewhere else: each thing is a row that changes only from where it is known to be."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from homarus.domain import codec
from homarus.domain.books import Allowance
from homarus.domain.findings import Effect, EffectState
from homarus.state.books.pages import Page, body_of, stamp
from homarus.state.ledger import Pen, clean
from homarus.state.statements import Value

_COUNTED = "('approved', 'sending', 'sent', 'unknown')"
_DRAFT = (
    "INSERT INTO effects (owner_id, effect_id, idempotency_key, run_id, state, approval, approved_day, cost_usd, "
    "changed_at, body) VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?) ON CONFLICT DO NOTHING"
)
_BY_KEY = "SELECT body FROM effects WHERE owner_id = ? AND idempotency_key = ?"
_BY_ID = "SELECT body FROM effects WHERE owner_id = ? AND effect_id = ?"
_MOVE = (
    "UPDATE effects SET run_id = ?, state = ?, approval = ?, cost_usd = ?, changed_at = ?, body = ? "
    "WHERE owner_id = ? AND effect_id = ? AND state = ?"
)
_DAY = "UPDATE effects SET approved_day = ? WHERE owner_id = ? AND effect_id = ?"
_LOCK = (
    "INSERT INTO effect_days (owner_id, day, tries) VALUES (?, ?, 1) "
    "ON CONFLICT (owner_id, day) DO UPDATE SET tries = effect_days.tries + 1"
)
_USED = f"SELECT COUNT(*) FROM effects WHERE owner_id = ? AND approved_day = ? AND approval = ? AND state IN {_COUNTED}"  # noqa: S608 - a constant
_SPENT = (
    f"SELECT COALESCE(SUM(cost_usd), 0) FROM effects WHERE owner_id = ? AND approved_day = ? AND state IN {_COUNTED}"  # noqa: S608 - a constant
)
_ALL = "SELECT body FROM effects WHERE owner_id = ?"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class StoredOutgoing(Page):
    """Implements `domain.books.Outgoing`; everything is on the disk before it returns."""

    async def draft(self, effect: Effect) -> Effect:
        """Write an effect down, or return the one that has its idempotency key already."""

        def write(pen: Pen) -> Effect:
            key = (self.owner, effect.effect_id, clean(effect.idempotency_key), effect.run)
            row = (effect.state.value, effect.approval, effect.cost_usd, _changed(effect), _body(pen, effect))
            pen.sql.execute(_DRAFT, (*key, *row))
            found = pen.sql.execute(_BY_KEY, (self.owner, clean(effect.idempotency_key))).fetchone()
            return body_of(Effect, found[0])

        return await self.write(write)

    async def move(self, effect: Effect, *, was: EffectState) -> Effect:
        """Write an effect down as it is now, if it still is in the state `was`; else return it as it is."""
        return await self.write(lambda pen: self._moved(pen, effect, was))

    async def effect(self, effect_id: str) -> Effect | None:
        """Return an effect."""
        found = await self.rows(_BY_ID, effect_id)
        return body_of(Effect, found[0][0]) if found else None

    async def effects(
        self, *, run: str = "", states: Sequence[EffectState] = (), limit: int = 200
    ) -> tuple[Effect, ...]:
        """Return effects, the newest change first."""
        query, values = _ALL, list[Value]()
        if run:
            query, values = f"{query} AND run_id = ?", [*values, run]
        if states:
            query = f"{query} AND state IN ({', '.join('?' for _ in states)})"
            values += [state.value for state in states]
        found = await self.rows(f"{query} ORDER BY changed_at DESC, effect_id LIMIT ?", *values, limit)
        return tuple(body_of(Effect, body) for (body,) in found)

    async def approve(self, effect: Effect, *, allowance: Allowance) -> bool:
        """Move a draft to `approved`, if the day has room for it; counted in the same transaction."""

        def write(pen: Pen) -> bool:
            day = allowance.day.isoformat()
            pen.sql.execute(_LOCK, (self.owner, day))
            (used,) = pen.sql.execute(_USED, (self.owner, day, effect.approval)).fetchone()
            (spent,) = pen.sql.execute(_SPENT, (self.owner, day)).fetchone()
            if allowance.per_day is not None and used >= allowance.per_day:
                return False
            if allowance.usd_per_day is not None and spent + effect.cost_usd > allowance.usd_per_day + 1e-9:
                return False
            if not self._is_moved(pen, effect, EffectState.DRAFT):
                return False
            pen.sql.execute(_DAY, (day, self.owner, effect.effect_id))
            return True

        return await self.write(write)

    async def used(self, approval: str, *, day: date) -> int:
        """Return how many effects this approval or rule let go on a day."""
        ((count,),) = await self.rows(_USED, day.isoformat(), approval)
        return int(count or 0)

    def _moved(self, pen: Pen, effect: Effect, was: EffectState) -> Effect:
        self._is_moved(pen, effect, was)
        found = pen.sql.execute(_BY_ID, (self.owner, effect.effect_id)).fetchone()
        return body_of(Effect, found[0])

    def _is_moved(self, pen: Pen, effect: Effect, was: EffectState) -> bool:
        now = (effect.run, effect.state.value, effect.approval, effect.cost_usd, _changed(effect), _body(pen, effect))
        done = pen.sql.execute(_MOVE, (*now, self.owner, effect.effect_id, was.value))
        return done.rowcount > 0


def _changed(effect: Effect) -> str:
    return stamp(effect.changed_at or _NEVER)


def _body(pen: Pen, effect: Effect) -> str:
    return pen.encoded(codec.dump(effect))
