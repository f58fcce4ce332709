"""The documentation knows everything that there is, and its links lead somewhere."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from homarus.cli.main import WORDS
from homarus.domain import errors
from homarus.domain.events import Kind
from homarus.domain.settings import Settings
from homarus.gateway.discover import discover
from homarus.state.config.schema import leaves
from house.source import ROOT

REFERENCE = ROOT / "docs" / "reference"
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CALL = r"(?:\.venv/bin/)?homarus ([a-z]+)(?: ([a-z][a-z-]*)\b)?"
_TYPED = re.compile(rf"^(?:\$ )?{_CALL}", re.MULTILINE)
_NAMED = re.compile(rf"`{_CALL}")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def _text(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    page = _text("configuration")
    missing = [
        name for leaf in leaves(Settings) if f"`{(name := '.'.join(leaf.path).replace('.[]', '[]'))}`" not in page
    ]

    assert missing == []


def test_every_command_is_documented() -> None:
    page, readme = _text("commands"), (ROOT / "README.md").read_text(encoding="utf-8")

    assert [word.name for word in WORDS if f"## homarus {word.name}\n" not in page] == []
    assert [word.name for word in WORDS if f"homarus {word.name}" not in readme] == []


def test_every_error_is_documented() -> None:
    page = _text("errors")
    kinds = [name for name, kind in vars(errors).items() if isinstance(kind, type) and name.endswith("Error")]

    assert [name for name in kinds if name != "HomarusError" and f"`{name}`" not in page] == []
    assert [failure for failure in errors.Failure if f"`{failure.value}`" not in page] == []


def test_every_event_is_documented_with_what_it_holds() -> None:
    page = _text("events")

    assert [kind.value for kind in Kind if f"| `{kind.value}` |" not in page] == []


def test_every_tool_provider_and_protocol_is_documented(home: Path) -> None:
    found = discover(home)
    tools, providers = _text("tools"), _text("providers")

    assert [name for name in found.tools() if f"## {name}\n" not in tools] == []
    assert [mark.name for mark in found.providers() if f"`{mark.name}`" not in providers] == []
    assert [name for name in found.names("wire") if f"`{name}`" not in providers] == []
    assert [name for name in found.names("channel") if f"`{name}`" not in providers] == []


@pytest.mark.parametrize(
    "script",
    ["reference.py", "configuration_reference.py", "http_api.py", "tools_reference.py", "playbooks_reference.py"],
)
def test_generated_pages_are_up_to_date(script: str) -> None:
    done = subprocess.run(
        [sys.executable, f"scripts/{script}", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    inside = [link.partition("#")[0] for link in _LINK.findall(text) if not re.match(r"[a-z]+:|#", link)]

    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_contents() -> None:
    contents = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in PAGES if page.is_relative_to(ROOT / "docs")]

    assert [page for page in pages if page not in contents and not page.startswith("decisions/")] == []


def test_every_command_in_the_pages_exists() -> None:
    """Nothing that a page says to type is a word that there is not."""
    actions = {word.name: _actions(word.module) for word in WORDS}
    wrong = [
        f"{page.name}: homarus {word} {action}"
        for page in PAGES
        for word, action in _calls(page.read_text(encoding="utf-8"))
        if word not in actions or (actions[word] and action and action not in actions[word])
    ]

    assert wrong == []


def _calls(text: str) -> list[tuple[str, str]]:
    fences = _FENCE.findall(text)
    return [*_NAMED.findall(_FENCE.sub("", text)), *(call for fence in fences for call in _TYPED.findall(fence))]


def _actions(module: str) -> set[str]:
    found = getattr(import_module(f"homarus.cli.{module}"), "ACTIONS", ())
    return {action.name for action in found}
