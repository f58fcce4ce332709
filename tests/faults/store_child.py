"""A process that writes to a store until it is killed, and says each number when it was acknowledged.

`python store_child.py HOME FIRST CLIENTS [PAD]` prints `ready`, then `a <n>` per acknowledged event, `full` when the
disk has no room and `room` when it has again.
"""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from homarus.domain.errors import DiskFullError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.state.store import SqliteStore, open_store


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


async def write(store: SqliteStore, numbers: "count[int]", pad: str) -> None:
    is_full = False
    for n in numbers:
        new = NewEvent(
            kind=Kind.INBOUND_ACCEPTED,
            body={"inbound": {"text": f"message {n}", "pad": pad}},
            session=SessionKey(f"s{n % 5}"),
            turn=TurnId(f"t{n}"),
            dedupe=f"n{n}",
        )
        try:
            await store.append(new, synced=n % 3 != 0)
        except DiskFullError:
            if not is_full:
                say("full")
            is_full = True
            await asyncio.sleep(0.1)
            continue
        if is_full:
            say("room")
            is_full = False
        say(f"a {n}")


async def main(home: Path, first: int, clients: int, pad_bytes: int) -> None:
    async with await open_store(home) as store, asyncio.TaskGroup() as group:
        say("ready")
        numbers = count(first)
        for _client in range(clients):
            group.create_task(write(store, numbers, "x" * pad_bytes))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int((sys.argv[4:] or ["0"])[0])))
