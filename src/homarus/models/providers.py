"""How one provider is reached: the configuration over what is known of it, or why it cannot be reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.marks import ProviderMark
from homarus.domain.ports import Endpoint, Timeouts
from homarus.domain.settings import ModelSettings, ProviderSettings
from homarus.net.addresses import Zone, place_of

LOCAL_PATIENCE = Timeouts(connect_s=3.0, first_byte_s=540.0, idle_s=120.0)
"""A model may have to be loaded and a long prompt read on a slow machine."""
HOSTED_PATIENCE = Timeouts(connect_s=10.0, first_byte_s=60.0, idle_s=30.0)
HURRY = Timeouts(connect_s=3.0, first_byte_s=60.0, idle_s=25.0)
"""While another model stands ready."""
EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Why something cannot be asked, and what to do about it."""

    because: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One way to models, with everything resolved."""

    name: str
    api: str
    endpoint: Endpoint | None
    unusable: Unusable | None = None
    has_own_patience: bool = False
    """Whether the owner said how long to wait."""
    params: Mapping[str, Json] = field(default_factory=dict[str, Json])
    models: tuple[ModelSettings, ...] = ()
    is_configured: bool = True


def provider_of(
    name: str, configured: ProviderSettings | None, known: ProviderMark | None, environment: Mapping[str, str]
) -> Provider:
    """Resolve a provider from the configuration, from what is known, and from the environment."""
    settings = configured or ProviderSettings()
    base_url = (settings.base_url or (known.base_url if known else "")).strip().rstrip("/")
    api = settings.api or (known.api if known else "openai-completions")
    key = _key(settings, known, environment)
    unusable = _problem(name, base_url, key, known)
    return Provider(
        name=name,
        api=api,
        endpoint=None if unusable else _endpoint(name, base_url, key, settings),
        unusable=unusable,
        has_own_patience=settings.timeout_seconds is not None,
        params=dict(settings.params),
        models=settings.models,
        is_configured=configured is not None,
    )


def _key(settings: ProviderSettings, known: ProviderMark | None, environment: Mapping[str, str]) -> str | None:
    if settings.api_key is not None and settings.api_key.get_secret_value().strip():
        return settings.api_key.get_secret_value().strip()
    # A key from the environment goes only to the address it was made for, not to one that a file put in its place.
    is_elsewhere = settings.base_url is not None and known is not None and not _same_host(settings, known)
    if known is None or known.key_env is None or is_elsewhere:
        return None
    return environment.get(known.key_env, "").strip() or None


def _same_host(settings: ProviderSettings, known: ProviderMark) -> bool:
    return urlsplit(settings.base_url or "").hostname == urlsplit(known.base_url).hostname


def _problem(name: str, base_url: str, key: str | None, known: ProviderMark | None) -> Unusable | None:
    if not base_url:
        return Unusable(
            because=_("{provider!r} has no address").format(provider=name),
            hint=_("Set `models.providers.{provider}.baseUrl`.").format(provider=name),
        )
    if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
        return Unusable(
            because=_("{url!r} is not an address").format(url=base_url),
            hint=_("Write `models.providers.{provider}.baseUrl` as http://host:port/v1.").format(provider=name),
        )
    needs_key = known is not None and known.is_hosted and known.key_env is not None
    if needs_key and key is None and known is not None and place_of(base_url) is Zone.PUBLIC:
        return Unusable(
            because=_("no key"),
            hint=_("Set {variable} or `models.providers.{provider}.apiKey`.").format(
                variable=known.key_env, provider=name
            ),
        )
    return None


def _endpoint(name: str, base_url: str, key: str | None, settings: ProviderSettings) -> Endpoint:
    zone = place_of(base_url)
    is_local = zone in {Zone.LOOPBACK, Zone.HOME}
    patience = LOCAL_PATIENCE if is_local else HOSTED_PATIENCE
    if settings.timeout_seconds is not None:
        limit_s = settings.timeout_seconds
        patience = Timeouts(connect_s=min(patience.connect_s, limit_s), first_byte_s=limit_s, idle_s=limit_s)
    return Endpoint(
        provider=name,
        base_url=base_url,
        api_key=key,
        headers={header: value.get_secret_value() for header, value in settings.headers.items()},
        compat=dict(settings.compat),
        timeouts=patience,
        place=place_name(base_url),
        is_local=is_local,
        region=settings.region.lower() if settings.region else None,
    )


def place_name(base_url: str) -> str:
    """Say in words who sees a prompt that goes to an address."""
    zone = place_of(base_url)
    if zone is Zone.LOOPBACK:
        return _("this machine")
    return _("your network") if zone is Zone.HOME else (urlsplit(base_url).hostname or base_url)
