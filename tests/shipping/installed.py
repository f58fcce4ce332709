"""What the tests of the wheel share."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment that holds the wheel and what the lock pins, and nothing of the checkout."""

    wheel: Path
    bin: Path
