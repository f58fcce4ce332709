"""The reading part of a house: sources, files and what earlier runs left; everything is kept with the run."""

import hashlib
import json
from collections.abc import Mapping
from typing import TypeVar, cast

from pydantic import BaseModel

from homarus.domain import codec
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import HomarusError
from homarus.domain.findings import Snapshot
from homarus.domain.i18n import _
from homarus.domain.labels import Label
from homarus.domain.sources import Fetched, NoDataError
from homarus.playbooks.core.steps import Moved, Steps

S = TypeVar("S", bound=BaseModel)
TICKED = "ticked"


class Gathering(Steps[S]):
    """Reads through the journal: large things as blobs by hash, watermarks only after the items are written down."""

    def sources(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of the configured sources of these kinds."""
        return self._ports.sources.names(*kinds)

    async def source(self, key: str, name: str, **options: Json) -> Fetched:
        """Read what is new at a source since this playbook last read it; the option `part` has a watermark of its own.

        Raises:
            NoDataError: when it cannot be read.
        """
        readings = self._ports.books.readings
        playbook = self._play.playbook
        part = options.get("part")
        place = f"{name}#{part}" if isinstance(part, str) else name

        async def fetch() -> JsonObject:
            since = await readings.watermark(playbook, place)
            try:
                fetched = await self._ports.sources.fetch(name, since=since, options=options)
            except NoDataError as error:
                return {"no_data": error.message, "hint": error.hint}
            digest = await self._ports.blobs.put(_encoded(codec.dump(fetched)))
            moved: JsonObject = {"place": place, "since": since, "watermark": fetched.watermark}
            return {**moved, "blob": digest, "items": len(fetched.items)}

        def words(read: JsonObject) -> str:
            return _no_data(read) or _("{name}: {count} items").format(name=name, count=read["items"])

        read = await self._once(key, fetch, said=words)
        if "no_data" in read:
            raise NoDataError(str(read["no_data"]), hint=str(read["hint"]))
        if not self.is_dry:
            was, now = cast("JsonObject | None", read["since"]), cast("JsonObject", read["watermark"])
            await readings.advance(playbook, place, was=was, now=now, at=self._ports.clock.now())
            self._moved.append(Moved(place=place, was=was, now=now))
        return codec.load(Fetched, json.loads(await self._ports.blobs.get(str(read["blob"]))))

    async def read(self, key: str, path: str) -> Snapshot:
        """Keep a file of the owner as it is now.

        Raises:
            NoDataError: when there is no such file, or it may not be read.
        """

        async def take() -> JsonObject:
            try:
                file = await self._ports.files.read(path)
            except NoDataError as error:
                return {"no_data": error.message, "hint": error.hint}
            snapshot = await self._kept(file.content, url=file.path, title=path, text="", label=file.label)
            return {"snapshot": codec.dump(snapshot)}

        outcome = await self._once(key, take, said=lambda read: _no_data(read) or _("Read {path}").format(path=path))
        if "no_data" in outcome:
            raise NoDataError(str(outcome["no_data"]), hint=str(outcome["hint"]))
        return codec.load(Snapshot, outcome["snapshot"])

    async def keep(self, content: bytes, *, url: str, title: str = "", text: str = "", label: Label) -> Snapshot:
        """Keep something as it was read; the same content is kept once, and is as it was first read in this run."""
        return await self._kept(content, url=url, title=title, text=text, label=label)

    async def blob(self, sha256: str) -> bytes:
        """Return what was kept.

        Raises:
            NotFoundError: when it is not here.
        """
        return await self._ports.blobs.get(sha256)

    async def remembered(self, kind: str) -> dict[str, JsonObject]:
        """Return what earlier runs of this playbook wrote down, as it was when this run first asked.

        The kind `ticked` is no playbook's own: it has the action items that the owner has done.
        """

        async def look() -> JsonObject:
            books = self._ports.books
            if kind == TICKED:
                known: Mapping[str, JsonObject] = {key: {"is_done": True} for key in await books.items.done()}
            else:
                known = await books.notebook.all(self._play.playbook, kind)
            return {"blob": await self._ports.blobs.put(_encoded(known))}

        step = f"remembered:{kind}"
        self._keys.discard(step)
        outcome = await self._once(step, look, said=lambda _read: _("What earlier runs left"))
        return json.loads(await self._ports.blobs.get(str(outcome["blob"])))

    async def _kept(self, content: bytes, *, url: str, title: str, text: str, label: Label) -> Snapshot:
        blobs = self._ports.blobs
        snapshot = Snapshot(
            sha256=await blobs.put(content),
            url=url,
            fetched_at=self._ports.clock.now(),
            title=title,
            text_sha256=await blobs.put(text.encode()) if text else "",
            size_bytes=len(content),
            label=label,
        )
        return await self._ports.books.findings.put_snapshot(self.run_id, snapshot)

    async def _texts(self, snapshots: set[str]) -> dict[str, str]:
        """Return the texts of snapshots, by their hash, as far as they can be read."""
        found: dict[str, str] = {}
        for sha256 in sorted(snapshots):
            known = await self._ports.books.findings.snapshot(sha256)
            digest = known.text_sha256 if known is not None and known.text_sha256 else sha256
            try:
                found[sha256] = (await self._ports.blobs.get(digest)).decode("utf-8", errors="replace")
            except HomarusError:
                continue
        return found


def _no_data(read: JsonObject) -> str:
    """Return why nothing could be read; nothing when it could."""
    return str(read.get("no_data", ""))


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def digest_of(payload: JsonObject) -> str:
    """Return the SHA-256 of a payload: the same content in any order is the same."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
