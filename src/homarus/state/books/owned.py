"""What the owner and playbooks keep over days: notes for later runs, standing rules, action items."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from homarus.domain import codec
from homarus.domain.books import StandingRule
from homarus.domain.content import JsonObject
from homarus.domain.findings import ActionItem
from homarus.state.books.pages import Page, body_of, object_of, stamp
from homarus.state.ledger import Pen, clean

_PUT_NOTE = (
    "INSERT INTO playbook_notes (owner_id, playbook, kind, key, body) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (owner_id, playbook, kind, key) DO UPDATE SET body = excluded.body"
)
_DROP_NOTE = "DELETE FROM playbook_notes WHERE owner_id = ? AND playbook = ? AND kind = ? AND key = ?"
_NOTES = "SELECT key, body FROM playbook_notes WHERE owner_id = ? AND playbook = ? AND kind = ? ORDER BY key"
_PUT_RULE = (
    "INSERT INTO standing_rules (owner_id, rule_id, made_at, body) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (owner_id, rule_id) DO UPDATE SET body = excluded.body"
)
_RULE = "SELECT body FROM standing_rules WHERE owner_id = ? AND rule_id = ?"
_RULES = "SELECT body FROM standing_rules WHERE owner_id = ? ORDER BY made_at, rule_id"
_ITEM = "SELECT body FROM action_items WHERE owner_id = ? AND key = ?"
_PUT_ITEM = (
    "INSERT INTO action_items (owner_id, key, run_id, is_done, score, changed_at, body) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (owner_id, key) DO UPDATE SET run_id = excluded.run_id, is_done = excluded.is_done, "
    "score = excluded.score, changed_at = excluded.changed_at, body = excluded.body"
)
_TICK = "UPDATE action_items SET is_done = ?, changed_at = ?, body = ? WHERE owner_id = ? AND key = ?"
_DONE = "SELECT key FROM action_items WHERE owner_id = ? AND is_done = 1 ORDER BY key"
_OPEN = "SELECT body FROM action_items WHERE owner_id = ? AND is_done = 0 ORDER BY score DESC, key LIMIT ?"


class StoredNotebook(Page):
    """Implements `domain.books.Notebook`."""

    async def put(self, playbook: str, kind: str, key: str, body: JsonObject) -> None:
        """Write something down, in place of what was there."""
        row = (self.owner, clean(playbook), clean(kind), clean(key))
        await self.write(lambda pen: pen.sql.execute(_PUT_NOTE, (*row, pen.encoded(body))), synced=False)

    async def drop(self, playbook: str, kind: str, key: str) -> bool:
        """Forget something; tell whether it was there."""
        row = (self.owner, clean(playbook), clean(kind), clean(key))
        return await self.write(lambda pen: pen.sql.execute(_DROP_NOTE, row).rowcount > 0, synced=False)

    async def all(self, playbook: str, kind: str) -> Mapping[str, JsonObject]:
        """Return everything of a kind, in the order of the keys."""
        found = await self.rows(_NOTES, clean(playbook), clean(kind))
        return {str(key): object_of(body) for key, body in found}


class StoredRules(Page):
    """Implements `domain.books.Rules`."""

    async def put(self, rule: StandingRule) -> None:
        """Write a rule down, in place of what had its id."""
        row = (self.owner, rule.rule_id, stamp(rule.made_at))
        await self.write(lambda pen: pen.sql.execute(_PUT_RULE, (*row, pen.encoded(codec.dump(rule)))))

    async def rule(self, rule_id: str) -> StandingRule | None:
        """Return a rule."""
        found = await self.rows(_RULE, clean(rule_id))
        return body_of(StandingRule, found[0][0]) if found else None

    async def rules(self) -> tuple[StandingRule, ...]:
        """Return all rules, the oldest first, revoked ones too."""
        return tuple(body_of(StandingRule, body) for (body,) in await self.rows(_RULES))


class StoredItems(Page):
    """Implements `domain.books.Items`."""

    async def see(self, run: str, item: ActionItem, *, at: datetime) -> ActionItem:
        """Write an item down; one whose key is known keeps when it was first seen and whether it is done."""

        def write(pen: Pen) -> ActionItem:
            found = pen.sql.execute(_ITEM, (self.owner, clean(item.key))).fetchone()
            known = body_of(ActionItem, found[0]) if found else None
            first = known.first_seen if known else (item.first_seen or at)
            seen = replace(item, first_seen=first, is_done=known.is_done if known else item.is_done)
            row = (int(seen.is_done), seen.score, stamp(at), pen.encoded(codec.dump(seen)))
            pen.sql.execute(_PUT_ITEM, (self.owner, clean(item.key), run, *row))
            return seen

        return await self.write(write, synced=False)

    async def tick(self, key: str, *, is_done: bool, at: datetime) -> ActionItem | None:
        """Note whether an item is done, and return it; `None` when there is no such item."""

        def write(pen: Pen) -> ActionItem | None:
            found = pen.sql.execute(_ITEM, (self.owner, clean(key))).fetchone()
            if not found:
                return None
            item = replace(body_of(ActionItem, found[0]), is_done=is_done)
            row = (int(is_done), stamp(at), pen.encoded(codec.dump(item)))
            pen.sql.execute(_TICK, (*row, self.owner, clean(key)))
            return item

        return await self.write(write)

    async def item(self, key: str) -> ActionItem | None:
        """Return an item."""
        found = await self.rows(_ITEM, clean(key))
        return body_of(ActionItem, found[0][0]) if found else None

    async def done(self) -> tuple[str, ...]:
        """Return the keys of what is done."""
        return tuple(str(key) for (key,) in await self.rows(_DONE))

    async def open_items(self, *, limit: int = 100) -> tuple[ActionItem, ...]:
        """Return what is not done, highest score first."""
        return tuple(body_of(ActionItem, body) for (body,) in await self.rows(_OPEN, limit))
