"""Read an answer that is not framed as its `Content-Type` or its protocol says: servers and proxies mix them up.

Events under `application/json`, one JSON text or lines of JSON under `text/event-stream`, UTF-16, JSON over several
lines where each line should be one.
"""

import json

from homarus.models.ndjson import read_json
from homarus.models.sse import SseEvent, SseReader

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_FIELDS = ("data:", "event:", "id:", "retry:", ":")
_DONE = "[DONE]"


def events_in(data: bytes) -> list[SseEvent]:
    """Return the events of a whole body: its own, else one for each JSON text in it."""
    text = _text(data)
    if not text.lstrip().startswith(_FIELDS):
        return [SseEvent(data=one) for one in texts_in(data)]
    reader = SseReader()
    return [*reader.feed(text.lstrip().encode()), *reader.close()]


def texts_in(data: bytes) -> list[str]:
    """Return the JSON texts of a whole body: one, or one in each line; what is neither comes as it is."""
    text = _text(data).strip()
    lines = [line for line in text.splitlines() if line.strip()]
    is_one = len(lines) < 2 or _is_json(text)  # noqa: PLR2004 - a single line is never cut
    return ([text] if text else []) if is_one else lines


def bare_texts(line: str) -> list[str]:
    """Return the JSON texts of a line: without the field of an event, and apart where two are glued together."""
    plain = line.strip()
    if plain.startswith(_FIELDS):
        plain = plain.removeprefix("data:").strip() if plain.startswith("data:") else ""
    if not plain or plain == _DONE:
        return []
    if not plain.startswith("{") or "}{" not in plain.replace(" ", ""):
        return [plain]
    texts: list[str] = []
    at = 0
    while at < len(plain):
        try:
            _value, end = json.JSONDecoder().raw_decode(plain, at)
        except (ValueError, RecursionError):
            return [plain]
        texts.append(plain[at:end])
        at = end + len(plain[end:]) - len(plain[end:].lstrip())
    return texts


def _text(data: bytes) -> str:
    if data.startswith(_UTF16):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def _is_json(text: str) -> bool:
    try:
        read_json(text)
    except ValueError:
        return False
    return True
