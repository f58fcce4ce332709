"""A channel made of two folders: what is put into `in` is said to the agent, what it answers appears in `out`.

Good for a scanner, a sync folder or a shell script:

    channels: { folder: { path: "~/homarus-mail", person: "lena", owner: ["lena"] } }
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from homarus.domain.errors import ConnectionFailedError, Stage
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import channel
from homarus.domain.ports import Health
from homarus.domain.turns import Inbound, Reply


class Settings(BaseModel):
    """The section `channels.folder` of the configuration."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)

    path: Path
    """The folder that holds `in`, `done` and `out`; made when it is not there."""
    person: str = "folder"
    """Who writes there, as the id of the sender; each person has a session of their own."""
    poll_s: float = Field(default=1.0, gt=0)
    """How often to look for new files, seconds."""


@channel("folder", settings=Settings)
class FolderChannel:
    """Text files as messages."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; nothing is touched before somebody receives or sends."""
        self._settings = settings
        self._root = settings.path.expanduser()

    @property
    def has_keys(self) -> bool:
        """The key is part of the file's name, so the same key twice is one file."""
        return True

    async def receive(self) -> AsyncIterator[Inbound]:
        """Yield one message per file, oldest first; a file is put away when the next message is asked for."""
        while True:
            for file in await asyncio.to_thread(self._waiting):
                yield await asyncio.to_thread(self._read, file)
                await asyncio.to_thread(file.replace, self._folder("done") / file.name)
            await asyncio.sleep(self._settings.poll_s)

    async def send(self, reply: Reply, *, to: str, idempotency_key: str) -> str:
        """Write the reply into `out` under a name that the key decides; half a file is never seen.

        Raises:
            ConnectionFailedError: when the folder cannot be written.
        """
        del to  # there is only one person on the other side
        try:
            return await asyncio.to_thread(self._write, reply.text, idempotency_key)
        except OSError as error:
            raise ConnectionFailedError(
                Stage.CONNECT, f"{str(self._root)!r} cannot be written: {error.strerror}.", hint="Check the folder."
            ) from error

    async def probe(self) -> Health:
        """Say whether the folder can be used."""
        try:
            await asyncio.to_thread(self._folder, "in")
        except OSError as error:
            sentence = f"{str(self._root)!r} cannot be used: {error.strerror}."
            return Health(is_well=False, sentence=sentence, hint="Set channels.folder.path to a folder of yours.")
        return Health(is_well=True, sentence=f"Put a text file into {str(self._root / 'in')!r}.")

    def _folder(self, name: str) -> Path:
        folder = self._root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _waiting(self) -> list[Path]:
        files = [file for file in self._folder("in").iterdir() if file.is_file() and not file.name.startswith(".")]
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))

    def _read(self, file: Path) -> Inbound:
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:12]
        person = self._settings.person
        return Inbound(
            channel="folder",
            external_id=f"{file.name}:{file.stat().st_mtime_ns}:{digest}",
            session=SessionKey(f"agent:main:folder:{person}"),
            agent=AgentId("main"),
            text=content.decode("utf-8", "replace"),
            label=Label(origin=Origin.ALLOWED, source=f"folder {person}"),
            reply_to=person,
            sender=person,
        )

    def _write(self, text: str, key: str) -> str:
        out = self._folder("out")
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        there = next(out.glob(f"*-{digest}.txt"), None)
        if there is not None:
            return there.name
        name = f"{len(list(out.glob('*.txt'))) + 1:06d}-{digest}.txt"
        half = out / f".{name}"
        half.write_text(text, encoding="utf-8")
        half.replace(out / name)
        return name
