"""Words to an IMAP server, each with its answer read."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from homarus.net.mail.client import NEWS, SocketClient, text_of

_APPENDED = re.compile(r"\[APPENDUID \d+ (\d+)\]")


def choose(client: SocketClient, folder: str, *, is_read_only: bool) -> dict[str, int]:
    """Open a folder and return the numbers that the server tells of it."""
    from imap_tools.utils import encode_folder

    status, answer = client.select(encode_folder(folder).decode("ascii"), readonly=is_read_only)
    if status != "OK":
        raise client.error(text_of(answer))
    numbers: dict[str, int] = {}
    for name in ("EXISTS", "UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"):
        _name, told = client.response(name)
        word = told[-1] if told else None
        if isinstance(word, bytes) and word.isdigit():
            numbers[name] = int(word)
    return numbers


def told(client: SocketClient, command: str, *words: str) -> list[Any]:
    """Return the answers to a command over uids."""
    client.untagged_responses.pop("VANISHED", None)
    status, answer = client.uid(command, *words)
    if status != "OK":
        raise client.error(text_of(answer))
    return [one for one in answer if one is not None]


def found(client: SocketClient, criteria: str) -> tuple[int, ...]:
    """Return the uids that a search finds, ascending."""
    words = criteria if criteria.isascii() else f"CHARSET UTF-8 {criteria}"
    status, answer = client.uid("SEARCH", words.encode())  # pyright: ignore[reportArgumentType] - bytes go as they are
    if status != "OK":
        raise client.error(text_of(answer))
    return tuple(sorted(int(uid) for line in answer if line for uid in line.split()))


def put(client: SocketClient, folder: str, raw: bytes, *, flags: Sequence[str], at: datetime) -> int | None:
    """Add a message to a folder; return its uid where the server tells it."""
    from imap_tools.utils import encode_folder

    name = encode_folder(folder).decode("ascii")
    status, answer = client.append(name, f"({' '.join(flags)})" if flags else "", at, raw)
    if status != "OK":
        raise client.error(text_of(answer))
    told = _APPENDED.search(text_of(answer))
    return int(told[1]) if told else None


def carry(client: SocketClient, uids: str, to: str) -> None:
    """Move messages of the open folder; where the server cannot, they are copied, and only these are taken away."""
    from imap_tools.utils import encode_folder

    name = encode_folder(to).decode("ascii")
    if "MOVE" in client.extensions():
        told(client, "MOVE", uids, name)
        return
    told(client, "COPY", uids, name)
    told(client, "STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
    if "UIDPLUS" in client.extensions():
        told(client, "EXPUNGE", uids)


def vanished(client: SocketClient) -> tuple[int, ...]:
    """Return the uids that the last answer called gone."""
    _name, told = client.response("VANISHED")
    gone: set[int] = set()
    for line in told or ():
        for span in bytes(line or b"").split()[-1:]:
            for part in span.decode("ascii", "replace").split(","):
                first, _colon, last = part.partition(":")
                gone.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(gone))


def has_news(client: SocketClient, folder: str) -> bool:
    """Ask whether something happened in a folder since it was opened."""
    if client.state != "SELECTED":
        choose(client, folder, is_read_only=True)
    before = client.untagged_responses.copy()
    client.noop()
    return any(client.untagged_responses.get(name) != before.get(name) for name in NEWS)
