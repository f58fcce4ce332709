"""Downloads of models: they run on when whoever asked is gone, and take themselves up after a break or a restart.

The server keeps what it has of a model, so a download that broke off goes on where it was; what is remembered here is
only that somebody wants it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from homarus.domain.engines import PullProgress
from homarus.domain.errors import ConnectionFailedError, Failure, HomarusError, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Records
from homarus.gateway.keeping import logged
from homarus.models.closing import closing

KIND = "pull"
"""Of the records that say what was under way when the gateway ended."""
_PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Between attempts after a line that broke; progress begins them anew."""
_PASSING = frozenset(
    {
        Failure.SERVER_DOWN,
        Failure.CONNECT_TIMEOUT,
        Failure.FIRST_TOKEN_TIMEOUT,
        Failure.STALLED,
        Failure.CUT_OFF,
        Failure.OVERLOADED,
        Failure.RATE_LIMITED,
    }
)
_TELL_S = 0.2
_SPEED_OVER_S = 10.0
_KEPT = 20
"""Downloads that ended and are still shown."""


class PullState(StrEnum):
    """How a download stands."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A download of a model, as it is now."""

    model: str
    """`provider/id`."""
    state: PullState = PullState.RUNNING
    status: str = ""
    """In the server's words."""
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_s: float | None = None
    """Over the last seconds."""
    left_s: float | None = None
    because: str = ""
    """Why it failed, or waits for another attempt."""
    hint: str = ""


Open = Callable[[ModelRef], AsyncIterator[PullProgress]]
"""Begin a download, or go on with one; closing the iterator pauses it."""


@dataclass(slots=True)
class _Job:
    pull: Pull
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    is_patient: bool = False
    """Whether it had begun before, so that a server which is not there may come back."""
    told_at: float = 0.0
    seen: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])


class Pulls:
    """All downloads of this gateway."""

    def __init__(
        self,
        download: Open,
        records: Records,
        tasks: asyncio.TaskGroup,
        *,
        on_done: Callable[[ModelRef], None] = lambda _ref: None,
        clock: Callable[[], float] = time.monotonic,
        pauses_s: tuple[float, ...] = _PAUSES_S,
    ) -> None:
        """Take the way to download, where to remember what is wanted, and the task group that they run in."""
        self._download = download
        self._records = records
        self._tasks = tasks
        self._on_done = on_done
        self._clock = clock
        self._pauses_s = pauses_s
        self._jobs: dict[ModelRef, _Job] = {}

    async def begin(self, ref: ModelRef) -> Pull:
        """Download a model; one that is under way is joined."""
        job = self._jobs.get(ref)
        if job is None or job.pull.state is not PullState.RUNNING:
            await self._records.put(KIND, str(ref), {})
            job = self._start(ref)
        return job.pull

    async def take_up(self) -> None:
        """Go on with what was under way when the gateway ended."""
        for name in await self._records.all(KIND):
            ref = ModelRef.parse(name)
            if ref not in self._jobs:
                self._start(ref).is_patient = True

    async def watch(self, ref: ModelRef) -> AsyncIterator[Pull]:
        """Yield how a download is, again whenever that changes, until it ends; nothing when it is unknown."""
        job = self._jobs.get(ref)
        while job is not None:
            changed = job.changed
            pull = job.pull
            yield pull
            if pull.state is not PullState.RUNNING:
                return
            await changed.wait()

    def listing(self) -> tuple[Pull, ...]:
        """Return every download, those under way first."""
        pulls = (job.pull for job in self._jobs.values())
        return tuple(sorted(pulls, key=lambda pull: pull.state is not PullState.RUNNING))

    async def stop(self, ref: ModelRef) -> Pull | None:
        """End a download; what the server has of it stays there. `None` when nothing of the kind is under way."""
        job = self._jobs.get(ref)
        if job is None or job.pull.state is not PullState.RUNNING:
            return None
        await self._records.drop(KIND, str(ref))
        if job.task is not None:
            job.task.cancel()
        self._tell(job, replace(job.pull, state=PullState.STOPPED, bytes_s=None, left_s=None))
        return job.pull

    # --- inside ---

    def _start(self, ref: ModelRef) -> _Job:
        ended = [known for known, job in self._jobs.items() if job.pull.state is not PullState.RUNNING]
        for old in ended[: len(ended) - _KEPT]:
            del self._jobs[old]
        job = self._jobs[ref] = _Job(pull=Pull(model=str(ref), status=_("asking the server")))
        job.task = self._tasks.create_task(logged(f"pull {ref}", self._guarded(ref, job)), name=f"pull {ref}")
        return job

    async def _guarded(self, ref: ModelRef, job: _Job) -> None:
        """Download; what breaks in it ends this download, and neither the house nor the next start of it."""
        is_stopped = False
        try:
            await self._run(ref, job)
        except asyncio.CancelledError:
            is_stopped = True
            raise
        finally:
            if job.pull.state is PullState.RUNNING and not is_stopped:
                because = _("Something in this download went wrong that nobody expected.")
                hint = _("Look into the log with `homarus logs`, then pull it again.")
                await self._end(ref, job, PullState.FAILED, because=because, hint=hint)

    async def _run(self, ref: ModelRef, job: _Job) -> None:
        attempts = 0
        while True:
            had_bytes = job.pull.done_bytes
            try:
                await self._attempt(ref, job)
            except HomarusError as error:
                attempts = 0 if job.pull.done_bytes > had_bytes else attempts
                may_pass = _is_passing(error) and (job.is_patient or job.pull.total_bytes > 0)
                if not may_pass or attempts >= len(self._pauses_s):
                    await self._end(ref, job, PullState.FAILED, because=error.message, hint=error.hint)
                    return
                pause_s = self._pauses_s[attempts]
                attempts += 1
                waiting = _("broke off; goes on in {seconds:.0f} s").format(seconds=pause_s)
                self._tell(job, replace(job.pull, status=waiting, because=error.message, bytes_s=None, left_s=None))
                await asyncio.sleep(pause_s)
            else:
                await self._end(ref, job, PullState.DONE)
                self._on_done(ref)
                return

    async def _attempt(self, ref: ModelRef, job: _Job) -> None:
        job.seen.clear()
        is_whole = False
        async with closing(self._download(ref)) as steps:
            async for step in steps:
                is_whole = step.is_done
                self._note(job, step)
        if not is_whole:
            raise ModelCallError(
                Failure.CUT_OFF,
                _("The download of {model} ended before it was whole.").format(model=ref),
                hint=_("Ask for it again: it goes on where it was."),
            )

    def _note(self, job: _Job, step: PullProgress) -> None:
        now, had = self._clock(), job.pull
        if step.total_bytes != had.total_bytes or step.done_bytes < had.done_bytes:
            job.seen.clear()  # another file: what came in before says nothing about this one
        job.seen.append((now, step.done_bytes))
        while now - job.seen[0][0] > _SPEED_OVER_S:
            job.seen.popleft()
        speed = _speed(job.seen)
        left = step.total_bytes - step.done_bytes
        pull = Pull(
            model=had.model,
            status=step.status,
            done_bytes=step.done_bytes,
            total_bytes=step.total_bytes,
            bytes_s=speed,
            left_s=left / speed if speed and left > 0 else None,
        )
        is_due = now - job.told_at >= _TELL_S or step.status != had.status
        if is_due:
            job.told_at = now
            self._tell(job, pull)
        else:
            job.pull = pull

    def _tell(self, job: _Job, pull: Pull) -> None:
        job.pull = pull
        changed, job.changed = job.changed, asyncio.Event()
        changed.set()

    async def _end(self, ref: ModelRef, job: _Job, state: PullState, *, because: str = "", hint: str = "") -> None:
        await self._records.drop(KIND, str(ref))
        whole = job.pull.total_bytes if state is PullState.DONE else job.pull.done_bytes
        ended = replace(job.pull, state=state, done_bytes=whole, bytes_s=None, left_s=None, because=because, hint=hint)
        self._tell(job, ended)


def _speed(seen: deque[tuple[float, int]]) -> float | None:
    (begun, had), (now, has) = seen[0], seen[-1]
    return (has - had) / (now - begun) if now > begun and has > had else None


def _is_passing(error: HomarusError) -> bool:
    """Whether the same attempt may go well in a moment: the line broke, the server is busy or starts anew."""
    is_broken_line = isinstance(error, ConnectionFailedError)
    return is_broken_line or (isinstance(error, ModelCallError) and error.failure in _PASSING)
