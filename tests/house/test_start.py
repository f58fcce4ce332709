"""Start-up is a feature: what each command, and the gateway, must not have imported."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"pydantic", "aiohttp", "asyncio", "jinja2", "numpy", "xllamacpp", "importlib.metadata"}
AT_START = {"dbos", "mcp", "textual", "numpy", "xllamacpp", "jinja2", "markdown_it", "nh3", "selectolax", "openai"}
ASKED_FOR = (
    "models.fit",
    "models.driving",
    "gateway.pages_",
    "gateway.openai_",
    "agent.replaying",
    "agent.claim",
    "net.neighbours",
)
"""What nobody needs before somebody asks, by how the names of its modules begin."""
STARTED = "import homarus.gateway.running, homarus.gateway.server, homarus.gateway.contents as c; c.at_start()"
STATUS = "from homarus.cli.main import main; main(['status', '--home', {home!r}])"


def _loaded(code: str) -> set[str]:
    """Run code in an interpreter of its own and return the modules that it left behind."""
    told = f"import sys\n{code}\nprint()\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_a_version_needs_next_to_nothing() -> None:
    loaded = _loaded("from homarus.cli.main import main; main(['--version'])")

    assert loaded & (HEAVY | {"argparse", "json", "socket", "subprocess", "gettext"}) <= {"gettext"}


def test_a_status_needs_no_model_of_anything(home: Path) -> None:
    assert _loaded(STATUS.format(home=str(home))) & HEAVY == set()


@pytest.mark.parametrize(
    "word", ["ask", "chat", "sessions", "models", "setup", "replay", "approvals", "devices", "keys", "config", "logs"]
)
def test_no_command_loads_what_the_gateway_is_made_of(word: str) -> None:
    code = f"from homarus.cli.main import main\ntry:\n    main([{word!r}, '--help'])\nexcept SystemExit:\n    pass"

    assert _loaded(code) & HEAVY == set()


def test_the_gateway_starts_without_what_it_may_never_need() -> None:
    assert _loaded("import homarus.gateway.running") & AT_START == set()


def test_the_gateway_loads_what_is_asked_for_when_it_is_asked_for() -> None:
    begun = tuple(f"homarus.{name}" for name in ASKED_FOR)

    assert [name for name in _loaded(STARTED) if name.startswith(begun)] == []


def test_of_the_api_only_turns_and_the_status_are_loaded_at_start() -> None:
    api = {name.rpartition(".")[2] for name in _loaded(STARTED) if ".gateway.api_" in name}

    assert api == {"api_turns", "api_status", "api_events"}
