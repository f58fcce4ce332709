"""Who may say that code runs: whoever can open the Unix socket, and nobody else."""

from pathlib import Path

import aiohttp
import pytest

from gateway.http_parts import Place, session
from homarus.gateway import plugin_approvals
from homarus.gateway.plugins import sha256_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "plugins" / "dice.py"
    path.parent.mkdir()
    path.write_text("# a file\n")
    return path


def change(file: Path) -> None:
    file.write_text("# another file\n")


async def test_the_terminal_approves_and_revokes(owner: aiohttp.ClientSession, home: Path, file: Path) -> None:
    async with owner.put("/api/v1/plugins/dice.py", json={"sha256": sha256_of(file)}) as answer:
        said = await answer.json()
    assert (answer.status, said["is_approved"], said["needs_restart"]) == (200, True, True)
    assert plugin_approvals.approved(home) == {str(file): sha256_of(file)}

    async with owner.delete("/api/v1/plugins/dice.py") as answer:
        said = await answer.json()
    assert (said["is_approved"], said["needs_restart"]) == (False, False)
    assert plugin_approvals.approved(home) == {}


async def test_a_browser_and_a_key_can_look_and_nothing_else(
    place: Place, browser: aiohttp.ClientSession, home: Path, file: Path
) -> None:
    body = {"sha256": sha256_of(file)}
    secret = await place.key("admin", "owner")
    async with session(place.url, headers={"Authorization": f"Bearer {secret}"}) as program:
        for client in (browser, program):
            headers = {"Origin": place.url}
            async with client.put("/api/v1/plugins/dice.py", json=body, headers=headers) as put:
                assert put.status == 403
            async with client.delete("/api/v1/plugins/dice.py", headers=headers) as gone:
                assert gone.status == 403
            async with client.get("/api/v1/plugins") as listed:
                assert [plugin["name"] for plugin in (await listed.json())["plugins"]] == ["dice.py"]
    assert plugin_approvals.approved(home) == {}


async def test_a_file_that_changed_while_it_was_read_is_not_approved(
    owner: aiohttp.ClientSession, home: Path, file: Path
) -> None:
    seen = sha256_of(file)
    change(file)
    async with owner.put("/api/v1/plugins/dice.py", json={"sha256": seen}) as answer:
        assert answer.status == 400
    assert plugin_approvals.approved(home) == {}


async def test_a_file_that_changed_after_the_yes_is_named(owner: aiohttp.ClientSession, home: Path, file: Path) -> None:
    plugin_approvals.approve(home, "dice.py")
    change(file)
    async with owner.get("/api/v1/plugins") as answer:
        (said,) = (await answer.json())["plugins"]
    assert (said["is_approved"], said["is_changed"]) == (False, True)


@pytest.mark.parametrize("name", ["..%2Fhomarus.json5", "%2Fetc%2Fpasswd", "nothing.py"])
async def test_only_files_of_the_folder_have_a_name(owner: aiohttp.ClientSession, file: Path, name: str) -> None:
    async with owner.put(f"/api/v1/plugins/{name}", json={"sha256": sha256_of(file)}) as answer:
        assert answer.status == 404
