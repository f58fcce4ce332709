"""The plain sentence and the next step for every way in which a model server fails."""

from dataclasses import dataclass

from homarus.domain.errors import Failure
from homarus.domain.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Templates over `model`, `place`, `said` and, in the hint, `provider`."""

    sentence: str
    hint: str


def words_of(failure: Failure) -> Words:
    """Return what a person is told, in the language of the current context."""
    return (_connection_words(failure) or _house_words(failure) or _request_words(failure)) or Words(
        sentence=_("{model!r} did not answer: {said}."), hint=_("Look into the log of {place}.")
    )


def _connection_words(failure: Failure) -> Words | None:
    return {
        Failure.SERVER_DOWN: Words(
            sentence=_("{model!r} cannot be reached: {said}."),
            hint=_("Start the server at {place}, or choose another model: `homarus models list`."),
        ),
        Failure.CONNECT_TIMEOUT: Words(
            sentence=_("{model!r} cannot be reached: {said}."),
            hint=_("Check that the machine is on and in your network."),
        ),
        Failure.FIRST_TOKEN_TIMEOUT: Words(
            sentence=_("{model!r} did not begin to answer in time: {said}."),
            hint=_("It may be loading or reading a long prompt; raise `models.providers.{provider}.timeoutSeconds`."),
        ),
        Failure.STALLED: Words(
            sentence=_("{model!r} stopped in the middle of its answer: {said}."),
            hint=_("Try again; restart the server at {place} when it happens again."),
        ),
        Failure.CUT_OFF: Words(
            sentence=_("The answer of {model!r} was cut off: {said}."),
            hint=_("Try again; look into the log of {place} when it happens again."),
        ),
    }.get(failure)


def _house_words(failure: Failure) -> Words | None:
    return {
        Failure.LOADING: Words(
            sentence=_("{model!r} is still being loaded at {place}: {said}."), hint=_("Try again in a moment.")
        ),
        Failure.OUT_OF_MEMORY: Words(
            sentence=_("There is not enough memory for {model!r} at {place}: {said}."),
            hint=_("Unload another model, take a smaller one, or set a smaller `contextTokens`."),
        ),
        Failure.CONTEXT_OVERFLOW: Words(
            sentence=_("The conversation is longer than {model!r} can read: {said}."),
            hint=_("It is shortened and asked again; a larger context on the server helps, too."),
        ),
        Failure.MODEL_MISSING: Words(
            sentence=_("{place} does not have {model!r}: {said}."),
            hint=_("See what it has with `homarus models list`, or load it there."),
        ),
        Failure.OVERLOADED: Words(
            sentence=_("{place} is too busy for {model!r}: {said}."), hint=_("Try again in a minute.")
        ),
        Failure.SERVER_ERROR: Words(
            sentence=_("{place} failed while it ran {model!r}: {said}."),
            hint=_("Look into the log of {place}; restarting it often helps."),
        ),
    }.get(failure)


def _request_words(failure: Failure) -> Words | None:
    return {
        Failure.RATE_LIMITED: Words(
            sentence=_("{place} lets {model!r} be asked only so often: {said}."), hint=_("Wait a little.")
        ),
        Failure.AUTH: Words(
            sentence=_("{place} does not accept the key for {model!r}: {said}."),
            hint=_("Check `models.providers.{provider}.apiKey`."),
        ),
        Failure.BILLING: Words(
            sentence=_("{place} wants to be paid for {model!r}: {said}."),
            hint=_("Check the account behind `models.providers.{provider}.apiKey`."),
        ),
        Failure.BAD_REQUEST: Words(
            sentence=_("{place} does not understand what {model!r} was asked: {said}."),
            hint=_("Check `api`, `params` and `compat` of `models.providers.{provider}`."),
        ),
        Failure.BAD_ANSWER: Words(
            sentence=_("{model!r} at {place} gave no usable answer: {said}."),
            hint=_("Try again; check `baseUrl` and `api` of `models.providers.{provider}` when it happens again."),
        ),
        Failure.NO_TOOLS: Words(
            sentence=_("{model!r} cannot call tools on {place}: {said}."),
            hint=_("It is asked in words instead; a model with tool support does better: `homarus models list`."),
        ),
        Failure.REFUSED: Words(
            sentence=_("{place} refuses this prompt: {said}."), hint=_("Say it differently, or use a local model.")
        ),
    }.get(failure)
