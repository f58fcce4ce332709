"""This process among the others: it says that it lives, hears what is new in the log, and buries the dead.

A thread with a connection of its own beats once a second, whatever the rest of the process does. A process is dead when
its connection is gone (the server lets go of its lock then) and it was not seen for three seconds, or when it was not
seen for fifteen. What it held is free from then on, and what it still tries to write is refused.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from homarus.domain.errors import HomarusError
from homarus.domain.ids import OwnerId, fresh
from homarus.state.postgres.connecting import Speech, connect
from homarus.state.postgres.writer import CHANNEL

NOW_US: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_LOCKS: Final = 0x686F6D62
"""First half of the advisory locks that say who is connected; the second is the process' number."""
_BEAT_S = 1.0
_GRACE_S = 5.0
"""After connecting: the others may have lost the server as well, and come back a little later."""
_LOST_US = 3_000_000
_SILENT_US = 15_000_000
_KEPT_US = 7 * 86_400_000_000
_log = logging.getLogger(__name__)
_DEAD: Final = f"""owner_id = ? AND gone_us IS NULL AND process <> ? AND (
      seen_us < {NOW_US} - {_SILENT_US} OR (seen_us < {NOW_US} - {_LOST_US} AND NOT EXISTS (
        SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint = {_LOCKS}
        AND objid::bigint = processes.number
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      ))
    )"""  # noqa: S608 - constants
_LOOK: Final = f"SELECT 1 FROM processes WHERE {_DEAD}"  # noqa: S608 - constants
_REGISTER: Final = (
    "INSERT INTO processes (owner_id, process, kind, executor, place, started_us, seen_us) "  # noqa: S608 - a constant
    f"VALUES (?, ?, ?, ?, ?, {NOW_US}, {NOW_US})"
)
_BURY: Final = f"UPDATE processes SET gone_us = {NOW_US} WHERE {_DEAD} RETURNING process"  # noqa: S608 - constants


class Presence:
    """Implements `state.postgres.writer.Alive`."""

    def __init__(self, address: str, *, owner_id: OwnerId, kind: str, executor: str) -> None:
        self._address = address
        self._owner_id = owner_id
        self._kind = kind
        self._executor = executor
        self.process = fresh("proc")
        """Changes when the others have buried this process."""
        self._lock = threading.Lock()
        """Held while the process changes its id: the row of an id is there before anybody writes under it."""
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="homarus-pulse", daemon=True)
        self._watchers: list[Callable[[], None]] = []
        self._on_reborn: list[Callable[[], None]] = []
        self._locked = ""

    def start(self, speech: Speech) -> None:
        """Become known to the others, and begin to beat."""
        self._register(speech)
        self._thread.start()

    def on_news(self, tell: Callable[[], None]) -> None:
        """Have something called, in the thread of the pulse, whenever somebody has written events."""
        self._watchers.append(tell)

    def on_reborn(self, tell: Callable[[], None]) -> None:
        """Have something called when the others have taken over what this process held."""
        self._on_reborn.append(tell)

    def reborn(self, speech: Speech) -> None:
        """Become another process: the others have buried this one."""
        _log.warning("The other processes took over from this one, which was silent for too long.")
        with self._lock:
            self.process = fresh("proc")
            self._register(speech)
        for tell in self._on_reborn:
            tell()

    def close(self) -> None:
        """Say good-bye: what this process holds is free at once."""
        self._ends.set()
        if self._thread.is_alive():
            self._wake()
            self._thread.join()

    def _wake(self) -> None:
        with suppress(HomarusError):
            speech = Speech(connect(self._address, purpose="leaving"))
            speech.execute(f"NOTIFY {CHANNEL}")
            speech.close()

    def _register(self, speech: Speech) -> None:
        place = f"{socket.gethostname()}:{os.getpid()}"
        speech.execute(_REGISTER, (self._owner_id, self.process, self._kind, self._executor, place))

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                self._live()
            except HomarusError as error:
                _log.warning("The pulse was interrupted: %s", error)
                self._ends.wait(_BEAT_S / 2)

    def _live(self) -> None:
        speech = Speech(connect(self._address, purpose="pulse"))
        try:
            self._locked = ""
            speech.execute(f"LISTEN {CHANNEL}")
            connected_at = time.monotonic()
            self._tell()  # what happened while nobody listened
            while not self._ends.is_set():
                self._beat(speech)
                if time.monotonic() - connected_at > _GRACE_S:
                    self._bury(speech)
                self._listen(speech)
            self._leave(speech)
        finally:
            speech.close()

    def _listen(self, speech: Speech) -> None:
        until = time.monotonic() + _BEAT_S
        while (left_s := until - time.monotonic()) > 0 and not self._ends.is_set():
            if speech.notices(left_s):
                self._tell()

    def _tell(self) -> None:
        for tell in self._watchers:
            tell()

    def _beat(self, speech: Speech) -> None:
        with self._lock:
            known = speech.execute(
                f"UPDATE processes SET seen_us = {NOW_US} "  # noqa: S608 - a constant
                "WHERE owner_id = ? AND process = ? AND gone_us IS NULL RETURNING number",
                (self._owner_id, self.process),
            ).fetchone()
            if known is not None and self._locked != self.process:
                speech.execute("SELECT pg_advisory_lock(?, ?)", (_LOCKS, int(str(known[0]))))
                self._locked = self.process
        if known is None:
            self.reborn(speech)

    def _bury(self, speech: Speech) -> None:
        """Declare the silent dead, under the lock of the log: nothing of theirs is written after that."""
        if speech.execute(_LOOK, (self._owner_id, self.process)).fetchone() is None:
            return
        speech.execute("BEGIN")
        try:
            speech.execute("SELECT seq FROM head FOR UPDATE")
            gone = [row[0] for row in speech.execute(_BURY, (self._owner_id, self.process)).fetchall()]
            for process in gone:
                self._free(speech, str(process))
                _log.warning("The process %s is gone; what it held is free.", process)
        finally:
            if not speech.is_broken:
                speech.execute("COMMIT")
        if gone:
            self._tell()

    def _free(self, speech: Speech, process: str) -> None:
        for table in ("leases", "engine_places"):
            statement = f"DELETE FROM {table} WHERE owner_id = ? AND process = ?"  # noqa: S608 - a constant
            speech.execute(statement, (self._owner_id, process))

    def _leave(self, speech: Speech) -> None:
        speech.execute(
            f"UPDATE processes SET gone_us = {NOW_US} WHERE owner_id = ? AND process = ?",  # noqa: S608 - a constant
            (self._owner_id, self.process),
        )
        self._free(speech, self.process)
        speech.execute(
            f"DELETE FROM processes WHERE owner_id = ? AND gone_us < {NOW_US} - {_KEPT_US}",  # noqa: S608 - constants
            (self._owner_id,),
        )
        speech.execute(f"NOTIFY {CHANNEL}")
