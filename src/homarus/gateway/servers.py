"""Find out what stands at an address that a person typed: which server, with which models, and how it is configured."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from homarus.domain.content import Json
from homarus.domain.engines import Engine, EngineKind
from homarus.domain.errors import HomarusError, OperatorError, UsageError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Endpoint
from homarus.models.engines.adapters import adapter_for
from homarus.models.engines.believed import believed
from homarus.models.engines.findings import elsewhere
from homarus.models.engines.recognise import recognise
from homarus.models.engines.talk import GLANCE, root_of
from homarus.models.providers import place_name
from homarus.net.addresses import Zone, place_of

if TYPE_CHECKING:
    from homarus.net.neighbours import Neighbours

PORTS = {11434: "Ollama", 1234: "LM Studio", 8080: "llama-server", 8000: "vLLM", 4000: "LiteLLM"}
"""Where the servers that we know listen unless told otherwise."""
_LOOK_LIMIT_S = 12.0
_SPOKEN = {
    EngineKind.OLLAMA: ("ollama", "ollama"),
    EngineKind.LM_STUDIO: ("lmstudio", "openai-responses"),
    EngineKind.LLAMA_SERVER: ("llamacpp", "openai-completions"),
    EngineKind.VLLM: ("vllm", "openai-completions"),
}
_NO_ENTRY = ("(HTTP 401)", "(HTTP 403)")
"""How the words of a refused key end, in every language."""
_NO_NAME = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A model server at an address, and what would be written into the configuration to use it."""

    provider: str
    """The name it gets, or has."""
    api: str
    base_url: str
    engine: Engine

    def settings(self) -> dict[str, Json]:
        """Return what stands under `models.providers.<provider>`."""
        return {"baseUrl": self.base_url, "api": self.api}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a look into the owner's network brought."""

    networks: tuple[str, ...]
    servers: tuple[Server, ...]
    is_whole: bool
    """Whether everything could be asked in time."""


async def look_at(
    address: str, door: Door, *, api_key: str | None = None, taken: Mapping[str, str] | None = None
) -> Server:
    """Return the server at an address: `http://box:11434`, `box:1234`, `box`, `https://gpu.lan/v1`.

    `taken` are the names of providers that there are, with their addresses.

    Raises:
        UsageError: when it is no address.
        OperatorError: when no model server answers there, with what to check.
    """
    url = _read(address)
    if urlsplit(url).port is not None or urlsplit(url).scheme == "https" or urlsplit(url).path:
        return await _one(url, door, api_key, taken)
    attempts = [_or_nothing(f"{url}:{port}", door, api_key, taken) for port in PORTS]
    found = [server for server in await asyncio.gather(*attempts) if server is not None]
    if found:
        return found[0]
    raise OperatorError(
        _("No model server answers at {url}: ports {ports} were asked.").format(
            url=url, ports=", ".join(map(str, PORTS))
        ),
        hint=_("Name the port, as in {url}:11434. {check}").format(url=url, check=check_words(url)),
    )


async def look_around(neighbours: "Neighbours", door: Door, *, taken: Mapping[str, str] | None = None) -> Around:
    """Look for model servers in the owner's network."""
    looked = await neighbours.look(tuple(PORTS))
    attempts = [_or_nothing(f"http://{place.host}:{place.port}", door, None, taken) for place in looked.found]
    servers = [server for server in await asyncio.gather(*attempts) if server is not None]
    return Around(networks=looked.networks, servers=tuple(servers), is_whole=looked.is_whole)


def check_words(base_url: str) -> str:
    """Return what to check when a server does not answer, by where and what it should be."""
    parts = urlsplit(base_url)
    if place_of(base_url) is Zone.LOOPBACK:
        return elsewhere(base_url) or _("Is the server started?")
    match parts.port:
        case 11434:
            return _(
                "On that machine, start Ollama with OLLAMA_HOST=0.0.0.0 and let port 11434 through its firewall; "
                "by default it listens to itself alone."
            )
        case 1234:
            return _("In LM Studio, Developer: start the server and switch `Serve on Local Network` on.")
        case _:
            return _(
                "Is the machine on, does its server listen on 0.0.0.0, and does its firewall let the port through?"
            )


# --- inside ---


def _read(address: str) -> str:
    text = address.strip().rstrip("/")
    url = text if "://" in text else f"http://{text}"
    example = _("Write it like http://192.168.1.20:11434, or only the machine's name.")
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and not parts.netloc.endswith(":") and parts.port != 0
        is_fine = parts.scheme in ("http", "https") and is_whole
    except ValueError:
        raise UsageError(_("{text!r} is not an address.").format(text=text[:200]), hint=example) from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            _("An address has no name, key or query in it."), hint=_("Give a key apart, and the address without it.")
        )
    if not is_fine or place_of(url) is Zone.NOWHERE:
        raise UsageError(_("{text!r} is not an address.").format(text=text[:200]), hint=example)
    return url


async def _or_nothing(url: str, door: Door, api_key: str | None, taken: Mapping[str, str] | None) -> Server | None:
    try:
        return await _one(url, door, api_key, taken)
    except HomarusError:
        return None


async def _one(url: str, door: Door, api_key: str | None, taken: Mapping[str, str] | None) -> Server:
    at = Endpoint(
        provider=urlsplit(url).netloc,
        base_url=url,
        api_key=api_key,
        timeouts=GLANCE,
        place=place_name(url),
        is_local=place_of(url) in {Zone.LOOPBACK, Zone.HOME},
    )
    try:
        async with asyncio.timeout(_LOOK_LIMIT_S):
            kind = await recognise(at, door) or EngineKind.GENERIC
            at = replace(at, base_url=_base_url(url, kind))
            engine = believed(await adapter_for(kind).look(at, door))
    except TimeoutError:
        raise _silent(url, "") from None
    if not engine.is_up:
        raise _silent(url, engine.because)
    if kind is EngineKind.GENERIC and not engine.models:
        raise OperatorError(
            _("Something answers at {url}, but it names no models.").format(url=url),
            hint=_(
                "Give the address of its API, which usually ends in /v1; a model may have to be loaded there first."
            ),
        )
    name, api = _SPOKEN.get(kind, (_label(url), "openai-completions"))
    provider = _name_for(at.base_url, name, url, taken or {})
    return Server(provider=provider, api=api, base_url=at.base_url, engine=replace(engine, provider=provider))


def _base_url(url: str, kind: EngineKind) -> str:
    root = root_of(url)
    if kind is EngineKind.OLLAMA:
        return root
    if kind is EngineKind.GENERIC and urlsplit(url).path not in ("", "/"):
        return url
    return f"{root}/v1"


def _silent(url: str, because: str) -> OperatorError:
    said = because or _("No model server answers at {url}.").format(url=url)
    if any(mark in because for mark in _NO_ENTRY):
        return OperatorError(said, hint=_("homarus setup --server {url} --key-from FILE").format(url=url))
    return OperatorError(said, hint=check_words(url))


def _label(url: str) -> str:
    host = urlsplit(url).hostname or ""
    named = host if re.fullmatch(r"[\d.]+", host) or ":" in host else host.partition(".")[0]
    return _NO_NAME.sub("-", named.lower()).strip("-") or "server"


def _name_for(base_url: str, name: str, url: str, taken: Mapping[str, str]) -> str:
    """Return the provider that has this address already, else a name that is not another server's."""
    known = next((provider for provider, address in taken.items() if root_of(address) == root_of(base_url)), None)
    wanted = [name, f"{name}-{_label(url)}", *(f"{name}-{number}" for number in range(2, 100))]
    return known or next((one for one in wanted if one not in taken), name)
