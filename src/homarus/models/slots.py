"""Keep what a slot of llama.cpp has read on the disk, and give it back after a restart: 5 ms instead of reading again.

A file of ours belongs to one build of a model and one beginning of a prompt; with another of either it is another
file, and the old one goes. On a server that is not ours nothing can be deleted, so each model has one file there, which
is written anew. It holds no more than what every prompt begins with: instructions, tools and examples.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import HomarusError
from homarus.domain.inference import ModelRef, ModelRequest
from homarus.domain.labels import Reach
from homarus.domain.ports import Door, Endpoint, Timeouts
from homarus.models.bodies import to_bytes
from homarus.models.exchange import Exchange, bearer
from homarus.models.ndjson import as_count

_QUICK = Timeouts(connect_s=3.0, first_byte_s=20.0, idle_s=20.0)
_SLOT = 0


def slot_name(request: ModelRequest, digest: str) -> str:
    """Return the name of the file for the beginning of a request, on weights of a digest."""
    parts = [digest, str(request.model), str(request.window_tokens)]
    parts += [str(codec.dump(message)) for message in request.messages[:-1]]
    parts += [f"{tool.name} {tool.description} {tool.parameters}" for tool in request.tools]
    said = "\n".join(parts).encode("utf-8", "replace")
    return f"homarus-{hashlib.sha256(said).hexdigest()[:24]}.slot"


def standing_name(ref: ModelRef) -> str:
    """Return the name of the one file that a model has on a server which is not ours."""
    return f"homarus-{hashlib.sha256(str(ref).encode('utf-8', 'replace')).hexdigest()[:24]}.slot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """The slot files of servers; those of the engine that comes with homarus are in a folder of ours."""

    door: Door
    folder: Path

    async def restore(self, at: Endpoint, name: str) -> int:
        """Return how many tokens a server has read again from its disk; none when it has no such file."""
        with suppress(HomarusError):
            return as_count((await self._act(at, "restore", name)).get("n_restored"))
        return 0

    async def save(self, at: Endpoint, name: str) -> bool:
        """Have a server write down what its slot has read; tell whether it did."""
        try:
            return as_count((await self._act(at, "save", name)).get("n_saved")) > 0
        except HomarusError:
            return False

    def ready(self) -> Path:
        """Return the folder, made for nobody else's eyes."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        return self.folder

    def tidy(self, keep: Sequence[str]) -> None:
        """Delete every file but these, and make these readable for the owner only."""
        for file in self.folder.glob("homarus-*.slot"):
            if file.name in keep:
                file.chmod(0o600)
            else:
                file.unlink(missing_ok=True)

    async def _act(self, at: Endpoint, action: str, name: str) -> JsonObject:
        root = at.base_url.rstrip("/").removesuffix("/v1")
        quick = replace(at, base_url=root, timeouts=_QUICK)
        exchange = Exchange.of(quick, self.door, model=None, reach=Reach.LOCAL_ONLY)
        body = to_bytes({"filename": name})
        return await exchange.ask("POST", f"/slots/{_SLOT}?action={action}", bearer(at), body)
