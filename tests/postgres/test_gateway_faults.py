"""What happens to two gateways of one house when one dies at a bad moment, or the server goes for a while."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import psycopg
import pytest

from faults.conftest import model_server
from faults.living import Living
from faults.plugins import approve, events, replies, section, until, write
from faults.test_channels import FOLDER, WITHOUT_KEYS, echo
from homarus.domain.content import Json
from homarus.testing.quirks import say
from postgres_server import PostgresServer, running

pytestmark = pytest.mark.postgres


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def stack() -> Generator[ExitStack]:
    with ExitStack() as found:
        yield found


def gateway(stack: ExitStack, home: Path, database: str, model_url: str, **further: Json) -> Living:
    home.mkdir(mode=0o700, exist_ok=True)
    living = Living(home, model_url=model_url, further={"jobs": {"database": database}, **further})
    stack.callback(living.stop)
    return living


def two_on_a_channel(stack: ExitStack, tmp_path: Path, database: str, mail: Path, plugin: str) -> list[Living]:
    server = stack.enter_context(model_server(echo))
    found = [gateway(stack, tmp_path / name, database, server.url, **section(mail)) for name in "ab"]
    for living in found:
        approve(living.home, "folder_channel.py", plugin)
        living.start()
    return found


def holder(database: str, lease: str, among: list[Living]) -> Living:
    """Return the gateway that holds a lease whose name begins like this."""
    with psycopg.connect(database) as sql:
        row = sql.execute(
            "SELECT p.place FROM homarus.leases AS l JOIN homarus.processes AS p USING (owner_id, process) "
            "WHERE starts_with(l.name, %s)",
            (lease,),
        ).fetchone()
    assert row is not None
    pid = int(str(row[0]).rpartition(":")[2])
    return next(living for living in among if living.line.get("/api/v1/status")["pid"] == pid)


def test_a_channel_of_two_gateways_gets_each_message_once(
    stack: ExitStack, tmp_path: Path, postgres_url: str, mail: Path
) -> None:
    both = two_on_a_channel(stack, tmp_path, postgres_url, mail, FOLDER)
    for place, word in enumerate(("one", "two", "three")):
        write(mail, word, name=f"{word}.txt")
        until(lambda place=place: len(replies(mail)) == place + 1, both[0])
    first = holder(postgres_url, "channel:folder", both)
    other = next(living for living in both if living is not first)
    first.kill()
    write(mail, "four", name="four.txt")
    until(lambda: len(replies(mail)) == 4, other)
    assert sorted(replies(mail)) == sorted(f"You said {word}." for word in ("one", "two", "three", "four"))


def test_a_send_that_died_with_its_gateway_is_unknown_and_never_repeated(
    stack: ExitStack, tmp_path: Path, postgres_url: str, mail: Path
) -> None:
    both = two_on_a_channel(stack, tmp_path, postgres_url, mail, WITHOUT_KEYS)
    write(mail, "one")
    until((mail / "sending").exists, both[0])
    sender = holder(postgres_url, "reply:", both)
    other = next(living for living in both if living is not sender)
    sender.kill()
    (mail / "go").touch()
    until(lambda: events(other, "reply.unknown"), other)
    assert replies(mail) == []
    assert events(other, "reply.delivered") == []


def test_a_turn_goes_on_when_the_server_was_away_for_a_while(stack: ExitStack, tmp_path: Path) -> None:
    server: PostgresServer = stack.enter_context(running(is_durable=True))
    model = stack.enter_context(model_server([say("one two three four five six seven eight")], ["slow_words"]))
    living = gateway(stack, tmp_path / "a", server.database(), model.url)
    living.start()
    turn = living.send("count")
    living.wait_for("route.chosen", turn)
    server.stop()
    server.start()
    assert living.reply(turn)["text"] == "one two three four five six seven eight"
    assert living.kinds(turn).count("reply.written") == 1
    assert cast("dict[str, object]", living.line.get("/api/v1/status"))["problems"] is not None
