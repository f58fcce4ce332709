"""Terminals with and without a scripted model; what they start ends with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.terminal import Server, Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal of a person who has just installed homarus."""
    made = Terminal(tmp_path / "h")
    yield made
    made.close()


@pytest.fixture
def served(terminal: Terminal) -> Iterator[Callable[..., Terminal]]:
    """Give the terminal a scripted model: `served("--say", "Noon.")`."""
    servers: list[Server] = []

    def serve(*arguments: str) -> Terminal:
        servers.append(Server(*arguments))
        terminal.configure(servers[-1].settings())
        return terminal

    yield serve
    for server in servers:
        server.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """One terminal with a scripted model for all tests of a file that only look."""
    server = Server("--say", "It is noon.")
    made = Terminal(tmp_path_factory.mktemp("shared") / "h")
    made.configure(server.settings(models=("tester", "other")))
    yield made
    made.close()
    server.close()
