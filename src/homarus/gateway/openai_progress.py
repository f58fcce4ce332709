"""Tell a client that streams how far llama.cpp has read its prompt: as comments, which every client may skip.

Only llama.cpp says so, and only when asked (`return_progress`); its progress is a chunk without words that other
clients never see from other servers. Where a client did not ask for them, they become `: reading 512/4096`, and from
the first chunk with anything else in it everything passes as it is.
Source: llama.cpp tools/server README (`return_progress`, `prompt_progress`).
"""

import json
from collections.abc import Callable
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.engines import EngineKind
from homarus.domain.ports import Endpoint
from homarus.models.catalog import Candidate
from homarus.models.compat import Compat
from homarus.models.desk import Desk

PATH = "/chat/completions"
_FIELD = "return_progress"
_PROGRESS = b'"prompt_progress"'
_END = b"\n\n"
_LONGEST = 65_536
"""No progress is so long: whatever has not ended after so many bytes is passed on."""


def is_to_be_asked(desk: Desk, model: Candidate, at: Endpoint, parsed: JsonObject, *, path: str) -> bool:
    """Whether a server is known to be llama.cpp, and its client streams and says nothing of progress itself."""
    if path != PATH or parsed.get("stream") is not True or _FIELD in parsed or not at.is_local:
        return False
    engine = desk.watch.engine_of(model.ref)
    is_llama = model.is_embedded or (engine is not None and engine.kind is EngineKind.LLAMA_SERVER)
    return is_llama and Compat.of(at).is_on("supportsPromptProgress", default=True)


def asking(body: bytes) -> bytes:
    """Return a body that asks for progress; all other bytes stay as they are."""
    before, brace, rest = body.partition(b"{")
    return b'%b%b"%b":true,%b' % (before, brace, _FIELD.encode(), rest)


class Reading:
    """Makes comments of the progress that stands before an answer; called with each chunk, with nothing at the end."""

    def __init__(self) -> None:
        """Expect progress."""
        self._held = b""
        self._is_over = False

    def __call__(self, chunk: bytes) -> bytes:
        """Return what the client gets of it now; the beginning of an event waits for its end."""
        if self._is_over:
            return chunk
        self._held += chunk
        out = b""
        while not self._is_over and _END in self._held:
            event, _end, rest = self._held.partition(_END)
            said = _comment(event)
            if said is not None:
                out, self._held = out + said, rest
            elif not event.lstrip().startswith(b":"):
                self._is_over = True
            else:
                out, self._held = out + event + _END, rest
        if self._is_over or not chunk or len(self._held) > _LONGEST:
            self._is_over, out, self._held = True, out + self._held, b""
        return out


def read_first(reading: Reading, clean: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return both, one after the other; for each of them, nothing is the end."""

    def both(chunk: bytes) -> bytes:
        if chunk:
            told = reading(chunk)
            return clean(told) if told else b""
        rest = reading(b"")
        return (clean(rest) if rest else b"") + clean(b"")

    return both


def _comment(event: bytes) -> bytes | None:
    """Return the comment that stands for a chunk, `None` when it is anything but progress."""
    if _PROGRESS not in event or not event.startswith(b"data:"):
        return None
    try:
        told = cast("Json", json.loads(event.removeprefix(b"data:")))
    except ValueError:
        return None
    progress = told.get("prompt_progress") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(progress, dict) or _says_something(told):
        return None
    done, total = progress.get("processed"), progress.get("total")
    return f": reading {done}/{total}\n\n".encode() if isinstance(done, int) and isinstance(total, int) else b""


def _says_something(told: JsonObject) -> bool:
    """Whether a chunk has words, a call, or an end beside its progress."""
    choices = told.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if not isinstance(choice, dict):
            return True
        delta = choice.get("delta")
        words = {name: said for name, said in delta.items() if name != "role"} if isinstance(delta, dict) else {}
        if choice.get("finish_reason") or any(words.values()):
            return True
    return bool(told.get("usage"))
