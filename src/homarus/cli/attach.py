"""Text and pictures that go along with a message: always data, never an order."""

import os
import select
import shlex
import stat
import sys
from base64 import b64encode
from pathlib import Path

from homarus.cli import show
from homarus.domain.content import Json
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

LIMIT_BYTES = 10 * 1024 * 1024
_QUIET_S = 2.0
_BLANK = b"\xef\xbb\xbf \t\r\n"
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


def from_pipe() -> list[dict[str, Json]]:
    """Return what is piped in, nothing when nobody writes there."""
    if sys.stdin is None or sys.stdin.isatty() or not _has_data():
        return []
    _explain_a_wait()
    content = sys.stdin.buffer.read(LIMIT_BYTES + 1)
    if not content.strip():
        show.warn(_("What came through the pipe was empty."))
        return []
    return [_part("stdin", content)]


def from_file(name: str) -> dict[str, Json] | None:
    """Return a file's text or picture, `None` with a notice when there is nothing in it.

    Raises:
        UsageError: when it cannot be read, is too large, or is neither text nor a picture.
    """
    try:
        with Path(name).expanduser().open("rb") as file:
            content = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise UsageError(
            _("Cannot read {name!r}: {reason}.").format(name=name, reason=error.strerror), hint=_("Check the path.")
        ) from error
    if not content.strip():
        show.warn(_("{name!r} is empty.").format(name=name))
        return None
    return _part(Path(name).name, content)


def _part(name: str, content: bytes) -> dict[str, Json]:
    if len(content) > LIMIT_BYTES:
        raise UsageError(
            _("{name!r} is larger than {limit} MiB.").format(name=name, limit=LIMIT_BYTES // 1024**2),
            hint=_("Put it into the workspace and let the agent search it there."),
        )
    for magic, media_type in _PICTURES.items():
        if content.startswith(magic):
            return {"name": name, "media_type": media_type, "data_b64": b64encode(content).decode("ascii")}
    if content.lstrip(_BLANK).startswith(b"%PDF-"):  # some are text all through, and a model would read their inside
        raise UsageError(
            _("{name!r} is a PDF, which is not read as it is.").format(name=name),
            hint=_("Make text of it first: pdftotext {name} - | homarus ask ...").format(name=shlex.quote(name)),
        )
    try:
        return {"name": name, "media_type": "text/plain", "text": content.decode("utf-8-sig")}
    except UnicodeDecodeError as error:
        raise UsageError(
            _("{name!r} is neither UTF-8 text nor a picture.").format(name=name),
            hint=_("Convert it to text first, for example with pdftotext or iconv."),
        ) from error


def _explain_a_wait() -> None:
    """Say what is waited for, when a pipe is open and nothing comes: somebody may have left it open by mistake."""
    if not select.select([sys.stdin], [], [], _QUIET_S)[0]:
        show.warn(_("Waiting for what comes through the pipe; `< /dev/null` says that nothing will."))


def _has_data() -> bool:
    """Whether stdin is a file, or a pipe that somebody writes to; a terminal's background job must not hang."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
        return True
    return stat.S_ISSOCK(mode) and bool(select.select([sys.stdin], [], [], 0)[0])
