"""Keep secrets out of what is written down: the log of the process, and traces in the event log."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from pydantic import BaseModel, SecretStr

from homarus.domain.settings import Settings
from homarus.state.secrets import redact


def secrets_in(value: object) -> Iterator[str]:
    """Yield every secret of a configuration, wherever it stands."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in cast("Mapping[str, object]", value).values():
            yield from secrets_in(item)
    elif isinstance(value, tuple | list):
        for item in cast("Iterable[object]", value):
            yield from secrets_in(item)


class Redacting:
    """Knows the secrets that hold now and takes them out of texts."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._known: tuple[Settings, tuple[str, ...]] | None = None

    def __call__(self, text: str) -> str:
        """Return a text without any secret of the configuration."""
        settings = self._settings()
        if self._known is None or self._known[0] is not settings:
            self._known = (settings, tuple(secrets_in(settings)))
        return redact(text, self._known[1])


class RedactingFilter(logging.Filter):
    """Takes secrets out of log lines, traces included."""

    def __init__(self, redacting: Redacting) -> None:
        super().__init__()
        self._redacting = redacting

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a line in place; every line passes."""
        record.msg, record.args = self._redacting(record.getMessage()), ()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = self._redacting(logging.Formatter().formatException(record.exc_info))
        return True
