"""What can be wrong with a configuration, in words and with the place."""

from dataclasses import dataclass
from enum import StrEnum

from homarus.domain.errors import ConfigError


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"
    """The file is not used as it is; the last good configuration stays."""
    WARNING = "warning"
    """The file is used, this part of it not."""
    NOTE = "note"
    """Nothing is wrong; homarus has no use for it. Told by `config check` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a file; line and column count from one."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`, as editors take it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to know about a configuration."""

    severity: Severity
    sentence: str
    """Names the key, what is wrong with it, and the place."""
    hint: str
    key: str = ""
    where: Where | None = None
    excerpt: str = ""
    """The line as it stands in the file, where that helps and holds no secret."""


class FaultyFileError(ConfigError):
    """A file cannot be used at all."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem, with its place."""
        super().__init__(problem.sentence, hint=problem.hint)
        self.problem = problem
