from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from homarus.domain.ports import Health
from homarus.gateway.checks import Checks
from homarus.models.embedded import State

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An embedded engine that ended by itself."""

    state: State = State.FAILED
    log_tail: str = "loading\nfirst\nsecond\nggml: out of memory"

    def health(self) -> Health:
        return Health(is_well=False, sentence="The built-in model stopped unexpectedly.", hint="homarus logs")


async def test_doctor_shows_the_last_words_of_an_engine_that_failed(home: Path) -> None:
    nothing: Any = None
    engine: Any = Engine()
    checks = Checks(
        home=home,
        configuration=nothing,
        discovery=nothing,
        desk=nothing,
        embedded=engine,
        toolbox=nothing,
        store=nothing,
    )

    (finding,) = await checks.thorough[1]()

    assert finding.sentence.endswith("Its last words: first / second / ggml: out of memory")
