"""Planted secrets, and a model server that says back whatever it was sent: nothing of them may be found afterwards."""

import json
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from faults.living import Living, free_port
from homarus.domain.content import Json

CANARIES = {
    "key": "sk-canary-key-0001",
    "header": "canary-header-0002",
    "dotenv": "canary-dotenv-0003",
    "variable": "canary-variable-0004",
    "store": "canary-store-0005",
}
MODELS = ("echoes", "whole", "refuses", "breaks")
PAGES = ("/", "/chat", "/approvals", "/models", "/activity", "/settings", "/channels", "/jobs", "/playbooks")

OWN_FILES = ("homarus.json5", ".env", "secrets/kept", "backups/config-last-good.json")
"""The configuration itself and the copy of it that holds while it is bad."""


class _Echo(BaseHTTPRequestHandler):
    """Answers with the head and the body that it was sent: as an error, or as what a model says."""

    def do_GET(self) -> None:
        self._answer(500, self._echo())

    def do_POST(self) -> None:
        said = self._echo(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.loads(said.rpartition("\n\n")[2])
        status = {"refuses": 400, "breaks": 500}.get(body["model"])
        if status is not None:
            self._answer(status, json.dumps({"error": {"message": said, "type": "echo"}}))
        elif body.get("stream"):
            size = len(said) if body["model"] == "whole" else 7
            pieces = [said[at : at + size] for at in range(0, len(said), size)]
            chunks = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
            stream = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
            stream += 'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
            self._answer(200, f"{stream}data: [DONE]\n\n", kind="text/event-stream")
        else:
            message = {"role": "assistant", "content": said}
            self._answer(200, json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}))

    def _echo(self, body: bytes = b"{}") -> str:
        return f"{self.headers}".strip() + "\n\n" + body.decode()

    def _answer(self, status: int, text: str, *, kind: str = "application/json") -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        del format, args


@contextmanager
def echoing() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _settings(url: str) -> dict[str, Json]:
    headers: dict[str, Json] = {
        "X-Plain": CANARIES["header"],
        "X-Dotenv": "Bearer ${FROM_DOTENV}",
        "X-Variable": "${FROM_ENVIRONMENT}",
        "X-Store": {"source": "store", "id": "kept"},
    }
    provider: dict[str, Json] = {
        "baseUrl": f"{url}/v1",
        "apiKey": CANARIES["key"],
        "headers": headers,
        "models": [{"id": name, "contextWindow": 32000} for name in MODELS],
    }
    return {
        "gateway": {"port": free_port()},
        "models": {
            "mode": "replace",
            "providers": {"echo": {**provider, "api": "openai-completions"}},
        },
    }


@pytest.fixture
def living(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Living]:
    monkeypatch.setenv("FROM_ENVIRONMENT", CANARIES["variable"])
    (home / ".env").write_text(f"FROM_DOTENV={CANARIES['dotenv']}\n")
    (home / "secrets").mkdir(mode=0o700)
    (home / "secrets" / "kept").write_text(CANARIES["store"])
    with echoing() as url:
        living = Living(home, model_url=url, further=_settings(url))
        living.start()
        try:
            yield living
        finally:
            living.stop()


def _raw(home: Path, path: str, body: dict[str, Json] | None = None, accept: str = "*/*") -> bytes:
    """Return head and body of an answer over the owner's socket."""
    content = b"" if body is None else json.dumps(body).encode()
    method, kind = ("GET", "") if body is None else ("POST", "Content-Type: application/json\r\n")
    head = f"{method} {path} HTTP/1.0\r\nHost: localhost\r\nAccept: {accept}\r\n{kind}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(60)
        connection.connect(str(home / "gateway.sock"))
        connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        with connection.makefile("rb") as answer:
            return answer.read()


def _found(text: bytes) -> set[str]:
    return {name for name, canary in CANARIES.items() if canary.encode() in text}


def _talk(living: Living) -> Iterator[bytes]:
    """Yield everything that faces and programs are told while they talk to the models."""
    for model in MODELS:
        name = f"echo/{model}"
        turn = living.send("Say it back.", model=name)
        yield repr(living.moments(turn)).encode()
        yield json.dumps(living.reply(turn)).encode()
        for streams in (False, True):
            asked: dict[str, Json] = {
                "model": name,
                "stream": streams,
                "messages": [{"role": "user", "content": "Say it back."}],
            }
            if not streams or model != "echoes":  # what the server spreads over events passes as it is
                yield _raw(living.home, "/v1/chat/completions", asked)
            said: dict[str, Json] = {"model": name, "stream": streams, "input": "Say it back."}
            yield _raw(living.home, "/v1/responses", said)


def _reads(living: Living) -> Iterator[bytes]:
    """Yield every page and everything that the API lets one read."""
    for page in PAGES:
        yield _raw(living.home, page, accept="text/html")
    described = cast("dict[str, dict[str, Json]]", living.line.get("/api/v1/openapi.json")["paths"])
    sessions = cast("list[dict[str, str]]", living.line.get("/api/v1/sessions")["sessions"])
    for path, operations in described.items():
        if "get" not in operations:
            continue
        for session in sessions if "{key" in path else [{"key": "", "session": ""}]:
            key = session.get("key") or session.get("session") or ""
            yield _raw(living.home, path.replace("{key}", key).replace("{name}", "echo/echoes"))
            yield _raw(living.home, path.replace("{key}", key) + "?format=markdown&lines=5000&after=0")
    for session in sessions:
        key = session.get("key") or session.get("session") or ""
        yield _raw(living.home, f"/chat/{key}", accept="text/html")


def test_no_secret_is_found_anywhere_after_a_server_has_said_it_back(living: Living) -> None:
    for told in _talk(living):
        assert not _found(told), told

    for page in _reads(living):
        assert not _found(page), page

    living.stop()
    own = {living.home / name for name in OWN_FILES}
    kept = [path for path in living.home.rglob("*") if path.is_file() and path not in own]
    assert all(path.stat().st_mode & 0o077 == 0 for path in own if path.parent != living.home)
    assert {str(path) for path in kept if _found(path.read_bytes())} == set()
    assert "homarus.db" in {path.name for path in kept}


def test_the_server_does_say_them(living: Living) -> None:
    """Else the test above could not fail."""
    told = _raw(living.home, "/v1/chat/completions", {"model": "echo/echoes", "messages": []})

    assert told.count(b"[redacted]") == len(CANARIES)
