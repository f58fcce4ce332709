"""What is wrong with a model server or with what one of its models was given: sentences with the next step.

Each is a value: `homarus doctor models` shows them, a notice can quote them. Nothing here asks anybody.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from homarus.domain.engines import Engine, EngineKind, LoadState, ServedModel
from homarus.domain.i18n import _
from homarus.models.catalog import Candidate
from homarus.models.contexts import CLAIMED_TOKENS, spoken
from homarus.net.addresses import Zone, place_of

_RELEASE = Path("/proc/sys/kernel/osrelease")
_ROUTES = Path("/proc/net/route")
_DEFAULT_ROUTE = re.compile(r"^\S+\s+00000000\s+([0-9A-F]{8})\b", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that a person should know of a server or a model."""

    sentence: str
    hint: str = ""
    is_fault: bool = True


def of_engine(
    engine: Engine, *, is_started_here: bool = False, read: Callable[[Path], str] | None = None
) -> list[Remark]:
    """Return what is wrong with a server as a whole; `is_started_here` when the gateway starts it on demand."""
    if not engine.is_up and is_started_here:
        sentence = _("{provider} does not run: it is started by the first message for it.")
        return [Remark(sentence=sentence.format(provider=engine.provider), is_fault=False)]
    if not engine.is_up:
        hint = elsewhere(engine.base_url, read) or engine.hint
        return [Remark(sentence=engine.because, hint=hint)]
    if any(model.state is LoadState.LOADING and not model.model_id for model in engine.models):
        sentence = _("{provider} is loading its model; what is asked now waits for it.")
        return [Remark(sentence=sentence.format(provider=engine.provider), is_fault=False)]
    return []


def of_model(candidate: Candidate, engine: Engine, *, window_tokens: int | None = None) -> list[Remark]:
    """Return what is wrong with one model of a server that is up; `window_tokens` is what prompts are made for."""
    served = engine.served(candidate.ref.model_id)
    found = list(_of_protocol(candidate, engine))
    if served is None:
        return found
    if served.state is LoadState.FAILED:
        sentence = _("{model} could not be loaded: {because}.")
        words = sentence.format(model=candidate.ref, because=served.because.rstrip("."))
        hint = _("It may need more memory than there is: `homarus models fit {model}`.").format(model=candidate.ref)
        return [*found, Remark(sentence=words, hint=hint)]
    found += _of_context(candidate, engine, served, window_tokens)
    found += _of_template(candidate, engine, served)
    return found


def _of_protocol(candidate: Candidate, engine: Engine) -> Iterator[Remark]:
    if engine.kind is not EngineKind.OLLAMA or candidate.api not in {"openai-completions", "openai-responses"}:
        return
    if spoken(candidate, engine) == "ollama":
        sentence = _(
            "{provider} is an Ollama behind /v1, where no context can be set: it is asked in its own protocol."
        )
        yield Remark(sentence=sentence.format(provider=engine.provider), is_fault=False)
        return
    sentence = _("{provider} is an Ollama that is asked over /v1: there nobody can set its context.")
    yield Remark(
        sentence=sentence.format(provider=engine.provider),
        hint=_("Take `ollamaNative: false` out of its `compat`, or set OLLAMA_CONTEXT_LENGTH where it is started."),
    )


def _of_context(candidate: Candidate, engine: Engine, served: ServedModel, window: int | None) -> Iterator[Remark]:
    wished = candidate.own_context_tokens or candidate.own_window_tokens
    held = window if window is not None else served.window_tokens
    if wished is None or held is None or held >= wished:
        return
    is_claim = spoken(candidate, engine) == "ollama" and candidate.own_context_tokens is None
    if is_claim and held >= CLAIMED_TOKENS:
        sentence = _(
            "{model} is configured with {wished} tokens, and is asked for {held}: `contextWindow` says what it"
        )
        sentence = sentence + _(" can hold, not what this machine can.")
        hint = _("Set `contextTokens` of the model to have it loaded with more; `homarus models fit` says what fits.")
        yield Remark(sentence=sentence.format(model=candidate.ref, wished=wished, held=held), hint=hint, is_fault=False)
        return
    sentence = _("{model} is configured with {wished} tokens, the server gives {held}: prompts are made for {held}.")
    yield Remark(
        sentence=sentence.format(model=candidate.ref, wished=wished, held=held), hint=_larger(engine.kind, wished)
    )


def _of_template(candidate: Candidate, engine: Engine, served: ServedModel) -> Iterator[Remark]:
    if (
        engine.kind is not EngineKind.LLAMA_SERVER
        or "completion" not in served.abilities
        or "tools" in served.abilities
    ):
        return
    sentence = _("The template of {model} has no place for tools: calls in the server's own way are broken on it.")
    yield Remark(
        sentence=sentence.format(model=candidate.ref),
        hint=_("Start it with --jinja and a template that knows tools (--chat-template-file), or run: {test}").format(
            test=f"homarus models test {candidate.ref}"
        ),
    )


def _larger(kind: EngineKind, tokens: int) -> str:
    match kind:
        case EngineKind.OLLAMA:
            return _("Set `contextTokens` of the model to {tokens}; with less memory the server gives less.").format(
                tokens=tokens
            )
        case EngineKind.LM_STUDIO:
            return _("Load it with more there, or: homarus models load MODEL --context {tokens}").format(tokens=tokens)
        case EngineKind.VLLM:
            return _("Start it again with --max-model-len {tokens}.").format(tokens=tokens)
        case EngineKind.LLAMA_SERVER:
            return _("Start it again with -c {tokens} for each slot that it has.").format(tokens=tokens)
        case _:
            return _("Give it more where the server is started, or write the smaller figure down.")


def elsewhere(base_url: str, read: Callable[[Path], str] | None = None) -> str:
    """Return where a server of Windows is, for a gateway inside WSL that asks its own loopback; else nothing.

    Windows is the gateway of WSL's network; its resolver can be an address of its own.
    """
    look = read or _text
    if place_of(base_url) is not Zone.LOOPBACK or "microsoft" not in look(_RELEASE).lower():
        return ""
    found = _DEFAULT_ROUTE.search(look(_ROUTES))
    host = str(IPv4Address(bytes.fromhex(found[1])[::-1])) if found is not None else "host.docker.internal"
    port = urlsplit(base_url).port or 80
    return _(
        "This is WSL, and 127.0.0.1 is not Windows. Let the server of Windows listen on 0.0.0.0 (Ollama: OLLAMA_HOST), "
        "then use http://{host}:{port}; or switch WSL to mirrored networking."
    ).format(host=host, port=port)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
