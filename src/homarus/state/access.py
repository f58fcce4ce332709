"""Who may come in: paired devices and keys for `/v1`. Only hashes are kept, and a revocation counts at once.

Everything is held in memory as well, so that asking costs microseconds: one process owns a state folder, so nobody
else can change the tables.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import fresh
from homarus.state.database import Database
from homarus.state.ledger import Pen, from_us, now_us
from homarus.state.statements import Sql

_NOTE_AGAIN_S = 60.0
_LONGEST_NAME = 100
_PREFIX_LETTERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A browser or another face that was paired."""

    device_id: str
    name: str
    paired_at: datetime
    seen_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key for programs."""

    key_id: str
    name: str
    prefix: str
    """The first letters of the key, enough to tell it from others."""
    scopes: tuple[str, ...]
    added_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDevice:
    """A device with its token, which is shown to nobody but the device, once."""

    device: Device
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedKey:
    """A key with its text, which is shown once."""

    key: ApiKey
    secret: str


class Access:
    """Devices and keys of one state folder."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self._devices: dict[str, Device] = {}
        self._keys: dict[str, ApiKey] = {}
        self._digests: dict[str, bytes] = {}

    @classmethod
    async def open(cls, store: Database) -> "Access":
        """Read who may come in."""
        access = cls(store)
        await access.reload()
        return access

    async def reload(self) -> None:
        """Read again who may come in: another process of the same house has changed it."""
        await self._store.read(self._load)

    async def pair(self, name: str) -> PairedDevice:
        """Write a new device down and return it with its token."""
        device = Device(device_id=fresh("dev"), name=_named(name), paired_at=from_us(now_us()))
        token = _token(device.device_id)
        digest = _digest(token)

        def work(pen: Pen) -> None:
            pen.sql.execute(
                "INSERT INTO devices (owner_id, device_id, name, token_hash, paired_us) VALUES (?, ?, ?, ?, ?)",
                (self._store.owner_id, device.device_id, device.name, digest, now_us()),
            )
            body = {"device_id": device.device_id, "name": device.name}
            pen.append(NewEvent(kind=Kind.DEVICE_PAIRED, body=body, owner_id=self._store.owner_id))

        await self._store.writer.write(work)
        self._devices[device.device_id] = device
        self._digests[device.device_id] = digest
        return PairedDevice(device=device, token=token)

    def device_of(self, token: str) -> Device | None:
        """Return the device that a token belongs to; `None` when there is none or it was revoked."""
        device = self._devices.get(self._holder(token))
        if device is None or device.revoked_at is not None:
            return None
        if _is_stale(device.seen_at):
            device = replace(device, seen_at=from_us(now_us()))
            self._devices[device.device_id] = device
            self._note("UPDATE devices SET seen_us = ? WHERE owner_id = ? AND device_id = ?", device.device_id)
        return device

    def devices(self) -> tuple[Device, ...]:
        """Return all devices, the newest first, also those that were revoked."""
        return tuple(sorted(self._devices.values(), key=lambda device: device.paired_at, reverse=True))

    async def revoke_device(self, device_id: str, *, by: str) -> Device:
        """Shut a device out, from now on.

        Raises:
            NotFoundError: when there is no such device.
        """
        device = self._devices.get(device_id)
        if device is None:
            raise NotFoundError(
                _("There is no device {device_id!r}.").format(device_id=device_id),
                hint=_("See `homarus devices list`."),
            )
        if device.revoked_at is None:
            device = replace(device, revoked_at=from_us(now_us()))
            self._devices[device_id] = device  # first: nobody comes in while the disk is being written
            body = {"device_id": device_id, "by": by}
            await self._revoke(
                "UPDATE devices SET revoked_us = ? WHERE owner_id = ? AND device_id = ?",
                device_id,
                NewEvent(kind=Kind.DEVICE_REVOKED, body=body, owner_id=self._store.owner_id),
            )
        return device

    async def add_key(self, name: str, scopes: Iterable[str]) -> AddedKey:
        """Write a new key down and return it with its text.

        Raises:
            UsageError: when it has no name or no scope.
        """
        granted = tuple(sorted(set(scopes)))
        if not granted:
            raise UsageError(_("A key needs at least one scope."), hint=_("For OpenAI clients: `--scope chat`."))
        key_id = fresh("key")
        secret = _token(key_id)
        key = ApiKey(
            key_id=key_id,
            name=_named(name),
            prefix=secret[:_PREFIX_LETTERS],
            scopes=granted,
            added_at=from_us(now_us()),
        )
        digest = _digest(secret)

        def work(pen: Pen) -> None:
            pen.sql.execute(
                "INSERT INTO keys (owner_id, key_id, name, prefix, key_hash, scopes, added_us) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._store.owner_id, key_id, key.name, key.prefix, digest, json.dumps(granted), now_us()),
            )
            body = {"key_id": key_id, "name": key.name, "scopes": granted}
            pen.append(NewEvent(kind=Kind.KEY_ADDED, body=body, owner_id=self._store.owner_id))

        await self._store.writer.write(work)
        self._keys[key_id] = key
        self._digests[key_id] = digest
        return AddedKey(key=key, secret=secret)

    def key_of(self, secret: str) -> ApiKey | None:
        """Return the key that a text is; `None` when there is none or it was revoked."""
        key = self._keys.get(self._holder(secret))
        if key is None or key.revoked_at is not None:
            return None
        if _is_stale(key.used_at):
            key = replace(key, used_at=from_us(now_us()))
            self._keys[key.key_id] = key
            self._note("UPDATE keys SET used_us = ? WHERE owner_id = ? AND key_id = ?", key.key_id)
        return key

    def keys(self) -> tuple[ApiKey, ...]:
        """Return all keys, the newest first, also those that were revoked."""
        return tuple(sorted(self._keys.values(), key=lambda key: key.added_at, reverse=True))

    async def revoke_key(self, key_id: str, *, by: str) -> ApiKey:
        """Make a key worthless, from now on.

        Raises:
            NotFoundError: when there is no such key.
        """
        key = self._keys.get(key_id)
        if key is None:
            raise NotFoundError(
                _("There is no key {key_id!r}.").format(key_id=key_id), hint=_("See `homarus keys list`.")
            )
        if key.revoked_at is None:
            key = replace(key, revoked_at=from_us(now_us()))
            self._keys[key_id] = key
            body = {"key_id": key_id, "by": by}
            await self._revoke(
                "UPDATE keys SET revoked_us = ? WHERE owner_id = ? AND key_id = ?",
                key_id,
                NewEvent(kind=Kind.KEY_REVOKED, body=body, owner_id=self._store.owner_id),
            )
        return key

    def _holder(self, token: str) -> str:
        """Return the id that a token begins with when the rest of it is right, else nothing."""
        words = token.split(".", 1)
        holder = words[0].removeprefix("hm-") if len(words) > 1 else ""
        # A holder that does not exist costs the same hash and comparison as one that does.
        expected = self._digests.get(holder, bytes(32))
        return holder if hmac.compare_digest(_digest(token), expected) else ""

    def _note(self, statement: str, holder: str) -> None:
        values = (now_us(), self._store.owner_id, holder)
        self._store.writer.post(lambda pen: pen.sql.execute(statement, values))

    async def _revoke(self, statement: str, holder: str, event: NewEvent) -> None:
        def work(pen: Pen) -> None:
            pen.sql.execute(statement, (now_us(), self._store.owner_id, holder))
            pen.append(event)

        await self._store.writer.write(work)

    def _load(self, sql: Sql) -> None:
        owner = (self._store.owner_id,)
        for row in sql.execute(
            "SELECT device_id, name, token_hash, paired_us, seen_us, revoked_us FROM devices WHERE owner_id = ?", owner
        ):
            self._digests[row[0]] = row[2]
            self._devices[row[0]] = Device(
                device_id=row[0],
                name=row[1],
                paired_at=from_us(row[3]),
                seen_at=_when(row[4]),
                revoked_at=_when(row[5]),
            )
        for row in sql.execute(
            "SELECT key_id, name, prefix, key_hash, scopes, added_us, used_us, revoked_us FROM keys WHERE owner_id = ?",
            owner,
        ):
            self._digests[row[0]] = row[3]
            self._keys[row[0]] = ApiKey(
                key_id=row[0],
                name=row[1],
                prefix=row[2],
                scopes=tuple(json.loads(row[4])),
                added_at=from_us(row[5]),
                used_at=_when(row[6]),
                revoked_at=_when(row[7]),
            )


def _token(holder: str) -> str:
    return f"hm-{holder}.{secrets.token_urlsafe(32)}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _when(stamp: int | None) -> datetime | None:
    return None if stamp is None else from_us(stamp)


def _is_stale(noted: datetime | None) -> bool:
    return noted is None or (from_us(now_us()) - noted).total_seconds() > _NOTE_AGAIN_S


def _named(name: str) -> str:
    words = " ".join(name.encode("utf-8", "replace").decode().split())[:_LONGEST_NAME]
    if not words:
        raise UsageError(_("The name is empty."), hint=_("Give a name that tells you later what it is for."))
    return words
