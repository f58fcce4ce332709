"""Quirks of servers that say no: HTTP errors in each server's own words, loading, windows, queues."""

from homarus.domain.errors import Failure
from homarus.testing.quirks.quirk import Quirk, Refusal, Refuse
from homarus.testing.quirks.turns import ANTHROPIC_MESSAGES, OLLAMA, Asked

WINDOW_TOKENS = 4096

_NGINX = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>\r\n"
)
_HTML = (("Content-Type", "text/html"),)


def _always(
    status: int, message: str, kind: str = "server_error", *, headers: tuple[tuple[str, str], ...] = ()
) -> Refuse:
    return lambda _: Refusal(status=status, message=message, kind=kind, headers=headers)


def _missing_model(asked: Asked) -> Refusal:
    if asked.api == OLLAMA:
        return Refusal(status=404, message=f"model '{asked.model}' not found")
    if asked.api == ANTHROPIC_MESSAGES:
        return Refusal(status=404, message=f"model: {asked.model}", kind="not_found_error")
    message = f"The model `{asked.model}` does not exist or you do not have access to it."
    return Refusal(status=404, message=message, kind="model_not_found")


def _out_of_memory(asked: Asked) -> Refusal:
    if asked.api == OLLAMA:
        message = "model requires more system memory (8.3 GiB) than is available (4.1 GiB)"
    else:
        message = "CUDA out of memory. Tried to allocate 2.20 GiB. GPU 0 has 23.68 GiB of which 1.05 GiB is free."
    return Refusal(status=500, message=message)


def _unloaded(asked: Asked) -> Refusal:
    if asked.api == OLLAMA:
        return Refusal(status=503, message="llama runner process is loading model")
    return Refusal(status=503, message="Loading model", kind="unavailable_error")


def _in_words_of(server: str) -> Refuse:
    def refuse(asked: Asked) -> Refusal | None:
        wanted, window = asked.prompt_tokens, WINDOW_TOKENS
        return OVERFLOWS[_home_of(asked) if server == "own" else server](wanted, window) if wanted > window else None

    return refuse


def _home_of(asked: Asked) -> str:
    return {OLLAMA: "ollama", ANTHROPIC_MESSAGES: "anthropic"}.get(asked.api, "llama.cpp")


def _llamacpp(wanted: int, window: int) -> Refusal:
    return Refusal(
        status=400,
        message=f"request ({wanted} tokens) exceeds the available context size ({window} tokens), try increasing it",
        kind="exceed_context_size_error",
        extra={"n_prompt_tokens": wanted, "n_ctx": window},
    )


def _openai(wanted: int, window: int) -> Refusal:
    message = (
        f"This model's maximum context length is {window} tokens. However, your messages resulted in {wanted} tokens. "
        "Please reduce the length of the messages."
    )
    return Refusal(status=400, message=message, kind="invalid_request_error")


def _vllm(wanted: int, window: int) -> Refusal:
    message = (
        f"This model's maximum context length is {window} tokens. However, you requested 512 output tokens and your "
        f"prompt contains at least {wanted} input tokens, for a total of at least {wanted + 512} tokens. "
        "Please reduce the length of the input prompt or the number of requested output tokens."
    )
    return Refusal(status=400, message=message, kind="BadRequestError")


def _lmstudio(wanted: int, window: int) -> Refusal:
    message = (
        f"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: {wanted}>= "
        f"n_ctx: {window}). Try to load the model with a larger context length, or provide a shorter input."
    )
    return Refusal(status=400, message=message, kind="invalid_request_error")


def _lmstudio_keep(wanted: int, window: int) -> Refusal:
    message = f"Cannot truncate prompt with n_keep ({wanted}) >= n_ctx ({window})"
    return Refusal(status=400, message=message, kind="invalid_request_error")


def _lmstudio_old(wanted: int, window: int) -> Refusal:
    message = (
        f"Trying to keep the first {wanted} tokens when context the overflows. However, the model is loaded with "
        f"context length of only {window} tokens, which is not enough. Try to load the model with a larger context "
        "length, or provide a shorter input."
    )
    return Refusal(status=400, message=message, kind="invalid_request_error")


def _anthropic(wanted: int, window: int) -> Refusal:
    message = f"prompt is too long: {wanted} tokens > {window} maximum"
    return Refusal(status=400, message=message, kind="invalid_request_error")


def _ollama(wanted: int, window: int) -> Refusal:
    return Refusal(status=400, message=f"the input length ({wanted}) exceeds the context length ({window})")


OVERFLOWS = {
    "llama.cpp": _llamacpp,
    "openai": _openai,
    "vllm": _vllm,
    "lmstudio": _lmstudio,
    "lmstudio_keep": _lmstudio_keep,
    "lmstudio_old": _lmstudio_old,
    "anthropic": _anthropic,
    "ollama": _ollama,
}


def _window(name: str, server: str) -> Quirk:
    words = "the words of its own kind" if server == "own" else f"the words of {server}"
    return Quirk(
        name=name,
        about=f"A window of {WINDOW_TOKENS} tokens; a longer prompt is a 400 in {words}.",
        refuse=_in_words_of(server),
        failure=Failure.CONTEXT_OVERFLOW,
    )


REFUSALS: tuple[Quirk, ...] = (
    Quirk(
        name="cold_start",
        about="The first two prompts find a model that is still loading (503); then it answers.",
        refuse=_unloaded,
        is_cold=True,
        times=2,
        failure=Failure.LOADING,
    ),
    Quirk(
        name="loading_forever",
        about="A model is loading (503), and stays so.",
        refuse=_unloaded,
        is_cold=True,
        failure=Failure.LOADING,
    ),
    Quirk(
        name="unauthorized",
        about="The key is wrong (401).",
        refuse=_always(401, "Incorrect API key provided: sk-quirk.", "authentication_error"),
        failure=Failure.AUTH,
    ),
    Quirk(
        name="payment_required",
        about="The account has no money left (402).",
        refuse=_always(402, "Insufficient Balance", "insufficient_balance"),
        failure=Failure.BILLING,
    ),
    Quirk(
        name="quota_used_up",
        about="The account has no money left, said as a 429 (OpenAI).",
        refuse=_always(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
        ),
        failure=Failure.BILLING,
    ),
    Quirk(
        name="model_missing",
        about="There is no such model (404), in the words of each protocol.",
        refuse=_missing_model,
        failure=Failure.MODEL_MISSING,
    ),
    Quirk(
        name="no_model_loaded",
        about="The server runs and has no model loaded (400, LM Studio).",
        refuse=_always(400, "No models loaded. Please load a model in the developer page.", "invalid_request_error"),
        failure=Failure.MODEL_MISSING,
    ),
    Quirk(
        name="wrong_path",
        about="There is nothing at this address (404, plain text): a base URL that lacks `/v1` or has it twice.",
        refuse=lambda _: Refusal(status=404, body=b"404 page not found", headers=(("Content-Type", "text/plain"),)),
        failure=Failure.BAD_REQUEST,
    ),
    Quirk(
        name="request_timeout",
        about="The server waited too long for itself (408).",
        refuse=_always(408, "Request timed out.", "timeout_error"),
        failure=Failure.FIRST_TOKEN_TIMEOUT,
    ),
    Quirk(
        name="rate_limited",
        about="Too many requests (429) with Retry-After: 7.",
        refuse=_always(429, "Rate limit reached.", "rate_limit_error", headers=(("Retry-After", "7"),)),
        failure=Failure.RATE_LIMITED,
    ),
    Quirk(
        name="rate_limited_for_an_hour",
        about="Too many requests (429) with Retry-After: 3600.",
        refuse=_always(429, "Rate limit reached.", "rate_limit_error", headers=(("Retry-After", "3600"),)),
        failure=Failure.RATE_LIMITED,
    ),
    Quirk(
        name="error_500",
        about="The server broke (500).",
        refuse=_always(500, "Internal server error", "api_error"),
        failure=Failure.SERVER_ERROR,
    ),
    Quirk(
        name="bad_gateway",
        about="A proxy has nobody behind it (502, HTML).",
        refuse=lambda _: Refusal(status=502, body=_NGINX, headers=_HTML),
        failure=Failure.SERVER_ERROR,
    ),
    Quirk(
        name="busy_503",
        about="The queue is full (503), in Ollama's words.",
        refuse=_always(503, "server busy, please try again.  maximum pending requests exceeded", "overloaded_error"),
        failure=Failure.OVERLOADED,
    ),
    Quirk(
        name="overloaded_529",
        about="Everybody wants to talk to it (529).",
        refuse=_always(529, "Overloaded", "overloaded_error"),
        failure=Failure.OVERLOADED,
    ),
    Quirk(
        name="out_of_memory",
        about="The model does not fit (500).",
        refuse=_out_of_memory,
        failure=Failure.OUT_OF_MEMORY,
    ),
    Quirk(
        name="bad_request",
        about="The server does not like the request (400).",
        refuse=_always(400, "Unsupported parameter: 'quirk'.", "invalid_request_error"),
        failure=Failure.BAD_REQUEST,
    ),
    _window("window_4k", "own"),
    _window("window_4k_openai", "openai"),
    _window("window_4k_vllm", "vllm"),
    _window("window_4k_lmstudio", "lmstudio"),
    _window("window_4k_lmstudio_keep", "lmstudio_keep"),
    _window("window_4k_lmstudio_old", "lmstudio_old"),
    Quirk(
        name="window_4k_silent",
        about=f"A window of {WINDOW_TOKENS} tokens; the oldest messages of a longer prompt are dropped without a word.",
        window_tokens=WINDOW_TOKENS,
    ),
    Quirk(
        name="window_4k_silent_counted",
        about=f"A window of {WINDOW_TOKENS} tokens; a longer prompt is cut silently, and the usage counts the rest.",
        window_tokens=WINDOW_TOKENS,
        tells_cut=True,
    ),
    Quirk(
        name="window_tiny",
        about="A window of 300 tokens, in which no prompt of an agent fits (400, llama.cpp).",
        refuse=lambda asked: _llamacpp(max(asked.prompt_tokens, 301), 300),
        failure=Failure.CONTEXT_OVERFLOW,
    ),
    Quirk(
        name="window_secret",
        about="No place of the server says how large the window is.",
        is_secretive=True,
    ),
    Quirk(
        name="digest_changed",
        about="The digest of the model is another one: it was pulled anew (Ollama).",
        digest="1b226e2802dbb772b5fc32a58f103ca1804ef7501331012de126ab22f67475ef",
    ),
    Quirk(
        name="runs_elsewhere",
        about="The models are run by somebody else, whom the lists name as `remote_host` (Ollama's cloud).",
        remote_host="https://ollama.com:443",
    ),
    Quirk(name="one_slot", about="One prompt at a time; the others wait.", slots=1),
)
