"""Who has a token comes in, who was revoked does not, and the tokens are nowhere on the disk."""

from pathlib import Path

import pytest

from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.events import Kind
from homarus.state.access import Access
from homarus.state.store import SqliteStore, open_store

pytestmark = pytest.mark.anyio


@pytest.fixture
async def access(store: SqliteStore) -> Access:
    return await Access.open(store)


async def test_a_paired_device_comes_in(access: Access) -> None:
    paired = await access.pair("Firefox on laptop")
    device = access.device_of(paired.token)
    assert device is not None
    assert (device.device_id, device.name) == (paired.device.device_id, "Firefox on laptop")
    assert device.seen_at is not None
    assert access.key_of(paired.token) is None


@pytest.mark.parametrize("wrong", ["", ".", "x", "hm-dev_x.y", "\ud800.a", "hm-.", "a.b.c"])
async def test_anything_else_does_not(access: Access, wrong: str) -> None:
    await access.pair("Firefox")
    assert access.device_of(wrong) is None
    assert access.key_of(wrong) is None


async def test_a_token_with_one_letter_changed_does_not(access: Access) -> None:
    token = (await access.pair("Firefox")).token
    assert access.device_of(token[:-1] + ("A" if token[-1] != "A" else "B")) is None


async def test_a_revocation_counts_at_once_and_after_a_restart(home: Path) -> None:
    async with await open_store(home) as store:
        access = await Access.open(store)
        kept, lost = await access.pair("kept"), await access.pair("lost")
        await access.revoke_device(lost.device.device_id, by="cli")
        assert access.device_of(lost.token) is None
    async with await open_store(home) as store:
        access = await Access.open(store)
        assert access.device_of(lost.token) is None
        assert access.device_of(kept.token) is not None
        assert {device.name: device.revoked_at is None for device in access.devices()} == {"kept": True, "lost": False}


async def test_a_key_has_a_name_scopes_and_a_prefix(access: Access, store: SqliteStore) -> None:
    added = await access.add_key("notebook", ["models", "chat", "chat"])
    key = access.key_of(added.secret)
    assert key is not None
    assert (key.name, key.scopes, added.secret.startswith(key.prefix)) == ("notebook", ("chat", "models"), True)
    await access.revoke_key(key.key_id, by="cli")
    assert access.key_of(added.secret) is None
    assert [event.kind for event in await store.since(0)] == [Kind.KEY_ADDED, Kind.KEY_REVOKED]


async def test_when_a_key_was_used_is_remembered(home: Path) -> None:
    async with await open_store(home) as store:
        access = await Access.open(store)
        added = await access.add_key("notebook", ["chat"])
        access.key_of(added.secret)
    async with await open_store(home) as store:
        (key,) = (await Access.open(store)).keys()
        assert key.used_at is not None


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_no_token_is_on_the_disk(home: Path) -> None:
    async with await open_store(home) as store:
        access = await Access.open(store)
        secrets = [(await access.pair("a")).token, (await access.add_key("b", ["chat"])).secret]
    content = everything_in(home)
    assert [secret.split(".")[1].encode() in content for secret in secrets] == [False, False]


async def test_what_does_not_exist_cannot_be_revoked(access: Access) -> None:
    with pytest.raises(NotFoundError, match="dev_x"):
        await access.revoke_device("dev_x", by="cli")
    with pytest.raises(NotFoundError, match="key_x"):
        await access.revoke_key("key_x", by="cli")


async def test_a_key_needs_a_name_and_a_scope(access: Access) -> None:
    with pytest.raises(UsageError):
        await access.add_key(" ", ["chat"])
    with pytest.raises(UsageError):
        await access.add_key("a", [])
