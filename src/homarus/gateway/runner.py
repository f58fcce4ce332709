"""Run one turn from its log to its reply, however often it takes: the same code after a restart as before.

This is one of the three places where everything is caught: whatever breaks, the person gets words and the log a trace.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import HomarusError, StateError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Parked, Run, Store, Watcher
from homarus.domain.turns import Asked, Ended, Inbound, Moment, Reply, Retracted, Said
from homarus.gateway.intake import Intake
from homarus.gateway.moments import Moments
from homarus.gateway.outbox import Outbox
from homarus.gateway.salvage import salvage

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A message whose turn has begun."""

    turn: TurnId
    inbound: Inbound
    accepted_at: datetime
    history_seq: int
    """The last event that the turn's past may contain."""


class Answering(Protocol):
    """Whoever answers a message: an agent, or the house for a slash command."""

    async def __call__(self, begun: Begun, run: Run, watch: Watcher) -> Reply:
        """Return the reply, written down."""
        ...


class Runner:
    """Runs turns; `run_one` is what a lane calls."""

    def __init__(
        self,
        *,
        store: Store,
        intake: Intake,
        moments: Moments,
        outbox: Outbox,
        journal: Callable[[TurnId, Sequence[Event]], Run],
        answering: Answering,
        redacted: Callable[[str], str],
        before: Callable[[Event], Awaitable[None]] | None = None,
    ) -> None:
        """Take everything a turn needs; `before` is told of each message before its past is looked at."""
        self._store = store
        self._intake = intake
        self._moments = moments
        self._outbox = outbox
        self._journal = journal
        self._answering = answering
        self._redacted = redacted
        self._before = before

    async def run_one(self, turn: TurnId) -> None:
        """Bring a turn to its reply, or to where it waits for a person; one that cannot be written down stays open."""
        said = _Said()
        try:
            try:
                await self._bring_to_reply(turn, said)
            except asyncio.CancelledError:
                if await self._store.find(f"{turn}:stopped") is None:
                    raise  # the gateway goes down; the next start goes on
                task = asyncio.current_task()
                assert task is not None
                task.uncancel()
                await self._bring_to_reply(turn, said)
        except Exception as error:  # noqa: BLE001 - a turn that fails must not end the lanes of the others
            _LOG.exception("turn %s stays open", turn)
            self._moments.publish(turn, Ended(reply=await self._unwritten(turn, error)))

    async def _bring_to_reply(self, turn: TurnId, said: "_Said") -> None:
        events = await self._store.of_turn(turn)
        if not events or any(event.kind is Kind.REPLY_WRITTEN for event in events):
            return
        inbound = await self._intake.read(events[0])
        run = self._journal(turn, events)
        was_stopped = any(event.kind is Kind.TURN_STOPPED for event in events)
        try:
            if was_stopped:
                reply = await self._stopped(turn, inbound, run, said)
            else:
                reply = await self._answer(events[0], inbound, run, said)
        except Parked:
            return
        await self._close(reply, inbound)

    async def _answer(self, accepted: Event, inbound: Inbound, run: Run, said: "_Said") -> Reply:
        turn = accepted.turn
        assert turn is not None

        def watch(moment: Moment) -> None:
            said.note(moment)
            self._moments.publish(turn, moment)
            if isinstance(moment, Asked):
                self._outbox.ask(moment.approval, inbound)

        try:
            started = await run.step("start", lambda: self._start(accepted), kind=Kind.TURN_STARTED)
            seq = started["history_seq"]
            assert isinstance(seq, int)
            begun = Begun(turn=turn, inbound=inbound, accepted_at=accepted.at, history_seq=seq)
            return await self._answering(begun, run, watch)
        except Parked:
            raise
        except HomarusError as error:
            return await self._failed(turn, inbound, run, error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - a turn never ends without words
            await self._report(turn, inbound, error)
            sentence = _("Something broke that should not: {error}").format(error=type(error).__name__)
            return await self._failed(
                turn, inbound, run, sentence, _("`homarus logs` has the details; then try again.")
            )

    async def _unwritten(self, turn: TurnId, error: Exception) -> Reply:
        """Return words for a watcher when not even those could be written down."""
        session = SessionKey("")
        if not isinstance(error, StateError):
            events = await self._store.of_turn(turn)
            session = (events[0].session if events else None) or session
        told = error if isinstance(error, HomarusError) else None
        return Reply(
            turn_id=turn,
            session=session,
            text=told.message if told else _("This could not be written down: {error}").format(error=error),
            route=None,
            is_error=True,
            hint=told.hint if told else _("Your message is safe. `homarus doctor` says what is wrong."),
        )

    async def _start(self, accepted: Event) -> JsonObject:
        if self._before is not None:
            await self._before(accepted)
        return {"history_seq": await self._store.last_seq()}

    async def _stopped(self, turn: TurnId, inbound: Inbound, run: Run, said: "_Said") -> Reply:
        known = salvage(await self._store.of_turn(turn))
        reply = Reply(
            turn_id=turn,
            session=inbound.session,
            text=said.text or _("Stopped before there was an answer."),
            route=known.route,
            usage=known.usage,
            receipts=known.receipts,
            notices=(_("You stopped this answer."),) if said.text else (),
        )
        return await self._write(run, reply, inbound)

    async def _failed(self, turn: TurnId, inbound: Inbound, run: Run, message: str, hint: str) -> Reply:
        known = salvage(await self._store.of_turn(turn))
        reply = Reply(
            turn_id=turn,
            session=inbound.session,
            text=message,
            route=known.route,
            usage=known.usage,
            receipts=known.receipts,
            is_error=True,
            hint=hint,
        )
        return await self._write(run, reply, inbound)

    @staticmethod
    async def _write(run: Run, reply: Reply, inbound: Inbound) -> Reply:
        """Write a reply of the house; when the agent's own stands there already, that one counts."""

        async def body() -> JsonObject:
            return {
                "reply": codec.dump(reply),
                "messages": [],
                "channel": inbound.channel,
                "to": inbound.reply_to,
            }

        written = await run.step("reply", body, kind=Kind.REPLY_WRITTEN)
        return codec.load(Reply, written["reply"])

    async def _close(self, reply: Reply, inbound: Inbound) -> None:
        self._moments.publish(reply.turn_id, Ended(reply=reply))
        self._outbox.deliver(reply, channel=inbound.channel, to=inbound.reply_to)

    async def _report(self, turn: TurnId, inbound: Inbound, error: Exception) -> None:
        trace = "".join(traceback.format_exception(error))
        body = {"where": "turn", "error": self._redacted(repr(error)), "trace": self._redacted(trace)[-8000:]}
        await self._store.append(NewEvent(kind=Kind.FAILED, body=body, session=inbound.session, turn=turn))


class _Said:
    """What a person has seen of an answer, kept for when it is stopped."""

    def __init__(self) -> None:
        self.text = ""

    def note(self, moment: Moment) -> None:
        """Look at a moment."""
        if isinstance(moment, Said):
            self.text += moment.text
        elif isinstance(moment, Retracted):
            self.text = ""
