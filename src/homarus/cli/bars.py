"""A progress bar that fits the terminal, and plain lines where there is none."""

import shutil
import sys
from dataclasses import dataclass

from homarus.cli import figures, show
from homarus.domain.i18n import _

_TENTH = 10
_SPARE = 4
"""So that the `^C` of who leaves does not break the line."""
_SHORTEST_BAR = 8
_LONGEST_BAR = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far something is."""

    status: str
    done: int = 0
    total: int = 0
    per_s: float | None = None
    left_s: float | None = None


class Bar:
    """One line that is written over until something is done; in pipes and logs a line per tenth."""

    def __init__(self, title: str) -> None:
        """Say in a word or two what goes on."""
        self._title = show.clean(title)
        self._is_live = sys.stderr.isatty()
        self._told = ("", -1)

    def show(self, step: Step) -> None:
        """Show how far it is."""
        if self._is_live:
            width = shutil.get_terminal_size().columns
            bar = line(self._title, step, width=width - _SPARE, is_plain=not _has_blocks())
            sys.stderr.write(f"\r\x1b[2K{bar}")
            sys.stderr.flush()
            return
        tenth = _TENTH * step.done // step.total if step.total else -1
        if (step.status, tenth) != self._told:
            self._told = (step.status, tenth)
            show.warn(_plain(self._title, step))

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._is_live:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def line(title: str, step: Step, *, width: int, is_plain: bool = False) -> str:
    """Return a bar of at most this width; what has no room is left out, the share never."""
    if not step.total:
        return shortened(f"{title}  {show.clean(step.status)} ...", width)
    share = min(1.0, step.done / step.total)
    percent = f"{share:4.0%}".replace("%", " %")
    amount = _("{done} of {total}").format(done=figures.size(step.done), total=figures.size(step.total))
    parts = [percent, f"{amount:>18}"]
    parts += [f"{figures.size(step.per_s)}/s"] if step.per_s else []
    parts += [_("{time} left").format(time=figures.lasting(step.left_s))] if step.left_s is not None else []
    title = shortened(title, max(10, width // 3))
    while len(parts) > 1 and len(title) + _SHORTEST_BAR + len("  ".join(parts)) + 4 > width:
        parts.pop()
    tail = "  ".join(parts)
    room = min(_LONGEST_BAR, width - len(title) - len(tail) - 4)
    return f"{title}  {_blocks(share, max(room, 1), is_plain=is_plain)}  {tail}"[:width]


def shortened(text: str, width: int) -> str:
    """Return text that fits, its end left out where it does not."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def _blocks(share: float, width: int, *, is_plain: bool) -> str:
    full = int(share * width)
    return ("#" * full).ljust(width, ".") if is_plain else ("█" * full).ljust(width, "░")


def _plain(title: str, step: Step) -> str:
    if not step.total:
        return f"{title}: {show.clean(step.status)}"
    percent = 100 * step.done // step.total
    amount = _("{done} of {total}").format(done=figures.size(step.done), total=figures.size(step.total))
    return f"{title}: {show.clean(step.status)}, {percent} % ({amount})"


def _has_blocks() -> bool:
    return (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"
