"""Conversations as a person looks at them: a list, what was said, and a search over all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from homarus.domain.errors import NotFoundError
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.state.database import Database
from homarus.state.ledger import event_of, from_us
from homarus.state.statements import Sql
from homarus.state.wording import words_of

HISTORY = (Kind.INBOUND_ACCEPTED, Kind.REPLY_WRITTEN, Kind.SESSION_COMPACTED, Kind.SESSION_RESET)
_LOOKED_AT = 4
"""Times as many as are wanted, so that stock phrases do not crowd out what somebody said."""
_BUILT_IN = "embedded"
_ERRAND = ":errand:"
"""What runs ask models is found by their runs, not among what people said."""
_COLUMNS = "session, agent, channel, title, first_us, last_us, turns, replies"
_STATE = (
    "(SELECT CASE WHEN count(*) = 0 THEN 'idle' WHEN sum(CASE state WHEN 'parked' THEN 1 ELSE 0 END) > 0 "
    "THEN 'needs_you' ELSE 'working' END "
    "FROM turns AS t WHERE t.owner_id = s.owner_id AND t.session = s.session AND t.state <> 'done')"
)


class Among(StrEnum):
    """Which conversations are looked at."""

    CHATS = "chats"
    """Those that somebody began."""
    AUTOMATION = "automation"
    """Those of runs, errands and hooks."""
    ALL = "all"


_AMONG = {
    Among.CHATS: "AND channel NOT IN ('errand', 'job', 'hook', 'heartbeat')",
    Among.AUTOMATION: "AND channel IN ('errand', 'job', 'hook', 'heartbeat')",
    Among.ALL: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCard:
    """A conversation in one line."""

    session: SessionKey
    agent: AgentId
    channel: str
    """Where it began."""
    title: str
    first_at: datetime
    last_at: datetime
    turns: int
    replies: int
    state: str
    """`idle`, `working` or `needs_you`."""


class Sessions:
    """Reads conversations from the log and its views; costs do not grow with their length."""

    def __init__(self, store: Database) -> None:
        self._store = store

    async def cards(self, limit: int = 100, *, among: Among = Among.CHATS) -> tuple[SessionCard, ...]:
        """Return the conversations, the one with the newest message first."""
        return await self._cards(f"{_AMONG[among]} ORDER BY last_us DESC, session LIMIT ?", limit)

    async def card(self, session: SessionKey) -> SessionCard:
        """Return one conversation.

        Raises:
            NotFoundError: when nothing was ever said there.
        """
        found = await self._cards("AND session = ?", session.encode("utf-8", "replace").decode())
        if not found:
            raise NotFoundError(
                _("There is no session {session!r}.").format(session=session), hint=_("See `homarus sessions list`.")
            )
        return found[0]

    async def history(self, session: SessionKey, *, after_seq: int = 0) -> tuple[Event, ...]:
        """Return what a model or a person is shown of a conversation: messages, replies, compactions, resets.

        Read it once and then only what is new (`after_seq` = the last event's `seq`).
        """
        return await self._store.of_session(session, after_seq=after_seq, kinds=HISTORY)

    async def search(self, query: str, *, limit: int = 20) -> tuple[Event, ...]:
        """Return messages and replies that have all the words, best first; any text is a valid query.

        What the house says in the same words to everybody (how to use it, what went wrong) comes last.
        """
        words, wording = words_of(query), self._store.wording
        if not words:
            return ()

        def find(sql: Sql) -> list[tuple[int, str, int, str, str | None, str | None, str | None, str]]:
            asked = (wording.all_of(words), _LOOKED_AT * limit, self._store.owner_id)
            return sql.execute(wording.messages, asked).fetchall()

        rows = [event_of(row) for row in await self._store.read(find)]
        found = [event for event in rows if _ERRAND not in (event.session or "")]
        return tuple(sorted(found, key=_is_stock)[:limit])

    async def _cards(self, where: str, value: str | int) -> tuple[SessionCard, ...]:
        query = f"SELECT {_COLUMNS}, {_STATE} FROM sessions AS s WHERE owner_id = ? {where}"  # noqa: S608 - constants
        rows = await self._store.read(lambda sql: sql.execute(query, (self._store.owner_id, value)).fetchall())
        return tuple(
            SessionCard(
                session=SessionKey(row[0]),
                agent=AgentId(row[1]),
                channel=row[2],
                title=row[3],
                first_at=from_us(row[4]),
                last_at=from_us(row[5]),
                turns=row[6],
                replies=row[7],
                state=row[8],
            )
            for row in rows
        )


def _is_stock(event: Event) -> bool:
    """Whether a reply is the house's own: a command's, an error's, or the built-in model's that did nothing."""
    reply = event.body.get("reply")
    if not isinstance(reply, Mapping):
        return False
    route = reply.get("route")
    model = route.get("model") if isinstance(route, Mapping) else None
    is_built_in = isinstance(model, Mapping) and model.get("provider") == _BUILT_IN
    return bool(reply.get("is_error")) or route is None or (is_built_in and not reply.get("receipts"))
