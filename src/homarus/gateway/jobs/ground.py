"""What jobs stand on when they are made."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.ports import Clock
from homarus.domain.settings import Settings

if TYPE_CHECKING:
    from homarus.state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What jobs stand on when they are made."""

    home: Path
    store: "Database"
    clock: Clock
    settings: Callable[[], Settings]
    tasks: asyncio.TaskGroup
    redacted: Callable[[str], str]
    database: str = ""
    """Where several processes share the house: `postgresql://...`; nothing for a file."""
    is_worker: bool = False
    """Whether it only works runs: it starts none by the clock, and tells nobody."""
