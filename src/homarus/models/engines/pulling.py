"""What downloads have in common: sums over layers, and refusals in words that say what to do."""

import re
from dataclasses import dataclass, field

from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ports import Endpoint

_MOST_LAYERS = 10_000
_NO_ROOM = re.compile(
    r"no space left|disk (?:is )?full|not enough (?:disk )?space|insufficient (?:disk|storage)", re.IGNORECASE
)
_UNKNOWN = re.compile(
    r"does not exist|not found|unknown model|invalid model name|validation failed|\b404\b", re.IGNORECASE
)
_TOO_OLD = re.compile(r"requires a newer version", re.IGNORECASE)
_OFFLINE = re.compile(
    r"no such host|dial tcp|connection refused|network is unreachable|i/o timeout|getaddrinfo", re.IGNORECASE
)
_BARE = re.compile(r"^[a-z0-9_.-]+(?::[\w.-]+)?$", re.IGNORECASE)


@dataclass(slots=True)
class Sum:
    """Bytes over all layers of a download, each counted once."""

    layers: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    done_bytes: int = 0
    """What is there."""
    total_bytes: int = 0
    """What all known layers have together."""

    def saw(self, layer: str, done: int, total: int) -> None:
        """Note how far a layer is; of more layers than any model has, nothing is known."""
        before, of = self.layers.get(layer, (0, 0))
        if not total or (not of and len(self.layers) >= _MOST_LAYERS):
            return
        now = max(done, before)
        self.layers[layer] = (now, total)
        self.done_bytes += now - before
        self.total_bytes += total - of


def refusal(error: ModelCallError, model_id: str) -> ModelCallError:
    """Return a failed download in words of its own; what is not about downloads stays as it is."""
    said = error.message
    if _NO_ROOM.search(said):
        return _as(error, Failure.SERVER_ERROR, _("There is not enough disk for {model!r}: {said}"), model_id, _room())
    if _TOO_OLD.search(said):
        hint = _("Update the server, then pull again.")
        return _as(error, Failure.BAD_REQUEST, _("The server is too old for {model!r}: {said}"), model_id, hint)
    if _OFFLINE.search(said) and error.failure is not Failure.SERVER_DOWN:
        hint = _("Check that this machine reaches the internet; what was downloaded is kept, so pull again later.")
        sentence = _("The server cannot reach the place that has {model!r}: {said}")
        return _as(error, Failure.SERVER_ERROR, sentence, model_id, hint)
    if _UNKNOWN.search(said) or error.failure is Failure.MODEL_MISSING:
        sentence = _("There is no model {model!r} to download: {said}")
        return _as(error, Failure.MODEL_MISSING, sentence, model_id, _spelling(model_id))
    return error


def unfinished(at: Endpoint, model_id: str) -> ModelCallError:
    """Return the error for a download whose stream ended without saying that it is done."""
    return ModelCallError(
        Failure.CUT_OFF,
        _("The download of {model!r} broke off at {provider}.").format(model=model_id, provider=at.provider),
        hint=_("Pull it again: it goes on where it stopped."),
    )


def _as(error: ModelCallError, failure: Failure, sentence: str, model_id: str, hint: str) -> ModelCallError:
    return ModelCallError(failure, sentence.format(model=model_id, said=error.message), hint=hint)


def _room() -> str:
    return _("Make room on the disk of the server (`homarus models rm` deletes a model), then pull again: it goes on.")


def _spelling(model_id: str) -> str:
    if model_id.startswith(("hf.co/", "huggingface.co/", "https://huggingface.co/")):
        return _("Check the name on huggingface.co; the repository must hold GGUF files, and may need a login.")
    if _BARE.match(model_id) and ":" not in model_id:
        return _("Look the name up, and name the size: {model}:8b. `homarus models fit` names what fits here.").format(
            model=model_id
        )
    return _("Look the name and its tag up; `homarus models fit` names what fits here.")
