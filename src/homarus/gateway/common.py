"""What a gateway has in common with others: a database, a folder, lanes; most gateways are alone and load no more."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.settings import Settings
from homarus.gateway.answering import passes_lanes
from homarus.gateway.lanes import Lanes

if TYPE_CHECKING:
    from homarus.state.database import Database
    from homarus.state.postgres.shared import Shared

VARIABLE = "HOMARUS_DATABASE"
BLOBS = "blobs"


def database_of(settings: Settings, environment: Mapping[str, str]) -> str | None:
    """Return the address of the database that several processes share: from the environment, else configured."""
    named = environment.get(VARIABLE, "").strip()
    if named:
        return named
    configured = settings.jobs.database
    return configured.get_secret_value() if configured is not None else None


def share_files(home: Path, settings: Settings) -> Path:
    """Keep attachments where all gateways of the house reach them; return the folder that they share.

    What this gateway had kept so far is taken along: files are named by what is in them.

    Raises:
        StateError: when the folder cannot be made or written.
    """
    if settings.jobs.shared is None:
        return home
    shared, own = Path(settings.jobs.shared).expanduser(), home / BLOBS
    try:
        (shared / BLOBS).mkdir(mode=0o700, parents=True, exist_ok=True)
        if own.is_dir() and not own.is_symlink():
            shutil.copytree(own, shared / BLOBS, dirs_exist_ok=True)
            (shared / BLOBS).chmod(0o700)  # it was given the mode of what was copied
            own.rename(home / f"{BLOBS}.before-sharing")
        if not own.exists():
            own.unlink(missing_ok=True)
            own.symlink_to(shared / BLOBS)
    except OSError as error:
        raise StateError(
            _("The shared folder {folder!r} cannot be used: {error}.").format(folder=str(shared), error=error),
            hint=_("Set jobs.shared to a folder that every gateway of this house can write to."),
        ) from error
    return shared


def lanes_of(
    run_one: Callable[[TurnId], Awaitable[None]],
    tasks: asyncio.TaskGroup,
    *,
    store: "Database",
    shared: "Shared | None",
    on_place: Callable[[TurnId, int], None],
) -> Lanes:
    """Return the lanes of a gateway: its own, or those that it shares with others."""
    if shared is None:
        return Lanes(run_one, tasks, on_place=on_place)
    from homarus.gateway.sharing import SharedLanes

    return SharedLanes(run_one, tasks, leases=shared.leases, store=store, passes=passes_lanes, on_place=on_place)
