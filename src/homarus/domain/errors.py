"""Every error of the house, drawn as one tree with three branches by who must act.

HomarusError                     message, hint, status (HTTP)
├── UserError                    the person in the chat or at the terminal acts
│   ├── UsageError               the words of a command or a request are off
│   │   └── UnfitSettingError    no such setting, or a value that does not fit; nothing was written
│   ├── NotFoundError            no such session, turn, model, approval ...
│   ├── NeedsYouError            an approval or an answer is missing
│   └── RefusedError             a rule of the house says no
├── OperatorError                the person who runs the gateway acts (log, doctor, pages)
│   ├── ConfigError              a configuration file is wrong; key, file, line
│   ├── StateError               the state folder or the database cannot be used
│   ├── DiskFullError            nothing more is accepted until there is room
│   ├── EngineError              the embedded engine cannot start
│   ├── EgressRefusedError       the door does not open for this address
│   ├── ConnectionFailedError    the other side could not be reached or broke off; `stage` says when
│   │   └── NotAcceptedError     the other side said no, and would again; surely nothing was done
│   ├── InterruptedEffectError   an effect was in flight when the house went down
│   └── ModelCallError           a model server did not answer; `failure` says how
└── ModelError                   goes back to the model as a tool result
    ├── ToolArgumentError        the arguments do not fit the schema
    ├── OutcomeUnknownError      the tool began, and nobody knows whether it happened
    └── ToolFailedError          the tool ran and could not do it

Every message names the thing; every error has a hint with the next step.
"""

from enum import StrEnum

from homarus.domain.labels import Label

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NEEDS_YOU = 3
EXIT_GATEWAY_DOWN = 4


class HomarusError(Exception):
    """An error that says what happened and what to do next."""

    status = 500
    exit_code = EXIT_FAILED

    def __init__(self, message: str, *, hint: str) -> None:
        """Keep the sentence and the next step."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UserError(HomarusError):
    """The person in the chat or at the terminal can mend this."""

    status = 400


class UsageError(UserError):
    """The words of a command or a request are off."""

    exit_code = EXIT_USAGE


class UnfitSettingError(UsageError):
    """There is no such setting, or the value does not fit; nothing was written."""

    status = 422


class NotFoundError(UserError):
    """There is no such thing."""

    status = 404


class NeedsYouError(UserError):
    """A person must answer before this can go on."""

    status = 409
    exit_code = EXIT_NEEDS_YOU


class RefusedError(UserError):
    """A rule of the house says no."""

    status = 403


class OperatorError(HomarusError):
    """The person who runs the gateway can mend this."""


class ConfigError(OperatorError):
    """A configuration file is wrong, or would be with what is asked for."""

    status = 422


class StateError(OperatorError):
    """The state folder or the database cannot be used."""


class DiskFullError(StateError):
    """There is no room to write down what was said, so nothing more is accepted."""

    status = 507


class EngineError(OperatorError):
    """The embedded engine cannot run here or its weights are not usable."""


class EgressRefusedError(OperatorError):
    """The door does not open for this address."""

    status = 403


class Stage(StrEnum):
    """How far a connection came before it failed."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    FIRST_BYTE = "first_byte"
    IDLE = "idle"
    CUT = "cut"


class ConnectionFailedError(OperatorError):
    """The other side could not be reached, or broke off."""

    status = 502

    def __init__(self, stage: Stage, message: str, *, hint: str, is_timeout: bool = False) -> None:
        """Keep how far it came, and whether time ran out or the other side closed."""
        super().__init__(message, hint=hint)
        self.stage = stage
        self.is_timeout = is_timeout


class NotAcceptedError(ConnectionFailedError):
    """The other side looked at it and said no, and would say no again: surely nothing was done."""

    def __init__(self, message: str, *, hint: str) -> None:
        """Nothing was done, as if there had been no connection."""
        super().__init__(Stage.CONNECT, message, hint=hint)


class InterruptedEffectError(OperatorError):
    """An effect was in flight when the house went down; its receiver knows no keys, so nobody knows if it happened."""


class Failure(StrEnum):
    """How a model server failed: different values because the reactions differ."""

    SERVER_DOWN = "server_down"
    """Connection refused, reset before the first byte, no such host."""
    CONNECT_TIMEOUT = "connect_timeout"
    FIRST_TOKEN_TIMEOUT = "first_token_timeout"  # noqa: S105 - not a password
    STALLED = "stalled"
    """Began to answer, then nothing for the idle limit."""
    CUT_OFF = "cut_off"
    """The stream ended without its end mark."""
    LOADING = "loading"
    MODEL_MISSING = "model_missing"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    AUTH = "auth"
    BILLING = "billing"
    SERVER_ERROR = "server_error"
    OUT_OF_MEMORY = "out_of_memory"
    CONTEXT_OVERFLOW = "context_overflow"
    BAD_REQUEST = "bad_request"
    BAD_ANSWER = "bad_answer"
    """Answered something that is not the protocol, or nothing at all."""
    REFUSED = "refused"
    """The provider's own policy refused the prompt."""
    NO_TOOLS = "no_tools"
    """The server, or the model's template on it, takes no tools; the model can still be asked in words."""


class ModelCallError(OperatorError):
    """A model server did not answer; `failure` says how, so that the router can react."""

    status = 502

    def __init__(
        self,
        failure: Failure,
        message: str,
        *,
        hint: str,
        retry_after_s: float | None = None,
        window_tokens: int | None = None,
    ) -> None:
        """Keep how it failed, when to try again, and the window the server said it has."""
        super().__init__(message, hint=hint)
        self.failure = failure
        self.retry_after_s = retry_after_s
        self.window_tokens = window_tokens


class ModelError(HomarusError):
    """Goes back to the model as a tool result, so that it can do better."""


class ToolArgumentError(ModelError):
    """The arguments do not fit the tool's schema."""


class OutcomeUnknownError(ModelError):
    """The tool began and cannot say whether it happened; it is looked up or settled by a person."""


class ToolFailedError(ModelError):
    """The tool ran and could not do what was asked."""

    def __init__(self, message: str, *, hint: str, label: Label | None = None) -> None:
        """Keep whose words are in the message; a tool that does not say is taken to quote what it worked on.

        `HOUSE` claims that the message holds nothing but the tool's own words and the arguments it was given.
        """
        super().__init__(message, hint=hint)
        self.label = label
