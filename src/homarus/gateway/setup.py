"""Set a house up: what would be written for a choice of server, model and rights, and then written all at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from homarus.domain.content import Json
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.gateway import presets
from homarus.gateway.presets import Preset
from homarus.gateway.selection import HOUSE_KEY
from homarus.gateway.servers import Server

if TYPE_CHECKING:
    from homarus.gateway.configure import Configuration
    from homarus.models.desk import Desk
    from homarus.state.secrets import Secrets

_KEY_LIMIT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """A hosted service with a free tier: an option, never needed."""

    provider: str
    name: str
    host: str
    page: str
    """Where a key is made."""
    leaves: str
    """What leaves this machine, and to whom."""
    has_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting before and after."""

    key: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person chose."""

    model: str | None = None
    """`provider/id`; `None` leaves it."""
    preset: Preset | None = None
    server: Server | None = None
    """A server that is to be written down."""
    keys: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """By provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Plans and writes; nothing is changed before everything is checked."""

    desk: "Desk"
    configuration: "Configuration"
    secrets: "Secrets"

    def hosted(self) -> tuple[Hosted, ...]:
        """Return the hosted services with a free tier that can be offered."""
        offered = (
            ("nvidia", "NVIDIA NIM", "integrate.api.nvidia.com", "https://build.nvidia.com"),
            ("openrouter", "OpenRouter", "openrouter.ai", "https://openrouter.ai/settings/keys"),
        )
        known = self.desk.catalog().providers
        return tuple(
            Hosted(
                provider=provider,
                name=name,
                host=host,
                page=page,
                leaves=_(
                    "Everything in a conversation that it answers leaves this machine: your messages, notes and files "
                    "that are in the prompt, and what tools found. {host} and whoever runs the model there see it; "
                    "free tiers may keep it. Conversations marked local-only never go there."
                ).format(host=host),
                has_key=known[provider].endpoint is not None,
            )
            for provider, name, host, page in offered
            if provider in known  # not where the owner wants only what is written down
        )

    def plan(self, wanted: Wanted) -> tuple[Change, ...]:
        """Return the settings that would change; those that hold already are left out.

        Raises:
            HomarusError: when the model is not there, or a key cannot be one.
        """
        changes: dict[str, Json] = {}
        if wanted.server is not None:
            changes |= self._of_server(wanted.server)
        for provider, key in wanted.keys.items():
            is_new = wanted.server is not None and wanted.server.provider == provider
            changes |= self._of_key(provider, key, is_new=is_new)
        if wanted.model is not None:
            self._require(wanted.model, wanted)
            changes[HOUSE_KEY] = wanted.model
        if wanted.preset is not None:
            changes |= presets.changes(self.configuration.current, wanted.preset)
        planned = (Change(key=key, before=self._before(key), after=after) for key, after in changes.items())
        return tuple(change for change in planned if change.before != change.after)

    def write(self, wanted: Wanted, *, by: str) -> tuple[Change, ...]:
        """Write what was planned, all of it or nothing, and return it.

        Raises:
            HomarusError: when it does not fit; nothing was written then.
        """
        changes = self.plan(wanted)
        for provider, key in wanted.keys.items():
            self.secrets.put(_secret(provider), key.strip())
        if changes:
            first, *rest = changes
            also = {change.key: change.after for change in rest}
            self.configuration.set(first.key, first.after, by=by, also=also)
        elif wanted.keys:
            self.configuration.load()  # the same reference stands for another key now
        return changes

    # --- inside ---

    def _of_server(self, server: Server) -> dict[str, Json]:
        known = self.desk.catalog().providers.get(server.provider)
        at = known.endpoint if known is not None else None
        if at is not None and known is not None and at.base_url == server.base_url and known.api == server.api:
            return {}
        return {f"models.providers.{server.provider}.{name}": value for name, value in server.settings().items()}

    def _of_key(self, provider: str, key: str, *, is_new: bool) -> dict[str, Json]:
        if not is_new and provider not in self.desk.catalog().providers:
            raise self.desk.catalog().unknown(provider)
        if not 1 <= len(key.strip()) <= _KEY_LIMIT or not key.strip().isprintable() or " " in key.strip():
            raise UsageError(
                _("That is no key for {provider}.").format(provider=provider),
                hint=_("Copy the key alone, without spaces or line breaks."),
            )
        reference: dict[str, Json] = {"source": "store", "provider": "default", "id": _secret(provider)}
        return {f"models.providers.{provider}.apiKey": reference}

    def _before(self, key: str) -> Json:
        """Return what a setting is now; of one that is not written anywhere, nothing."""
        try:
            rows = self.configuration.value(key)
        except NotFoundError:
            return None
        row = rows[0]
        return row.value if row.is_set or row.key == key else None

    def _require(self, model: str, wanted: Wanted) -> None:
        server = wanted.server
        try:
            ref = ModelRef.parse(model)
        except ValueError:
            raise self.desk.catalog().unknown(model) from None
        if server is not None and ref.provider == server.provider:
            if server.engine.models and server.engine.served(ref.model_id) is None:
                names = ", ".join(f"{server.provider}/{one.model_id}" for one in server.engine.models[:5])
                raise NotFoundError(
                    _("{server} does not have {model!r}.").format(server=server.base_url, model=ref.model_id),
                    hint=_("It has: {names}.").format(names=names),
                )
            return
        candidate = self.desk.find(model)
        if candidate.unusable is not None and ref.provider not in wanted.keys:
            raise UsageError(
                _("{model} cannot be asked: {because}.").format(model=model, because=candidate.unusable.because),
                hint=candidate.unusable.hint,
            )


def _secret(provider: str) -> str:
    return f"{provider}-api-key"
