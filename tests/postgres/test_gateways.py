"""Two real gateways on one Postgres: one house with two doors."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import psycopg
import pytest

from faults.conftest import model_server
from faults.living import Living
from faults.test_promises import decide
from homarus.domain.content import Json, JsonObject
from homarus.testing.quirks import Turn, call, say
from homarus.testing.quirks.turns import Asked
from postgres_server import PostgresServer

pytestmark = pytest.mark.postgres
SLOWLY = "count slowly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """Two gateways of one house."""

    a: Living
    b: Living
    database: str


def script(asked: Asked) -> Turn:
    """Answer with what was said, run a command when told to, and talk at length when told to."""
    last = asked.messages[-1]
    words = next(heard.text for heard in reversed(asked.messages) if heard.role == "user")
    if last.role == "tool":
        return say("Done.")
    if "make a file" in words:
        return call("shell.run", {"command": "echo hi >> made.txt"})
    if SLOWLY in words:
        return say(" ".join(str(n) for n in range(24)))
    return say(f"You said: {words.strip().splitlines()[0]}")


@pytest.fixture(scope="module")
def two(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Generator[Two]:
    database = postgres_server.database()
    with ExitStack() as stack:
        server = stack.enter_context(model_server(script, ["slow_words"]))
        shared = tmp_path_factory.mktemp("shared")
        found = [_gateway(stack, tmp_path_factory.mktemp(name), server.url, shared, database) for name in "ab"]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Living.start, found))
        yield Two(a=found[0], b=found[1], database=database)


def _gateway(stack: ExitStack, home: Path, model_url: str, shared: Path, database: str) -> Living:
    home.chmod(0o700)
    further: dict[str, Json] = {
        "jobs": {"database": database},
        "agents": {"defaults": {"workspace": str(shared / "workspace")}},
        "tools": {"exec": {"mode": "ask", "timeoutSeconds": 30}},
    }
    living = Living(home, model_url=model_url, further=further)
    stack.callback(living.stop)
    return living


def test_what_is_said_at_one_door_is_read_at_the_other(two: Two) -> None:
    turn = two.a.send("hello there", session="agent:main:web:read")
    assert two.b.reply(turn)["text"] == "You said: hello there"
    assert "agent:main:web:read" in json.dumps(two.b.line.get("/api/v1/sessions"))


def test_whoever_watches_a_turn_at_the_other_door_sees_its_end(two: Two) -> None:
    turn = two.a.send(SLOWLY, session="agent:main:web:watch")
    assert "21 22 23" in str(two.b.moments(turn)[-1])


def test_a_session_has_one_turn_at_a_time_in_the_order_of_the_log(two: Two) -> None:
    session = "agent:main:web:order"

    def send(n: int) -> str:
        return (two.a, two.b)[n % 2].send(f"message {n}", session=session)

    with ThreadPoolExecutor(6) as pool:
        turns = list(pool.map(send, range(8)))
    for turn in turns:
        two.a.reply(turn)
    events = cast("list[JsonObject]", two.b.line.get("/api/v1/events?after=0&limit=1000")["events"])
    ours = [event for event in events if event["turn"] in turns]
    accepted = [event["turn"] for event in ours if event["kind"] == "inbound.accepted"]
    steps = [(event["kind"], event["turn"]) for event in ours if event["kind"] in {"turn.started", "reply.written"}]
    assert steps == [(kind, turn) for turn in accepted for kind in ("turn.started", "reply.written")]


def test_a_decision_at_one_door_lets_a_turn_of_the_other_go_on_once(two: Two) -> None:
    turn = two.a.send("make a file", session="agent:main:web:decide")
    two.a.wait_until_state("parked", turn)
    decide(two.b, "once")
    assert two.a.reply(turn)["text"] == "Done."
    assert two.b.kinds(turn).count("tool.finished") == 1


def test_a_turn_is_stopped_at_the_other_door(two: Two) -> None:
    turn = two.a.send(SLOWLY, session="agent:main:web:stop")
    two.a.wait_for("route.chosen", turn)
    two.b.line.post(f"/api/v1/turns/{turn}/stop")
    two.b.reply(turn)
    assert two.b.kinds(turn).count("reply.written") == 1
    assert "turn.stopped" in two.b.kinds(turn)


def _models(living: Living, key: str) -> int:
    port = cast("int", living.line.get("/api/v1/status")["port"])
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/models", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_key_of_one_door_opens_the_other_until_it_is_revoked(two: Two) -> None:
    added = two.a.line.post("/api/v1/keys", {"name": "laptop", "scopes": ["chat"]})
    key = str(added["secret"])
    _until(lambda: _models(two.b, key) == 200)
    key_id = cast("JsonObject", added["key"])["key_id"]
    two.a.line.delete(f"/api/v1/keys/{key_id}")
    _until(lambda: _models(two.b, key) == 401)


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_turn_whose_gateway_is_killed_is_ended_by_the_other(two: Two) -> None:
    turn = two.a.send(SLOWLY, session="agent:main:web:killed")
    two.a.wait_for("route.chosen", turn)
    two.a.kill()
    try:
        assert str(two.b.reply(turn)["text"]).endswith("23")
        assert two.b.kinds(turn).count("reply.written") == 1
    finally:
        two.a.start()


def test_everything_that_was_written_is_whole(two: Two) -> None:
    findings = json.dumps(two.b.line.get("/api/v1/doctor"))
    assert "events are unchanged" in findings
    with psycopg.connect(two.database) as sql:
        left = sql.execute("SELECT count(*) FROM homarus.leases").fetchone()
    assert left is not None


def test_both_doors_name_the_database_and_who_shares_it(two: Two) -> None:
    for living in (two.a, two.b):
        database = cast("dict[str, list[JsonObject]]", living.line.get("/api/v1/status")["database"])
        assert [(process["kind"], process["is_me"]) for process in database["processes"]].count(("gateway", True)) == 1
        assert len(database["processes"]) == 2
        doctor = json.dumps(living.line.get("/api/v1/doctor"))
        assert "pg_dump --format=custom" in doctor
        assert "only%20for%20tests" not in doctor
        assert "Set jobs.shared" in doctor
