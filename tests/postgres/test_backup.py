"""The command that doctor names makes a copy that can be taken into use."""

import os
import shlex
from pathlib import Path

import anyio
import pytest

from homarus.domain.events import Kind, NewEvent
from homarus.state.opening import Opened, open_state
from homarus.state.store import verify
from postgres_server import PASSWORD, PostgresServer, programs

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


async def test_a_dump_that_was_restored_is_the_same_house(
    opened: Opened, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    assert opened.shared is not None
    await opened.store.append(NewEvent(kind=Kind.FAILED, body={"where": "here"}))
    folder = programs()
    assert folder is not None
    environment = {**os.environ, "PGPASSWORD": PASSWORD, "PATH": f"{folder}:{os.environ['PATH']}"}
    command = shlex.split(opened.shared.backup_command)
    await anyio.run_process(command, cwd=tmp_path, env=environment)
    another = postgres_server.database()
    restoring = ["pg_restore", "--no-owner", f"--dbname={another}", "homarus.dump"]
    await anyio.run_process(restoring, cwd=tmp_path, env=environment)

    (tmp_path / "again").mkdir()
    again = await open_state(tmp_path / "again", another)
    assert [event.body["where"] for event in await again.store.since(0)] == ["here"]
    await again.store.append(NewEvent(kind=Kind.FAILED, body={"where": "there"}))
    assert (await verify(again.store)).rows == 2
    await again.store.close()
