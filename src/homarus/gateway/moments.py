"""What happens during turns, for whoever watches: a snapshot first, then the rest as it comes.

Moments live in memory only. A watcher that comes late or again gets what was said so far in one piece; when the turn
is over, its reply comes from the log.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from homarus.domain import codec
from homarus.domain.ids import TurnId
from homarus.domain.turns import (
    Acted,
    Asked,
    Ended,
    Moment,
    Noticed,
    Reply,
    Retracted,
    Routed,
    Said,
    Thought,
    Waiting,
)
from homarus.gateway.redacting import Passing, Redacting

_BACKLOG = 4096
"""Moments that a slow watcher may be behind before it is given a fresh snapshot instead."""


@dataclass(slots=True)
class _Watched:
    """What a turn has shown so far."""

    said: list[str] = field(default_factory=list[str])
    thought: list[str] = field(default_factory=list[str])
    waiting: Waiting | None = None
    routed: Routed | None = None
    kept: list[Moment] = field(default_factory=list[Moment])
    ended: Ended | None = None
    watchers: list[asyncio.Queue[Moment]] = field(default_factory=list[asyncio.Queue[Moment]])
    saying: Passing | None = None
    """Takes secrets out of what is said; an end that may be the beginning of one waits in it."""
    thinking: Passing | None = None

    def note(self, moment: Moment) -> None:
        match moment:
            case Said():
                self.said.append(moment.text)
                self.waiting = None
            case Thought():
                self.thought.append(moment.text)
            case Waiting():
                self.waiting = moment
            case Routed():
                self.routed = moment
            case Retracted():
                self.said.clear()
                self.thought.clear()
            case Acted() | Asked() | Noticed():
                self.kept.append(moment)
            case Ended():
                self.ended = moment

    def snapshot(self) -> list[Moment]:
        moments: list[Moment] = [self.routed] if self.routed else []
        moments += self.kept
        if self.thought:
            moments.append(Thought(text="".join(self.thought)))
        if self.said:
            moments.append(Said(text="".join(self.said)))
        if self.waiting and not self.ended:
            moments.append(self.waiting)
        if self.ended:
            moments.append(self.ended)
        return moments


class Moments:
    """A board per running turn that faces look at."""

    def __init__(
        self, reply_of: Callable[[TurnId], Awaitable[Reply | None]], *, redacting: Redacting | None = None
    ) -> None:
        self._reply_of = reply_of
        self._redacting = redacting
        self._boards: dict[TurnId, _Watched] = {}

    def open(self, turn: TurnId) -> None:
        """Make a board for a turn that was accepted, so that its watchers wait for it."""
        self._boards.setdefault(turn, _Watched())

    def has(self, turn: TurnId) -> bool:
        """Whether somebody watches a turn, or it was accepted here."""
        return turn in self._boards

    def publish(self, turn: TurnId, moment: Moment) -> None:
        """Show a moment to everybody who watches the turn."""
        board = self._boards.setdefault(turn, _Watched())
        shown = (moment,) if self._redacting is None else _without_secrets(board, moment, self._redacting)
        for part in shown:
            board.note(part)
            for queue in tuple(board.watchers):
                self._offer(board, queue, part)
        if isinstance(moment, Ended):
            # From here on the log answers; those who watch hold the board until they have read it.
            del self._boards[turn]

    async def watch(self, turn: TurnId) -> AsyncIterator[Moment]:
        """Yield what has happened in the turn so far, then the rest; `Ended` is the last."""
        board = self._boards.get(turn)
        if board is None:
            reply = await self._reply_of(turn)
            if reply is not None:
                for moment in _of_reply(reply):
                    yield moment
                return
            board = self._boards.setdefault(turn, _Watched())
        queue: asyncio.Queue[Moment] = asyncio.Queue(_BACKLOG)
        for moment in board.snapshot():
            queue.put_nowait(moment)
        board.watchers.append(queue)
        try:
            while True:
                moment = await queue.get()
                yield moment
                if isinstance(moment, Ended):
                    return
        finally:
            board.watchers.remove(queue)

    @staticmethod
    def _offer(board: _Watched, queue: asyncio.Queue[Moment], moment: Moment) -> None:
        if not queue.full():
            queue.put_nowait(moment)
            return
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(Retracted(because=""))
        for again in board.snapshot():
            queue.put_nowait(again)


def _without_secrets(board: _Watched, moment: Moment, redacting: Redacting) -> tuple[Moment, ...]:
    """Return what may be shown of a moment, after what was held back so far if that was no secret."""
    if isinstance(moment, Said):
        board.saying = board.saying or redacting.texts()
        text = board.saying.next(moment.text)
        return (Said(text=text),) if text else ()
    if isinstance(moment, Thought):
        board.thinking = board.thinking or redacting.texts()
        text = board.thinking.next(moment.text)
        return (Thought(text=text),) if text else ()
    thought = board.thinking.rest() if board.thinking else ""
    said = board.saying.rest() if board.saying else ""
    held: list[Moment] = [Thought(text=thought)] if thought else []
    held += [Said(text=said)] if said else []
    dumped = codec.dump(moment)
    clean = redacting.value(dumped)
    return (*held, moment if clean == dumped else codec.load(type(moment), clean))


def _of_reply(reply: Reply) -> list[Moment]:
    moments: list[Moment] = [Routed(route=reply.route)] if reply.route else []
    moments += [Acted(receipt=receipt) for receipt in reply.receipts]
    moments += [Noticed(text=notice) for notice in reply.notices]
    if reply.text:
        moments.append(Said(text=reply.text))
    return [*moments, Ended(reply=reply)]
