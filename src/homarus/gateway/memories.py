"""The memory of each workspace, made when it is first asked for."""

from pathlib import Path

from homarus.domain.ports import Clock, Memory
from homarus.state.database import Database
from homarus.state.memory import WorkspaceMemory


class Memories:
    """The memory of each workspace, made when it is first asked for."""

    def __init__(self, store: Database, clock: Clock, key: bytes) -> None:
        self._store = store
        self._clock = clock
        self._key = key
        self._made: dict[Path, WorkspaceMemory] = {}

    def __call__(self, workspace: Path) -> Memory:
        """Return the memory of a workspace."""
        if workspace not in self._made:
            self._made[workspace] = WorkspaceMemory(workspace, self._store, clock=self._clock, key=self._key)
        return self._made[workspace]
