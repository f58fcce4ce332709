"""Hooks as other programs call them, over TCP, at a real gateway."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import cast

import pytest

from cli.terminal import Server, Terminal, until
from homarus.domain.content import JsonObject

TOKEN = "a-long-token-of-the-hooks"
MAPPINGS = [
    {"match": {"path": "github"}, "messageTemplate": "Look at {{pr.title}}", "name": "pull"},
    {"match": {"path": "go"}, "action": "job", "job": "news"},
]


@dataclass
class Answer:
    status: int
    body: JsonObject


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    server = Server("--say", "Seen.")
    made = Terminal(tmp_path_factory.mktemp("hooks") / "h")
    made.configure({**server.settings(), "hooks": {"enabled": True, "token": TOKEN, "mappings": MAPPINGS}})
    made.run("jobs", "add", "daily at 6", "--say", "What is new?", "--name", "news")
    yield made
    made.close()
    server.close()


def call(desk: Terminal, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
    given = {"Authorization": f"Bearer {TOKEN}"} if headers is None else dict(headers)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **given})
    with closing(connection):
        answer = connection.getresponse()
        return Answer(status=answer.status, body=cast("JsonObject", json.loads(answer.read())))


def test_a_message_is_answered_by_a_run(desk: Terminal) -> None:
    answer = call(desk, "/hooks/agent", {"message": "What is new?", "name": "build"})
    assert (answer.status, answer.body["ok"]) == (202, True)
    run = str(answer.body["runId"])
    until(lambda: "done" in desk.run("jobs", "runs").out)
    assert "Seen." in desk.run("jobs", "show", run).out


def test_a_mapping_gives_the_values_as_material_and_a_job_is_started(desk: Terminal) -> None:
    assert call(desk, "/hooks/github", {"pr": {"title": "Fix"}}, {"x-openclaw-token": TOKEN}).status == 202
    assert call(desk, "/hooks/go", {}).status == 202
    assert "news" in desk.run("jobs", "runs").out


def test_the_same_call_twice_is_one_run(desk: Terminal) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "delivery-7"}
    first, again = (call(desk, "/hooks/wake", {"text": "x"}, headers) for _time in range(2))
    assert first.body["runId"] == again.body["runId"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/hooks/agent", {}, 400),
        ("/hooks/agent", [], 400),
        ("/hooks/nothing-here", {}, 404),
        ("/hooks/agent", {"message": "x", "sessionKey": "main"}, 403),
        ("/hooks/agent", {"message": "x", "agentId": "nobody"}, 403),
        ("/hooks/agent", {"message": "x", "channel": "telegram", "to": "666"}, 403),
        ("/hooks/agent?token=x", {"message": "x"}, 400),
        ("/hooks/agent", {"message": "x" * 300_000}, 413),
    ],
)
def test_what_is_off_is_refused(desk: Terminal, path: str, body: object, status: int) -> None:
    assert call(desk, path, body).status == status


def test_halves_of_letters_break_nothing_that_is_shown_later(desk: Terminal) -> None:
    half = {"pr": {"title": "Fix \ud800"}}
    assert call(desk, "/hooks/github", half).status == 202
    assert call(desk, "/hooks/github", half, {"x-openclaw-token": TOKEN, "Idempotency-Key": "\xff"}).status == 202
    assert desk.run("jobs", "runs").code == 0


def test_a_token_in_any_letters_is_wrong_and_breaks_nothing(desk: Terminal) -> None:
    assert call(desk, "/hooks/wake", {"text": "x"}, {"x-openclaw-token": "\xff\xfe"}).status == 401


def test_wrong_tokens_are_refused_and_soon_not_answered_any_more(desk: Terminal) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    statuses = [call(desk, "/hooks/wake", {"text": "x"}, wrong).status for _try in range(22)]
    assert (statuses[0], statuses[-1]) == (401, 429)
    assert call(desk, "/hooks/wake", {"text": "x"}).status == 202
