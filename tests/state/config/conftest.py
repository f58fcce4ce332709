"""A house's configuration, read from text."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from homarus.state.config.files import Disk
from homarus.state.config.reading import Ask, Reading, read

ReadText = Callable[..., Reading]


@pytest.fixture
def read_text(home: Path) -> ReadText:
    """Return a function that reads a text as the owner's file."""

    def reading(text: str, *, ui: str = "", environment: Mapping[str, str] | None = None) -> Reading:
        (home / "homarus.json5").write_text(text, encoding="utf-8", newline="")
        files = [home / "homarus.json5"]
        if ui:
            (home / "homarus.ui.json5").write_text(ui, encoding="utf-8")
            files.append(home / "homarus.ui.json5")
        return read(Ask(home=home, files=tuple(files), environment=environment or {}), Disk())

    return reading
