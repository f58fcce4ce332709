"""Turns with scripted models: see `agent_stage`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from agent_stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Everything for turns of one session, with an empty workspace."""
    return Stage(workspace=tmp_path)
