"""How far a run is, in words: said as often as it likes, written down at most twice a second."""

import asyncio
import logging

from homarus.domain.errors import StateError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import TurnId
from homarus.domain.jobs import JobRun
from homarus.domain.ports import Store
from homarus.state.jobs.runs import session_of

_PAUSE_S = 0.5
_LOG = logging.getLogger(__name__)


class Saying:
    """Writes what one leg says about itself; the last word always."""

    def __init__(self, run: JobRun, store: Store) -> None:
        self._run = run
        self._store = store
        self._next: NewEvent | None = None
        self._writing: asyncio.Task[None] | None = None

    def __call__(self, text: str, done: int = 0, total: int = 0) -> None:
        """Say how far it is; what was said and not written yet is replaced."""
        self._next = NewEvent(
            kind=Kind.RUN_SAID,
            body={"text": text, "done": done, "total": total},
            session=session_of(self._run),
            turn=TurnId(self._run.run_id),
        )
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name=f"saying {self._run.run_id}")

    async def end(self) -> None:
        """Write the last word."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])
        await self._flush()

    async def _write(self) -> None:
        while self._next is not None:
            await self._flush()
            await asyncio.sleep(_PAUSE_S)

    async def _flush(self) -> None:
        said, self._next = self._next, None
        if said is None:
            return
        try:
            await self._store.append(said, synced=False)
        except StateError as error:
            _LOG.warning("what %s said is lost: %s", self._run.run_id, error.message)
