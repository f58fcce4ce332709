"""Keep secrets in: nothing that is written down, shown or answered has one in it, whoever says it.

A model server may echo the key it was sent, in an error or in an answer. So this stands where things go out: the event
log, the process's log, what faces watch, every HTTP answer. What is looked for are the secrets of the configuration, of
channels too, and the variables that are secrets by their names or by what they look like.
"""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from pydantic import BaseModel, SecretStr

from homarus.domain.content import Json
from homarus.domain.settings import Settings
from homarus.state.secrets import REDACTED, redact, shapes_of

_PLACEHOLDERS = frozenset(
    {
        "ollama", "ollama-local", "lmstudio", "lm-studio", "llamacpp", "llama.cpp", "llama-cpp", "vllm-local",
        "no-key", "no-key-needed", "no-key-required", "not-needed", "not-required", "sk-no-key-required",
        "placeholder", "changeme", "api-key", "apikey", "localhost", "local-key", "homarus",
    }
)  # fmt: skip
"""What people write where a server wants a key and does not look at it; taking it out would tear up model names."""
_PLAIN_WORD = re.compile(r"[a-z]{1,11}")
_SECRET_NAME = re.compile(
    r"(?:\A|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD|CREDENTIALS?|AUTH)(?:_|\Z)", re.IGNORECASE
)
_LOOKS_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w.+=:~-]{16,}")
_AS_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
"""As `html.escape` writes it, which brings a table of 2,231 entities: 0.3 MB that an idle gateway has no use for."""
_LEAST = 8
"""A variable's value shorter than this is rather a word than a secret."""


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


def secret_variables(
    variables: Mapping[str, str], environment: Mapping[str, str], within: Iterable[str]
) -> Iterator[str]:
    """Yield the values of variables that are secrets: by name, as part of a known secret, or random and from a file."""
    known = tuple(within)
    for name, value in variables.items():
        if len(value) < _LEAST or value.startswith(("/", "~", "http://", "https://")):
            continue
        is_own = name not in environment and _LOOKS_RANDOM.fullmatch(value) is not None
        if is_own or _SECRET_NAME.search(name) or any(value in secret for secret in known):
            yield value


class Redacting:
    """Knows the secrets that hold now, and those that held before, and takes them out."""

    def __init__(self, settings: Callable[[], Settings], *, further: Callable[[], Iterable[str]] | None = None) -> None:
        """Look at the settings, and at `further` secrets whenever the settings are others."""
        self._settings = settings
        self._further = further
        self._seen: Settings | None = None
        self._secrets: frozenset[str] = frozenset()
        self._shapes: tuple[str, ...] = ()
        self._bytes: tuple[bytes, ...] = ()

    def __call__(self, text: str) -> str:
        """Return a text without any secret."""
        return redact(text, self._now())

    def json(self, text: str) -> str:
        """Return JSON without any secret; it stays JSON, also where a secret is all digits."""
        if not any(shape in text for shape in self._now()):
            return text
        return json.dumps(self.value(cast("Json", json.loads(text))), ensure_ascii=True, separators=(",", ":"))

    def value(self, value: Json) -> Json:
        """Return a JSON value in which no text has a secret."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self(name): self.value(item) for name, item in value.items()}
        if isinstance(value, tuple | list):
            return [self.value(item) for item in value]
        return value

    def body(self, body: bytes, *, is_json: bool) -> bytes:
        """Return an HTTP body without any secret."""
        self._now()
        if not any(shape in body for shape in self._bytes):
            return body
        if is_json:
            try:
                return self.json(body.decode()).encode()
            except ValueError:
                pass  # cut off, or not what it says it is: then it is bytes like others
        for shape in self._bytes:
            body = body.replace(shape, REDACTED.encode())
        return body

    def texts(self) -> "Passing":
        """Return what takes secrets out of a text that comes in pieces."""
        return Passing(self._now())

    def chunks(self) -> Callable[[bytes], bytes]:
        """Return what takes secrets out of bytes that come in pieces; nothing at the end gives what was held back."""
        self._now()
        passing = Passing(tuple(shape.decode("latin-1") for shape in self._bytes))

        def pass_on(chunk: bytes) -> bytes:
            return (passing.next(chunk.decode("latin-1")) if chunk else passing.rest()).encode("latin-1")

        return pass_on

    def _now(self) -> tuple[str, ...]:
        settings = self._settings()
        if self._seen is not settings:
            found = {*secrets_in(settings), *(self._further() if self._further is not None else ())}
            found |= {secret.partition(" ")[2] for secret in found}  # a header's `Bearer ...`
            self._secrets |= {secret for secret in found if not _is_word(secret, settings)}
            self._shapes = shapes_of({*self._secrets, *(secret.translate(_AS_HTML) for secret in self._secrets)})
            self._bytes = tuple(shape.encode("utf-8", "replace") for shape in self._shapes)
            self._seen = settings
        return self._shapes


def _is_word(secret: str, settings: Settings) -> bool:
    """Whether a secret is a word that stands everywhere: it hides nothing, and without it nothing could be read."""
    if secret.lower() in _PLACEHOLDERS or _PLAIN_WORD.fullmatch(secret):
        return True
    providers = settings.models.providers
    return any(secret in name for name in providers) or any(
        secret in model.id for provider in providers.values() for model in provider.models
    )


class Passing:
    """Takes secrets out of what comes in pieces: an end that may be the beginning of one is held back."""

    def __init__(self, shapes: tuple[str, ...]) -> None:
        self._shapes = shapes
        self._held = ""

    def next(self, piece: str) -> str:
        """Return what can be passed on now."""
        if not self._shapes:
            return piece
        whole = redact(self._held + piece, self._shapes)
        at = len(whole) - max(_overlap(whole, shape) for shape in self._shapes)
        self._held = whole[at:]
        return whole[:at]

    def rest(self) -> str:
        """Return what was held back; nothing more comes, or something else does."""
        held, self._held = self._held, ""
        return held


def _overlap(whole: str, shape: str) -> int:
    """Return how many letters at the end of `whole` are the beginning of `shape`."""
    end = whole[max(0, len(whole) - len(shape) + 1) :]
    at = end.find(shape[0])
    while at >= 0:
        if shape.startswith(end[at:]):
            return len(end) - at
        at = end.find(shape[0], at + 1)
    return 0


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
