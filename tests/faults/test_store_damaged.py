"""Random bytes over a database: found at the start or by the chain, never passed over in silence."""

import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.errors import StateError
from homarus.domain.events import Kind, NewEvent
from homarus.state.lock import hold
from homarus.state.store import DATABASE, open_store, verify


def overwrite(database: Path, *, seed: int) -> None:
    chance, content = random.Random(seed), bytearray(database.read_bytes())
    place = chance.randrange(len(content) - 16)
    content[place : place + 16] = chance.randbytes(16)
    database.write_bytes(content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    bodies: list[JsonObject]
    is_said: bool


async def look(home: Path) -> Looked:
    async with await open_store(home) as store:
        bodies = [event.body for event in await store.since(0, limit=1000) if "n" in event.body]
        report = await verify(store)
        return Looked(bodies=bodies, is_said=bool(store.notices) or not report.is_whole)


@pytest.mark.anyio
@pytest.mark.slow
async def test_sixteen_random_bytes_are_found_or_harmless(home: Path) -> None:
    async with await open_store(home) as store:
        written = [{"n": n, "pad": "x" * 300} for n in range(120)]
        await store.append(*(NewEvent(kind=Kind.FAILED, body=body) for body in written))
    whole = (home / DATABASE).read_bytes()
    for seed in range(60):
        (home / DATABASE).write_bytes(whole)
        overwrite(home / DATABASE, seed=seed)
        try:
            looked = await look(home)
        except StateError:
            continue
        assert looked.is_said or looked.bodies == written, f"seed {seed}: silent damage"


def test_a_second_process_does_not_get_the_folder(home: Path) -> None:
    code = "import sys, pathlib; from homarus.state.lock import hold\nwith hold(pathlib.Path(sys.argv[1])): print('in')"
    with hold(home):
        second = subprocess.run(
            [sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=False, timeout=30
        )
    assert second.returncode != 0
    assert "in use by process" in second.stderr
    assert second.stdout == ""
