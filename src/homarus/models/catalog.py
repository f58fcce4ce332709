"""Every model that could be asked, and for each one that cannot, why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from homarus.domain.agents import aliases
from homarus.domain.content import Json
from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.marks import ProviderMark
from homarus.domain.nearness import nearest
from homarus.domain.ports import Endpoint, ModelInfo
from homarus.domain.settings import ModelChoice, ModelSettings, Settings
from homarus.models.providers import EMBEDDED, Provider, Unusable, provider_of

EMBEDDED_REF = ModelRef(provider=EMBEDDED, model_id="smollm2")
EMBEDDED_OUTPUT_TOKENS = 256
"""When nobody says how much: the embedded model ends too rarely by itself, and has one slot for everybody."""
_MODEL_KEYS_DROPPED = frozenset({"cacheRetention", "preload", "transport", "fastMode"})
"""Settings of other gateways that no server knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A server that answers on this machine, with its models."""

    provider: str
    models: tuple[ModelInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A configured server in reach that was asked for its models, because none is written down, and named none."""

    provider: str
    place: str
    """Host and port."""
    has_answered: bool

    @property
    def sentence(self) -> str:
        """What is wrong with it, without a full stop."""
        if self.has_answered:
            return _("{provider} at {place} has no model").format(provider=self.provider, place=self.place)
        return _("{provider} does not answer at {place}").format(provider=self.provider, place=self.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedState:
    """Whether the embedded model can be used here, or why not."""

    is_usable: bool
    because: str = ""
    window_tokens: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model that could be asked, or the reason why not."""

    ref: ModelRef
    api: str
    endpoint: Endpoint | None
    """`None` for the embedded model, whose server is started when it is needed, and for what cannot be used."""
    unusable: Unusable | None = None
    info: ModelInfo
    aliases: tuple[str, ...] = ()
    params: Mapping[str, Json] = field(default_factory=dict[str, Json])
    has_own_patience: bool = False
    own_window_tokens: int | None = None
    """The context that the owner wrote down."""
    own_context_tokens: int | None = None
    """How much of it the owner wants used."""
    is_listed: bool = True
    """Whether somebody named it: the configuration, or the server itself."""
    is_found: bool = False
    """Whether it is only here because a server was found running."""

    @property
    def is_embedded(self) -> bool:
        """Whether it is the model that comes with homarus."""
        return self.ref.provider == EMBEDDED

    @property
    def is_local(self) -> bool:
        """Whether a prompt for it stays on this machine or in the owner's network."""
        return self.is_embedded or (self.endpoint is not None and self.endpoint.is_local)

    @property
    def region(self) -> str | None:
        """Where the owner says that it works."""
        return self.endpoint.region if self.endpoint is not None else None

    @property
    def place(self) -> str:
        """Who sees the prompt, in words."""
        return self.endpoint.place if self.endpoint is not None else _("this machine")

    @property
    def window_tokens(self) -> int | None:
        """The context that is known of it, without asking."""
        return self.info.window_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All candidates, in the order in which the owner named them; found and embedded ones last."""

    candidates: tuple[Candidate, ...]
    providers: Mapping[str, Provider]
    aliases: Mapping[str, ModelRef]
    """By lower-case alias."""
    entries: Mapping[str, Mapping[str, Json]] = field(default_factory=dict[str, Mapping[str, Json]])
    """Parameters that the owner gave single models."""
    silent: tuple[Silent, ...] = ()
    """Known only after servers were asked."""

    def get(self, ref: ModelRef) -> Candidate | None:
        """Return a candidate; also one that nobody listed, when its provider is known."""
        for candidate in self.candidates:
            if candidate.ref == ref:
                return candidate
        provider = self.providers.get(ref.provider)
        return None if provider is None else _candidate(provider, ref, None, self, is_listed=False)

    def find(self, name: str) -> Candidate:
        """Return the model that a person means: an alias, `provider/id`, or an id that only one provider has.

        Raises:
            NotFoundError: with the nearest names, when there is none.
        """
        text = name.strip()
        alias = self.aliases.get(text.lower())
        if alias is not None and (candidate := self.get(alias)) is not None:
            return candidate
        try:
            by_ref = self.get(ModelRef.parse(text))
        except ValueError:
            by_ref = None
        same_id = [candidate for candidate in self.candidates if candidate.ref.model_id == text]
        if by_ref is not None and (by_ref.is_listed or len(same_id) != 1):
            return by_ref
        if len(same_id) == 1:
            return same_id[0]
        raise self.unknown(text)

    def unknown(self, name: str) -> NotFoundError:
        """Return the error for a name that is nobody's."""
        names = [str(candidate.ref) for candidate in self.candidates] + list(self.aliases)
        near = nearest(name, names, cutoff=0.5)
        hint = _("`homarus models list` shows what there is.")
        if near:
            hint = _("Did you mean {names}? `homarus models list` shows all.").format(names=_(" or ").join(near))
        return NotFoundError(_("There is no model {name!r}.").format(name=name), hint=hint)


def catalog(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    embedded: EmbeddedState,
    found: Iterable[Found] = (),
    known: Mapping[str, ProviderMark],
) -> Catalog:
    """Gather every candidate; nothing is asked over the network here."""
    is_merged = settings.models.mode == "merge"
    configured = settings.models.providers
    named = _named(settings)
    providers = {
        name: provider_of(name, configured.get(name), known.get(name), environment)
        for name in dict.fromkeys([*configured, *(known if is_merged else ())])
    }
    entries = {ref: dict(entry.params) for ref, entry in settings.agents.defaults.models.items()}
    empty = Catalog(candidates=(), providers=providers, aliases=aliases(settings), entries=entries)
    gathered: dict[ModelRef, Candidate] = {}
    for provider in providers.values():
        for model in provider.models:
            ref = ModelRef(provider=provider.name, model_id=model.id)
            gathered.setdefault(ref, _candidate(provider, ref, model, empty))
    for ref in named:
        provider = providers.get(ref.provider)
        if provider is not None and ref not in gathered:
            gathered[ref] = _candidate(provider, ref, None, empty)
    for server in found if is_merged else ():
        _add_found(gathered, server, empty)
    gathered[EMBEDDED_REF] = _embedded(embedded, empty)
    return replace(empty, candidates=tuple(gathered.values()))


def _add_found(gathered: dict[ModelRef, Candidate], server: Found, into: Catalog) -> None:
    provider = into.providers.get(server.provider)
    for info in server.models if provider is not None else ():
        ref = ModelRef(provider=server.provider, model_id=info.model_id)
        assert provider is not None
        if ref not in gathered:
            made = _candidate(provider, ref, None, into)
            gathered[ref] = live(replace(made, is_found=not provider.is_configured), info)
        else:
            gathered[ref] = live(gathered[ref], info)


def live(candidate: Candidate, info: ModelInfo) -> Candidate:
    """Return a candidate with what its server says of it; what the owner wrote stays, and windows only shrink."""
    said = candidate.info
    windows = [tokens for tokens in (said.window_tokens, info.window_tokens) if tokens]
    if candidate.api == "ollama" and candidate.own_window_tokens:
        windows = [candidate.own_window_tokens]  # it is asked for with every request, whatever is loaded now
    merged = replace(
        info,
        name=said.name or info.name,
        window_tokens=min(windows) if windows else None,
        max_output_tokens=said.max_output_tokens or info.max_output_tokens,
        inputs=tuple(dict.fromkeys([*said.inputs, *info.inputs])),
        has_reasoning=info.has_reasoning if said.has_reasoning is None else said.has_reasoning,
    )
    endpoint = candidate.endpoint
    if info.is_remote and endpoint is not None and endpoint.is_local:
        endpoint = _elsewhere(endpoint)
    return replace(candidate, info=merged, endpoint=endpoint)


def _elsewhere(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint of a server here that hands prompts on to Ollama's cloud."""
    return replace(endpoint, is_local=False, region=None, place=_("Ollama's cloud"))


def _candidate(
    provider: Provider, ref: ModelRef, model: ModelSettings | None, into: Catalog, *, is_listed: bool = True
) -> Candidate:
    endpoint = provider.endpoint
    if endpoint is not None and model is not None and model.compat:
        endpoint = replace(endpoint, compat={**endpoint.compat, **model.compat})
    if endpoint is not None and provider.api == "ollama" and ref.model_id.endswith(("-cloud", ":cloud")):
        endpoint = _elsewhere(endpoint)
    params = {**provider.params, **(model.params if model else {}), **into.entries.get(str(ref), {})}
    return Candidate(
        ref=ref,
        api=provider.api,
        endpoint=endpoint,
        unusable=provider.unusable,
        info=_info(ref, model),
        aliases=tuple(alias for alias, target in into.aliases.items() if target == ref),
        params={key: value for key, value in params.items() if key not in _MODEL_KEYS_DROPPED},
        has_own_patience=provider.has_own_patience,
        own_window_tokens=_info(ref, model).window_tokens,
        own_context_tokens=model.context_tokens if model is not None else None,
        is_listed=is_listed,
    )


def _info(ref: ModelRef, model: ModelSettings | None) -> ModelInfo:
    if model is None:
        return ModelInfo(model_id=ref.model_id)
    windows = [tokens for tokens in (model.context_window, model.context_tokens) if tokens]
    return ModelInfo(
        model_id=model.id,
        name=model.name or model.id,
        window_tokens=min(windows) if windows else None,
        max_output_tokens=model.max_tokens,
        inputs=model.input,
        has_reasoning=model.reasoning,
    )


def _embedded(state: EmbeddedState, into: Catalog) -> Candidate:
    unusable = None
    if not state.is_usable:
        hint = _("`homarus doctor` says what is missing; any other model can be used instead.")
        unusable = Unusable(because=state.because or _("it cannot run here"), hint=hint)
    info = ModelInfo(
        model_id=EMBEDDED_REF.model_id,
        name=_("SmolLM2 (embedded)"),
        window_tokens=state.window_tokens,
        has_tools=False,
        has_reasoning=False,
    )
    return Candidate(
        ref=EMBEDDED_REF,
        api="openai-completions",
        endpoint=None,
        unusable=unusable,
        info=info,
        aliases=tuple(alias for alias, target in into.aliases.items() if target == EMBEDDED_REF),
        params=into.entries.get(str(EMBEDDED_REF), {}),
    )


def _named(settings: Settings) -> list[ModelRef]:
    """Return every model that the configuration names outside its providers, in order."""
    agents = settings.agents
    choices: list[ModelChoice] = [agents.defaults.model]
    choices += [agent.model for agent in agents.entries.values() if agent.model is not None]
    choices += [agents.defaults.image_model] if agents.defaults.image_model is not None else []
    names = [name for choice in choices for name in (choice.primary, *choice.fallbacks) if name]
    refs = [_parsed(name) for name in (*names, *agents.defaults.models)]
    return list(dict.fromkeys(ref for ref in refs if ref is not None and ref.model_id != "*"))


def _parsed(name: str) -> ModelRef | None:
    try:
        return ModelRef.parse(name)
    except ValueError:
        return None
