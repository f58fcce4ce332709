"""Ask a server about itself: its own paths beside `/v1`, with the patience of a glance, errors as values."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from homarus.domain.content import JsonObject
from homarus.domain.engines import Engine, EngineKind, PullProgress
from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.labels import Reach
from homarus.domain.ports import Door, Endpoint, Timeouts
from homarus.models.bodies import to_bytes
from homarus.models.closing import closing
from homarus.models.exchange import Exchange, bearer
from homarus.models.ndjson import read_json

GLANCE = Timeouts(connect_s=1.0, first_byte_s=3.0, idle_s=3.0)
"""Nothing that is read here makes a server work."""
PATIENT = Timeouts(connect_s=3.0, first_byte_s=600.0, idle_s=120.0)
"""For loading and downloading."""
_ELSEWHERE = frozenset({Failure.BAD_REQUEST, Failure.BAD_ANSWER, Failure.MODEL_MISSING})
"""The server is there, what was asked for is not."""
_SUFFIXES = ("/v1", "/api/v0", "/api/v1", "/api")


def root_of(base_url: str) -> str:
    """Return where a server begins, without the path of one of its protocols."""
    root = base_url.rstrip("/")
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        if root.endswith(suffix):
            return root.removesuffix(suffix)
    return root


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation with one server about itself."""

    exchange: Exchange
    at: Endpoint
    """As it was given, path and all."""

    @classmethod
    def to(cls, at: Endpoint, door: Door, *, model_id: str = "", patience: Timeouts = GLANCE) -> "Talk":
        """Begin one, about a model or about the server as a whole."""
        root = replace(at, base_url=root_of(at.base_url), timeouts=patience)
        model = ModelRef(provider=at.provider, model_id=model_id) if model_id else None
        return cls(exchange=Exchange.of(root, door, model=model, reach=Reach.ANYWHERE), at=at)

    async def get(self, path: str) -> JsonObject:
        """Return a JSON object.

        Raises:
            ModelCallError: when there is none.
        """
        return await self.exchange.ask("GET", path, bearer(self.at))

    async def find(self, path: str) -> JsonObject | None:
        """Return a JSON object, or nothing when the server has no such place.

        Raises:
            ModelCallError: when the server cannot be asked at all.
        """
        try:
            return await self.get(path)
        except ModelCallError as error:
            if error.failure in _ELSEWHERE:
                return None
            raise

    async def tell(self, path: str, body: JsonObject, *, method: str = "POST") -> JsonObject:
        """Send a JSON object and return one; an error inside a success is an error.

        Raises:
            ModelCallError: when the server does not do it.
        """
        answer = await self.exchange.ask(method, path, bearer(self.at), to_bytes(body))
        self.exchange.raise_error_in(answer)
        return answer

    async def do(self, path: str, body: JsonObject | None, *, method: str) -> None:
        """Send something whose answer may be empty.

        Raises:
            ModelCallError: when the server does not do it.
        """
        text = await self.exchange.whole(method, path, bearer(self.at), to_bytes(body) if body is not None else None)
        try:
            said = read_json(text) if text.strip() else None
        except ValueError:
            return
        if isinstance(said, dict):
            self.exchange.raise_error_in(said)

    async def text(self, path: str) -> str:
        """Return what a place says as text; an empty one when it is not there.

        Raises:
            ModelCallError: when the server cannot be asked at all.
        """
        try:
            return await self.exchange.whole("GET", path, bearer(self.at))
        except ModelCallError as error:
            if error.failure in _ELSEWHERE:
                return ""
            raise

    async def lines(self, path: str, body: JsonObject) -> AsyncIterator[JsonObject]:
        """Post and yield JSON objects, one per line; an error among them is raised.

        Raises:
            ModelCallError: when the call fails, or the server says in the stream that it did.
        """
        async with closing(self.exchange.lines(path, to_bytes(body), bearer(self.at))) as lines:
            async for line in lines:
                self.exchange.raise_error_in(line)
                yield line


def engine(at: Endpoint, kind: EngineKind) -> Engine:
    """Return an engine that is up and has said nothing yet."""
    return Engine(
        provider=at.provider, kind=kind, base_url=at.base_url, place=at.place, is_local=at.is_local, is_up=True
    )


def down(at: Endpoint, kind: EngineKind, error: ModelCallError | EgressRefusedError | ConnectionFailedError) -> Engine:
    """Return an engine that did not answer, and why."""
    return replace(engine(at, kind), is_up=False, because=error.message, hint=error.hint)


def named(model_id: str) -> str:
    """Return a model's name as it stands in a query."""
    return quote(model_id, safe="", errors="replace")


def cannot(at: Endpoint, what: str, hint: str) -> ModelCallError:
    """Return the error for something that a kind of server cannot be told to do."""
    return ModelCallError(
        Failure.BAD_REQUEST, _("{provider} {what}.").format(provider=at.provider, what=what), hint=hint
    )


async def refusing(error: ModelCallError) -> AsyncIterator[PullProgress]:
    """Yield nothing and raise: the download of a server that cannot be told to download.

    Raises:
        ModelCallError: always.
    """
    nothing: tuple[PullProgress, ...] = ()
    for step in nothing:
        yield step
    raise error
