"""A real gateway process that tests may kill, and a model server that does as it is told."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

from homarus.cli.line import Frame, GatewayDownError, Line
from homarus.domain.content import Json, JsonObject
from homarus.gateway.root import CONSENT

START_LIMIT_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Living:
    """A gateway of one state folder; it may die and come back."""

    def __init__(self, home: Path, *, model_url: str, further: Mapping[str, Json] | None = None) -> None:
        self.home = home
        self.line = Line(home)
        self._process: subprocess.Popen[bytes] | None = None
        provider: Mapping[str, Json] = {
            "baseUrl": f"{model_url}/v1",
            "apiKey": "k",
            "api": "openai-completions",
            "models": [{"id": "tester", "contextWindow": 32000, "input": ["text", "image"]}],
        }
        settings: dict[str, Json] = {
            "gateway": {"port": free_port()},
            "models": {"mode": "replace", "providers": {"quirk": provider}},
            **(further or {}),
        }
        (home / "homarus.json5").write_text(json.dumps(settings))
        (home / CONSENT).touch()

    def start(self) -> None:
        log = (self.home / "gateway.log").open("ab")
        command = [sys.executable, "-m", "homarus.gateway", "--home", str(self.home)]
        self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        log.close()
        until = time.monotonic() + START_LIMIT_S
        while not self.line.is_up():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.01)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(GatewayDownError):
                self.line.post("/api/v1/stop")
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                raise

    def restart(self) -> None:
        self.kill()
        self.start()

    def log(self) -> str:
        return (self.home / "gateway.log").read_text(errors="replace")[-3000:]

    def send(self, text: str, **more: Json) -> str:
        """Send a message and return its turn once it is acknowledged."""
        return str(self.line.post("/api/v1/turns", {"text": text, **more})["turn_id"])

    def view(self, turn: str) -> JsonObject:
        return self.line.get(f"/api/v1/turns/{turn}")

    def reply(self, turn: str, *, limit_s: float = 30.0) -> JsonObject:
        """Wait for a turn's reply."""
        until = time.monotonic() + limit_s
        while (found := self.view(turn)["reply"]) is None:
            assert time.monotonic() < until, (self.view(turn), self.log())
            time.sleep(0.02)
        return cast("JsonObject", found)

    def wait_for(self, kind: str, turn: str, *, limit_s: float = 20.0) -> JsonObject:
        """Wait until the log has an event of a kind for a turn."""
        until = time.monotonic() + limit_s
        while True:
            for event in self.events(turn):
                if event["kind"] == kind:
                    return event
            assert time.monotonic() < until, (kind, self.kinds(turn), self.log())
            time.sleep(0.01)

    def wait_until_state(self, state: str, turn: str, *, limit_s: float = 20.0) -> None:
        """Wait until a turn is where it should be."""
        until = time.monotonic() + limit_s
        while self.view(turn)["state"] != state:
            assert time.monotonic() < until, (self.view(turn), self.log())
            time.sleep(0.01)

    def events(self, turn: str) -> list[JsonObject]:
        return cast("list[JsonObject]", self.line.get(f"/api/v1/events?turn={turn}&after=0")["events"])

    def kinds(self, turn: str) -> list[str]:
        return [str(event["kind"]) for event in self.events(turn)]

    def moments(self, turn: str) -> list[Frame]:
        return list(self.line.stream("GET", f"/api/v1/turns/{turn}/events"))
