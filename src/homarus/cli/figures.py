"""Figures as people read them: sizes, speeds, times, numbers of tokens."""

from collections.abc import Sequence

from homarus.domain.content import Json
from homarus.domain.i18n import _

_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000
_MINUTE, _HOUR = 60, 3600
UNKNOWN = "?"


def size(count: Json) -> str:
    """Return a number of bytes in the units that model servers use: 5200000000 is `5.2 GB`."""
    if not isinstance(count, int | float) or isinstance(count, bool):
        return UNKNOWN
    value = float(count)
    for unit in _UNITS:
        if value < _STEP or unit == _UNITS[-1]:
            has_part = unit not in ("B", "kB") and value < 100  # noqa: PLR2004 - three figures say enough
            return f"{value:.1f} {unit}" if has_part else f"{value:.0f} {unit}"
        value /= _STEP
    return UNKNOWN


def memory(count: Json) -> str:
    """Return a number of bytes in the units that memory is sold in: 8589934592 is `8.0 GiB`."""
    if not isinstance(count, int | float) or isinstance(count, bool):
        return UNKNOWN
    gib = count / 1024**3
    if gib < 1:
        return f"{count / 1024**2:.0f} MiB"
    return f"{gib:.1f} GiB" if gib < 100 else f"{gib:.0f} GiB"  # noqa: PLR2004 - three figures say enough


def tokens(count: Json) -> str:
    """Return a number of tokens: 40960 is `40k`, 131072 is `128k`, 1000 is `1,000`."""
    if not isinstance(count, int) or isinstance(count, bool):
        return UNKNOWN
    if count >= 1024 and count % 1024 == 0:  # noqa: PLR2004 - how windows are counted
        return f"{count // 1024}k"
    return f"{count:,}"


def lasting(seconds: Json) -> str:
    """Return a time as `0:52`, `12:03` or `1:02:03`."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return UNKNOWN
    whole = max(0, round(seconds))
    if whole >= _HOUR:
        return f"{whole // _HOUR}:{whole % _HOUR // _MINUTE:02d}:{whole % _MINUTE:02d}"
    return f"{whole // _MINUTE}:{whole % _MINUTE:02d}"


def pace(tokens_s: Json) -> str:
    """Return a speed in tokens per second."""
    if not isinstance(tokens_s, int | float) or isinstance(tokens_s, bool):
        return UNKNOWN
    return f"{tokens_s:.0f}" if tokens_s >= 10 else f"{tokens_s:.1f}"  # noqa: PLR2004 - two figures say enough


def pace_range(between: Sequence[Json]) -> str:
    """Return a range of speeds: `12-20`."""
    if len(between) != 2 or not all(isinstance(one, int | float) for one in between):  # noqa: PLR2004 - a low and a high
        return UNKNOWN
    low, high = (pace(one) for one in between)
    return low if low == high else f"{low}-{high}"


def until(stamp: Json, *, now: float | None = None) -> str:
    """Return how long it is until an ISO time: `in 4 min`; nothing when there is none."""
    if not isinstance(stamp, str):
        return ""
    import time
    from datetime import datetime

    left_s = datetime.fromisoformat(stamp).timestamp() - (time.time() if now is None else now)
    if left_s > 10 * 365 * 86_400:
        return _("never")
    if left_s < _MINUTE:
        return _("now") if left_s <= 0 else _("in {count:.0f} s").format(count=left_s)
    if left_s < 2 * _HOUR:
        return _("in {count:.0f} min").format(count=left_s / _MINUTE)
    return _("in {count:.0f} h").format(count=left_s / _HOUR)
