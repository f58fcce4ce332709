"""What `homarus doctor models` looks at: servers, contexts, tool calls, pins; each fault has its next step."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from homarus.domain.engines import Engine, EngineKind, LoadState, ServedModel
from homarus.domain.errors import HomarusError, NotFoundError
from homarus.domain.i18n import _, ngettext
from homarus.domain.inference import ModelRef
from homarus.domain.nearness import nearest
from homarus.domain.settings import Settings
from homarus.gateway import servers
from homarus.gateway.engines import BUILT_IN
from homarus.gateway.facts import Finding
from homarus.models.engines.findings import of_engine, of_model
from homarus.models.router import RouteAsk

if TYPE_CHECKING:
    from homarus.gateway.engines import Engines
    from homarus.models.providers import Provider

_LITTLE_TOKENS = 8192
"""An agent's prompt, a few pages and an answer have no room below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChecks:
    """Looks at everything that can be wrong with models and their servers."""

    engines: "Engines"
    settings: Callable[[], Settings]

    async def __call__(self) -> Sequence[Finding]:
        """Return every finding, also what is well."""
        engines = await self.engines.listing(is_fresh=True)
        found = [finding async for finding in self._servers(engines)]
        found += [finding async for finding in self._chosen(engines)]
        found += [finding async for finding in self._pins()]
        return found

    # --- servers ---

    async def _servers(self, engines: Sequence[Engine]) -> AsyncIterator[Finding]:
        providers = self.engines.desk.catalog().providers
        for engine in engines:
            if engine.kind is EngineKind.EMBEDDED:
                continue
            provider = providers.get(engine.provider)
            if not engine.is_up:
                entry = self.settings().models.providers.get(engine.provider)
                if entry is not None and entry.local_service is not None:
                    if words := self.engines.desk.servers.last_words(engine.provider):
                        yield _not_started(engine, words)
                    for remark in of_engine(engine, is_started_here=True):
                        yield _well(remark.sentence, remark.hint)
                    continue
                yield await self._down(engine, provider)
                continue
            yield _well(_up_words(engine))
            for finding in _of_engine(engine):
                yield finding

    async def _down(self, engine: Engine, provider: "Provider | None") -> Finding:
        """Say why a server does not answer: it is down, it is elsewhere, or only its path is wrong."""
        because = engine.because or _("{provider} does not answer.").format(provider=engine.provider)
        at = provider.endpoint if provider is not None else None
        root = "{0.scheme}://{0.netloc}".format(urlsplit(engine.base_url))
        try:
            other = await servers.look_at(root, self.engines.door, api_key=at.api_key if at is not None else None)
        except HomarusError:
            return _fault(because, servers.check_words(engine.base_url) or engine.hint)
        sentence = _("{provider}: {kind} runs at {root}, but {url} is not where its API is.")
        return _fault(
            sentence.format(provider=engine.provider, kind=other.engine.kind.value, root=root, url=engine.base_url),
            f"homarus config set models.providers.{engine.provider}.baseUrl {other.base_url}",
        )

    # --- the models that are chosen ---

    async def _chosen(self, engines: Sequence[Engine]) -> AsyncIterator[Finding]:
        for ref in await self._refs():
            engine = next((one for one in engines if one.provider == ref.provider), None)
            if engine is None or not engine.is_up or ref == BUILT_IN:
                continue
            served = engine.served(ref.model_id)
            if served is None:
                if engine.models:
                    yield _missing(ref, engine)
                continue
            for finding in self._of_model(ref, engine, served):
                yield finding
            async for finding in self._tried(ref):
                yield finding

    async def _refs(self) -> list[ModelRef]:
        """Return the models that are asked, the one that answers now first."""
        choice = self.settings().agents.defaults.model
        refs: list[ModelRef] = []
        with suppress(HomarusError):  # that no model can answer is a finding of its own
            refs.append((await self.engines.desk.choose(RouteAsk(choice=choice))).model)
        for name in filter(None, (choice.primary, *choice.fallbacks)):
            try:
                refs.append(self.engines.desk.find(name).ref)
            except NotFoundError:
                continue  # the chain of models says so itself
        return list(dict.fromkeys(refs))

    def _of_model(self, ref: ModelRef, engine: Engine, served: ServedModel) -> Iterator[Finding]:
        match served.state:
            case LoadState.LOADING:
                yield _well(_("{model} is being loaded; what is asked now waits for it.").format(model=ref))
            case LoadState.FAILED:
                yield _fault(
                    _("{model} could not be loaded: {because}").format(model=ref, because=served.because),
                    _("homarus models fit {model}").format(model=ref),
                )
            case LoadState.UNLOADED:
                sentence = _("{model} is not in memory: its first answer takes the time to load it.")
                yield _well(sentence.format(model=ref), f"homarus models load {ref}")
            case _:
                yield from self._context(ref, engine, served)

    def _context(self, ref: ModelRef, engine: Engine, served: ServedModel) -> Iterator[Finding]:
        """Say when a model was loaded with less context than was asked for, or with hardly any."""
        held = served.window_tokens
        candidate = self.engines.desk.catalog().get(ref)
        for remark in of_model(candidate, engine) if candidate is not None else ():
            yield Finding(topic="models", is_well=not remark.is_fault, sentence=remark.sentence, hint=remark.hint)
        if held is not None and held < _LITTLE_TOKENS:
            sentence = _("{model} is loaded with a context of {held} tokens: long conversations are summed up early.")
            yield _fault(sentence.format(model=ref, held=held), _larger(ref, engine, 2 * _LITTLE_TOKENS))

    def _when_tried(self, ref: ModelRef) -> str:
        now = f"homarus models test {ref}"
        if self.settings().models.driving_test != "auto":
            return now
        return _("It is tried anew when its server is idle. At once: {command}").format(command=now)

    async def _tried(self, ref: ModelRef) -> AsyncIterator[Finding]:
        try:
            carded = await self.engines.desk.identity.card(ref)
        except HomarusError:
            return
        if carded is None:
            yield _well(_("{model} was not tried yet.").format(model=ref), f"homarus models test {ref}")
            return
        if carded.is_stale and self.settings().models.driving_test == "off":
            return
        if carded.is_stale:
            sentence = _("{model} is another build than the one that was tried. {because}")
            yield _fault(sentence.format(model=ref, because=carded.because), self._when_tried(ref))
            return
        words = _protocol_words(ref, carded.card.tool_protocol)
        if words is not None:
            yield words
        for weakness in carded.card.weaknesses:
            yield _well(f"{ref}: {weakness}")

    async def _pins(self) -> AsyncIterator[Finding]:
        from homarus.models.pins import is_refused

        for broken in await self.engines.desk.pins.broken():
            subject = broken.pin.subject
            ref = f"{subject.provider}/{subject.model_id}"
            sentence = _("{model} is pinned, and is not what it was. {because}").format(
                model=ref, because=broken.because
            )
            hint = _("Pull the old build again, or let it go: homarus models pin {model} --drop").format(model=ref)
            yield _fault(sentence, hint) if is_refused(broken) else _well(sentence, hint)


def _of_engine(engine: Engine) -> Iterator[Finding]:
    if engine.slow_because:
        sentence = _("{provider} is slow: {because}.")
        yield _fault(
            sentence.format(provider=engine.provider, because=engine.slow_because.rstrip(".")), "homarus models fit"
        )
    if not engine.models:
        sentence = _("{provider} at {place} has no model.")
        place = urlsplit(engine.base_url).netloc
        yield _fault(sentence.format(provider=engine.provider, place=place), "homarus models pull qwen3:8b")
    for model in engine.models:
        if model.is_remote and model.state is LoadState.LOADED:
            sentence = _("{model} runs elsewhere: its prompts leave this machine.")
            yield _well(sentence.format(model=f"{engine.provider}/{model.model_id}"))


def _not_started(engine: Engine, words: str) -> Finding:
    sentence = _("The server of {provider!r} could not be started. Its last words: {words}")
    hint = _("Try the command of `models.providers.{provider}.localService` by hand.")
    return _fault(sentence.format(provider=engine.provider, words=words), hint.format(provider=engine.provider))


def _up_words(engine: Engine) -> str:
    words = ngettext(
        "{provider} ({kind} {version}) answers at {url} with {count} model, {loaded} in memory.",
        "{provider} ({kind} {version}) answers at {url} with {count} models, {loaded} in memory.",
        len(engine.models),
    )
    return words.format(
        provider=engine.provider,
        kind=engine.kind.value,
        version=engine.version,
        url=engine.base_url,
        count=len(engine.models),
        loaded=len(engine.loaded),
    ).replace(" )", ")")


def _missing(ref: ModelRef, engine: Engine) -> Finding:
    near = nearest(ref.model_id, (model.model_id for model in engine.models), most=1)
    hint = f"homarus models pull {ref}"
    if near:
        hint = _("homarus models use {near}   or: {pull}").format(near=f"{ref.provider}/{near[0]}", pull=hint)
    return _fault(_("{provider} does not have {model!r}.").format(provider=ref.provider, model=ref.model_id), hint)


def _larger(ref: ModelRef, engine: Engine, tokens: int) -> str:
    match engine.kind:
        case EngineKind.OLLAMA:
            return _(
                "homarus models unload {model}: the next message loads it with more. When it stays so, there is no "
                "memory for more: homarus models fit {model} --context {tokens}"
            ).format(model=ref, tokens=tokens)
        case EngineKind.LM_STUDIO:
            return f"homarus models load {ref} --context {tokens}"
        case EngineKind.VLLM:
            return _("Start it again with --max-model-len {tokens}").format(tokens=tokens)
        case _:
            return _("Start it again with -c {tokens}").format(tokens=tokens)


def _protocol_words(ref: ModelRef, protocol: str) -> Finding | None:
    match protocol:
        case "none":
            return _fault(
                _("{model} cannot call tools in any way that was tried.").format(model=ref),
                _("Choose another model for work with tools: homarus models fit"),
            )
        case "text" | "constrained":
            sentence = _("Tool calls of {model} are broken on this template; it is asked in another way, which works.")
            return _well(sentence.format(model=ref))
        case _:
            return None


def _well(sentence: str, hint: str = "") -> Finding:
    return Finding(topic="models", is_well=True, sentence=sentence, hint=hint)


def _fault(sentence: str, hint: str) -> Finding:
    return Finding(topic="models", is_well=False, sentence=sentence, hint=hint)
