"""Keep the files of the last good configuration, so that a bad one does no harm even after a restart."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from homarus.state.blobs import write_whole
from homarus.state.config.files import Remembered

_NAME = "config-last-good.json"


def keep(home: Path, texts: Mapping[Path, str]) -> None:
    """Write the texts down as they are in the files: variables and references stay what they are."""
    path = home / "backups" / _NAME
    content = json.dumps({"files": {str(name): text for name, text in sorted(texts.items())}}, indent=1)
    if _content(path) != content:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, content.encode())


def recall(home: Path) -> Remembered | None:
    """Return what was kept, `None` when there is nothing or it was tampered with."""
    content = _content(home / "backups" / _NAME)
    if content is None:
        return None
    try:
        kept = cast("object", json.loads(content))
    except ValueError:
        return None
    files = cast("dict[str, object]", kept).get("files") if isinstance(kept, dict) else None
    if not isinstance(files, dict):
        return None
    texts = cast("dict[str, object]", files)
    return Remembered({Path(name): text for name, text in texts.items() if isinstance(text, str)})


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
