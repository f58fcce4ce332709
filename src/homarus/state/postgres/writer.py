"""The one thread of this process that writes to Postgres: what waits goes into one transaction, in order.

Each transaction first locks the row `head`. So all processes write one after the other: events have numbers without
gaps, nobody sees a later one before an earlier one, and each row's hash follows the one before it. The same lock is
where a process that was declared dead finds that out: nothing that it still has in hand is written.

`synced` waits for the server's disk; without, the transaction joins a later flush (`synchronous_commit = off`), in the
same order. When the connection breaks, what was not committed is done again; where a commit was under way, the
server is asked whether it happened before anything is repeated or acknowledged.
"""

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Protocol, TypeVar

from homarus.domain.errors import HomarusError, StateError
from homarus.domain.events import Event
from homarus.domain.i18n import _
from homarus.state.batches import Batches, Job, Work
from homarus.state.chain import Anchor, Head
from homarus.state.ledger import Pen
from homarus.state.postgres.connecting import LostError, Speech, connect
from homarus.state.postgres.hurrying import Hurry
from homarus.state.statements import Sql

T = TypeVar("T")
CHANNEL: Final = "homarus_log"
"""What is notified, with the number of the newest event."""
_PATIENCE_S = 20.0
_LONGEST_PAUSE_S = 1.0
_REMEMBERED = 4096
_log = logging.getLogger(__name__)


class Alive(Protocol):
    """Which process this is, to the others."""

    @property
    def process(self) -> str:
        """The id that it writes under."""
        ...

    def reborn(self, speech: Speech) -> None:
        """Become another process: the others have buried this one."""
        ...


class _Apart:
    """Undo a piece of work that fails, without touching the others of the batch, and keep its error for its caller."""

    def __init__(self, speech: Speech, job: Job, *, is_alone: bool) -> None:
        self._speech = speech
        self._job = job
        self._is_alone = is_alone

    def __enter__(self) -> None:
        self._job.error = None
        if not self._is_alone:
            self._speech.execute("SAVEPOINT work", None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, LostError):
            return False  # the whole batch is off
        if error is None:
            if not self._is_alone:
                self._speech.execute("RELEASE work", None)
            return True
        self._speech.execute("ROLLBACK; BEGIN" if self._is_alone else "ROLLBACK TO work; RELEASE work", None)
        self._job.error = error
        return True


class PostgresWriter:
    """Owns the writing connection; runs until it is closed."""

    def __init__(
        self,
        address: str,
        *,
        head: Head,
        anchor: Anchor,
        alive: Alive,
        project: Callable[[Sql, Event], None],
    ) -> None:
        self.head = head
        """The newest event that this process has seen or written."""
        self.redacted: Callable[[str], str] | None = None
        """Takes secrets out of the JSON of a body before it is written; called in the writer's thread."""
        self.patience_s = _PATIENCE_S
        """How long a server that went away is waited for before what waits fails."""
        self.trouble: StateError | None = None
        """Why nothing can be written now."""
        self._address = address
        self._anchor = anchor
        self._alive = alive
        self._project = project
        self._speech: Speech | None = None
        self._mark = ""
        self._marked_by = ""
        self._is_ending = False
        self._began_after = head.seq
        self._reached = head
        self._own: deque[range] = deque(maxlen=_REMEMBERED)
        self._batches = Batches(commit=self._commit, finish=self._finish)
        self._batches.start()

    async def write(self, work: Work[T], *, synced: bool = True) -> T:
        """Run `work` in the writer's transaction and return its result when that is committed.

        Raises:
            StateError: when the server stays away or refuses; nothing of this work was written.
        """
        return await self._batches.write(work, synced=synced)

    def post(self, work: Work[object]) -> None:
        """Leave work that nobody waits for; a failure is logged."""
        self._batches.post(work)

    def wrote(self, seq: int) -> bool:
        """Whether an event is one of the last that this process has written."""
        return any(seq in own for own in reversed(tuple(self._own)))

    def close(self) -> None:
        """Write what waits and let go of the server."""
        self.patience_s = min(self.patience_s, 2.0)
        self._batches.close()

    def refuse_when_closed(self) -> None:
        """Raise a StateError when nothing is written any more."""
        self._batches.refuse_when_closed()

    def _commit(self, batch: Sequence[Job]) -> None:
        began, pause_s = time.monotonic(), 0.05
        while True:
            try:
                self._attempt(batch)
            except LostError as error:
                self._hang_up()
                was_ending = self._is_ending
                if was_ending and (told := self._was_committed()) is not None:
                    if told:
                        break
                    self._disown()
                elif was_ending or time.monotonic() - began > self.patience_s or self._is_leaving():
                    self._fail(batch, error)
                    return
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            except HomarusError as error:
                self._roll_back()
                self._fail(batch, error)
                return
            else:
                break
        self.trouble = None
        if self._reached is not self.head:
            self.head = self._reached
            if any(job.is_synced for job in batch):
                self._keep(self.head)

    def _attempt(self, batch: Sequence[Job]) -> None:
        self._is_ending = False
        speech = self._connected()
        is_synced = any(job.is_synced for job in batch)
        head = self._begin(speech, is_synced=is_synced)
        hurry = Hurry(speech)
        with hurry:
            for job in batch:
                pen = self._pen(hurry, head)
                job.error, job.result = None, job.work(pen)
                head = pen.head
        if hurry.has_failed:
            speech.execute("ROLLBACK", None)
            head = self._begin(speech, is_synced=is_synced)
            for job in batch:
                pen = self._pen(speech, head)
                with _Apart(speech, job, is_alone=len(batch) == 1):
                    job.result = job.work(pen)
                    head = pen.head
        self._mark, self._marked_by = secrets.token_hex(12), self._alive.process
        noted = f"UPDATE processes SET last_write = '{self._mark}' WHERE process = '{self._marked_by}'"  # noqa: S608 - ours
        self._is_ending = True
        self._reached = head if head.seq > self._began_after else self.head
        if head.seq == self._began_after:
            speech.execute(f"{noted}; COMMIT", None)
            return
        # Before it is done: whoever is told of the events asks at once whether they are ours.
        self._own.append(range(self._began_after + 1, head.seq + 1))
        speech.execute(
            f"UPDATE head SET seq = {head.seq:d}, digest = '\\x{head.digest.hex()}'; "  # noqa: S608 - our own figures
            f"{noted}; NOTIFY {CHANNEL}, '{head.seq:d}'; COMMIT",
            None,
        )

    def _begin(self, speech: Speech, *, is_synced: bool) -> Head:
        """Begin a transaction, lock the log and return its head.

        Raises:
            StateError: when the others have declared this process dead.
        """
        lazily = "" if is_synced else "SET LOCAL synchronous_commit TO off; "
        process = self._alive.process
        found = speech.execute(
            f"BEGIN; {lazily}SELECT seq, digest FROM head FOR UPDATE; "  # noqa: S608 - ids of ours
            f"SELECT gone_us FROM processes WHERE process = '{process}'",
            None,
        )
        rows: list[tuple[object, ...]] = []
        while True:
            if found.description is not None:
                rows += found.fetchall()
            if not found.nextset():
                break
        seq, digest = rows[0]
        if rows[1:] != [(None,)]:
            speech.execute("ROLLBACK", None)
            self._alive.reborn(speech)
            raise _buried()
        assert isinstance(digest, bytes)
        self._began_after = int(str(seq))
        return Head(seq=self._began_after, digest=digest)

    def _pen(self, sql: Sql, head: Head) -> Pen:
        return Pen(sql, head, project=self._project, is_low=False, redacted=self.redacted)

    def _was_committed(self) -> bool | None:
        """Look whether a commit happened whose answer was lost; `None` when the server stays away.

        The log is locked first: that waits for the old connection's end, should the server still be busy with it.
        """
        until = time.monotonic() + self.patience_s
        while time.monotonic() < until:
            try:
                speech = self._connected()
                speech.execute("BEGIN; SET LOCAL lock_timeout = '5s'; SELECT seq FROM head FOR UPDATE", None)
                row = speech.execute(
                    "SELECT last_write FROM processes WHERE process = ?", (self._marked_by,)
                ).fetchone()
                speech.execute("ROLLBACK", None)
            except StateError:
                self._hang_up()
                time.sleep(_LONGEST_PAUSE_S / 4)
            else:
                return row == (self._mark,)
        return None

    def _disown(self) -> None:
        """Forget the numbers of events that were not written after all: others will have them."""
        if self._own and self._own[-1].start == self._began_after + 1:
            self._own.pop()

    def _connected(self) -> Speech:
        if self._speech is None or self._speech.is_broken:
            self._speech = Speech(connect(self._address, purpose="writer"))
        return self._speech

    def _hang_up(self) -> None:
        if self._speech is not None:
            self._speech.close()
            self._speech = None

    def _is_leaving(self) -> bool:
        return self._batches.is_closed

    def _roll_back(self) -> None:
        if self._speech is not None and not self._speech.is_broken:
            with suppress(StateError):
                self._speech.execute("ROLLBACK", None)

    def _fail(self, batch: Sequence[Job], error: HomarusError) -> None:
        self.trouble = error if isinstance(error, StateError) else None
        for job in batch:
            job.error = type(error)(error.message, hint=error.hint)
            job.error.__cause__ = error

    def _keep(self, head: Head) -> None:
        try:
            self._anchor.write(head)
        except OSError as error:
            _log.error("The head of the log could not be kept in %s: %s", self._anchor.path, error)

    def _finish(self) -> None:
        self._hang_up()
        self._anchor.close()


def _buried() -> StateError:
    return StateError(
        _("This process was silent for so long that the others took over its work; this was not written."),
        hint=_("Try again: it goes on as a new process. When it happens often, see whether the machine is overloaded."),
    )
