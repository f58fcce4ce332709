"""What time it is for the owner: the zone of the configuration, else the machine's."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LOCALTIME = Path("/etc/localtime")
_TIMEZONE = Path("/etc/timezone")


class HouseClock:
    """Implements `domain.ports.Clock` with the machine's time."""

    def __init__(self, configured: Callable[[], str | None]) -> None:
        self._configured = configured
        self._machine = machine_zone()

    @property
    def zone(self) -> ZoneInfo:
        """The owner's zone; a name that does not exist counts as not set (the configuration says so)."""
        return known_zone(self._configured()) or self._machine

    def now(self) -> datetime:
        """Return the time in the owner's zone."""
        return datetime.now(self.zone)


def known_zone(name: str | None) -> ZoneInfo | None:
    """Return a zone by its IANA name, `None` when there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def machine_zone() -> ZoneInfo:
    """Return the machine's zone: TZ, the link behind /etc/localtime, /etc/timezone, else UTC."""
    names = [os.environ.get("TZ", "").lstrip(":")]
    if _LOCALTIME.is_symlink():
        names.append(str(_LOCALTIME.readlink()).partition("zoneinfo/")[2])
    if _TIMEZONE.exists():
        names.append(_TIMEZONE.read_text(encoding="utf-8", errors="replace").strip())
    return next((zone for name in names if (zone := known_zone(name))), ZoneInfo("UTC"))
