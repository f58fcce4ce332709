"""What the reference page says of testing is what there is."""

import importlib
import re
from pathlib import Path

from homarus.testing.quirks import QUIRKS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "testing.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)


def test_every_quirk_stands_in_the_reference_as_it_is() -> None:
    expected = [
        (
            name,
            quirk.about,
            ", ".join(quirk.only) or "all",
            f"`{quirk.failure.value}`" if quirk.failure else "an answer",
        )
        for name, quirk in QUIRKS.items()
    ]
    assert expected == ROWS


def test_every_module_that_the_reference_names_is_there() -> None:
    for name in set(re.findall(r"`(homarus\.testing\.\w+)`", PAGE)):
        importlib.import_module(name)


def test_the_how_to_links_to_files_that_are_there() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md"
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).resolve().exists()] == []
