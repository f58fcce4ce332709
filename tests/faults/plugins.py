"""Plugins in a house of their own, and the two folders of the example channel."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from faults.living import Living
from homarus.domain.content import Json
from homarus.gateway import plugin_approvals
from house.source import ROOT

EXAMPLES = ROOT / "examples"


def put(home: Path, name: str, text: str | None = None) -> Path:
    """Put an example, or a text, into the folder of plugins."""
    file = home / "plugins" / name
    file.parent.mkdir(exist_ok=True)
    if text is None:
        shutil.copy(EXAMPLES / name, file)
    else:
        file.write_text(text)
    return file


def approve(home: Path, name: str, text: str | None = None) -> Path:
    """Put a plugin there and approve it, as `homarus plugin approve` does."""
    file = put(home, name, text)
    plugin_approvals.approve(home, name)
    return file


def section(mail: Path, **more: Json) -> dict[str, Json]:
    """Return a configuration of the folder channel in which its person is the owner."""
    folder: dict[str, Json] = {"path": str(mail), "person": "lena", "owner": ["lena"], "poll_s": 0.05, **more}
    return {"channels": {"folder": folder}}


def write(mail: Path, text: str, *, name: str = "one.txt") -> None:
    """Write a message as somebody on the other side would."""
    inbox = mail / "in"
    inbox.mkdir(parents=True, exist_ok=True)
    half = inbox / f".{name}"
    half.write_text(text, encoding="utf-8")
    half.rename(inbox / name)


def replies(mail: Path) -> list[str]:
    """Return what stands in the folder of answers, oldest first."""
    return [file.read_text(encoding="utf-8") for file in sorted((mail / "out").glob("[!.]*.txt"))]


def until(holds: Callable[[], object], living: Living, *, limit_s: float = 30.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, living.log()
        time.sleep(0.02)


def findings(living: Living, topic: str) -> list[dict[str, Json]]:
    found = living.line.get("/api/v1/doctor")["findings"]
    assert isinstance(found, list)
    return [dict(finding) for finding in found if isinstance(finding, dict) and finding["topic"] == topic]


def events(living: Living, *kinds: str) -> list[dict[str, Json]]:
    found = living.line.get(f"/api/v1/events?after=0&limit=1000&kinds={','.join(kinds)}")["events"]
    assert isinstance(found, list)
    return [dict(event) for event in found if isinstance(event, dict)]


def reconfigure(living: Living, **more: Json) -> None:
    """Change the owner's file; a running gateway follows."""
    file = living.home / "homarus.json5"
    file.write_text(json.dumps({**json.loads(file.read_text()), **more}))
