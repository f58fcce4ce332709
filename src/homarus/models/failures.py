"""Turn what model servers say when they fail into the failure grammar: one kind, one sentence, one next step.

Sources of the words: llama.cpp server errors (`exceed_context_size_error`, `Loading model`), Ollama server/routes.go
and sched.go, LM Studio 0.4 messages, vLLM's `maximum context length`, OpenAI and Anthropic error references.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ConnectionFailedError, Failure, ModelCallError, Stage
from homarus.domain.i18n import _
from homarus.domain.printable import printable
from homarus.models.failure_words import words_of
from homarus.models.letters import whole_letters
from homarus.models.ndjson import as_count, as_object, as_text, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whom a sentence speaks of."""

    model: str
    """`provider/id`, or the provider alone."""
    place: str
    """`127.0.0.1:11434`."""
    secrets: tuple[str, ...] = ()
    """The key and what else the server was sent in headers: taken out of whatever it says, before that is cut short."""


_OVERFLOW = (
    r"exceed_context_size|context_length_exceeded|context(?: length| window| size)? (?:is )?exceeded"
    r"|maximum context|prompt is too long|input is too long|input length|too many tokens"
    r"|exceeds? (?:the )?(?:available |model'?s? |maximum )*(?:context|number of tokens)"
    r"|context (?:the )?overflow|(?:larger|greater) than the context|n_keep\b.{0,16}n_ctx"
    r"|reduce the length of the (?:messages|prompt|input)"
    r"|超(?:过|出).{0,20}(?:上下文|长度)|上下文.{0,12}超(?:过|出|限)|(?:prompt|输入).{0,8}超长|コンテキスト.{0,12}超え"
    r"|kontext(?:länge|fenster|größe).{0,40}(?:überschr|zu klein)"
    r"|(?:longueur|fenêtre).{0,20}contexte|longitud.{0,20}contexto"
)
_MEMORY = (
    r"out of memory|outofdevicememory|failed to allocate|unable to allocate|cudamalloc failed|bad_alloc"
    r"|requires more (?:system |gpu )?memory|(?:insufficient|not enough) (?:system )?(?:memory|resources)"
    r"|speicher reicht nicht|nicht genügend (?:arbeits|grafik)?speicher|mémoire insuffisante|memoria insuficiente"
    r"|(?:显存|内存)不足"
)
_BILLING = (
    r"insufficient_quota|billing|credit balance|insufficient (?:credits?|funds|balance)|payment required"
    r"|exceeded your current quota|requires more credits|余额不足|欠费"
)
_AUTH = r"invalid[ _]api[ _]key|incorrect api key|authentication|unauthori[sz]ed|invalid x-api-key|permission_error"
_MISSING = (
    r"model_not_found|no such model|unknown model|model\b.{0,120}\b(?:not found|does not exist|not loaded)"
    r"|not found.{0,40}\bmodel|failed to load model|no models? (?:is |are )?loaded|invalid model"
)
_WORDS: tuple[tuple[Failure, re.Pattern[str]], ...] = tuple(
    (failure, re.compile(pattern, re.IGNORECASE))
    for failure, pattern in (
        (Failure.CONTEXT_OVERFLOW, _OVERFLOW),
        (Failure.OUT_OF_MEMORY, _MEMORY),
        (Failure.LOADING, r"loading model|model is (?:still )?(?:loading|being loaded)|currently loading"),
        (Failure.BILLING, _BILLING),
        (Failure.REFUSED, r"content_policy|content_filter|content management policy|safety system|moderation"),
        (Failure.AUTH, _AUTH),
        (Failure.OVERLOADED, r"overloaded|server busy|maximum pending requests|at capacity|queue is full"),
        (Failure.RATE_LIMITED, r"rate.?limit|too many requests|请求(?:过于|太)频繁|速率限制"),
        (Failure.MODEL_MISSING, _MISSING),
    )
)
_NO_TOOLS = re.compile(
    r"does not support (?:tools|tool use|function calling)|tools?\b.{0,40}\bnot (?:supported|available)"
    r"|enable-auto-tool-choice|tools param requires|support tool use|does not support parameters:? \[?'?tools"
    r"|generate parser for this template|failed to parse grammar|json schema conversion|roles must alternate"
    r"|(?:unexpected|unknown|unsupported|invalid) role:? ['\"]?tool|role ['\"]?tool['\"]? (?:is )?(?:not|un)",
    re.IGNORECASE,
)
"""Also a grammar that cannot be made of the tools, and a template that knows no results: words need neither."""
_MAY_BE_TOOLS = frozenset({Failure.BAD_REQUEST, Failure.SERVER_ERROR, Failure.MODEL_MISSING})
_WINDOW = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"maximum context length (?:is|of) (\d{1,15})",
        r"context length of only (\d{1,15})",
        r"context size \((\d{1,15})",
        r"> (\d{1,15}) maximum",
        r"n_ctx\D{1,4}(\d{1,15})",
        r"(?:context (?:length|window|size)|maximum)[^\d]{0,24}(\d{3,15})",
        r"(?:上下文|长度|kontext|contexte|contexto)[^\d]{0,24}(\d{3,15})",
    )
)
_WAIT = re.compile(r"(?:try again|retry) (?:in|after) ([\d.]{1,15}) ?(ms|s|m)?", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,15})?")
_BY_STATUS = {
    401: Failure.AUTH,
    402: Failure.BILLING,
    403: Failure.AUTH,
    408: Failure.FIRST_TOKEN_TIMEOUT,
    413: Failure.CONTEXT_OVERFLOW,
    429: Failure.RATE_LIMITED,
    499: Failure.FIRST_TOKEN_TIMEOUT,
    503: Failure.OVERLOADED,
    504: Failure.FIRST_TOKEN_TIMEOUT,
    522: Failure.CONNECT_TIMEOUT,
    524: Failure.FIRST_TOKEN_TIMEOUT,
    529: Failure.OVERLOADED,
}
_BUSY = frozenset({Failure.RATE_LIMITED, Failure.OVERLOADED, Failure.LOADING})
_DAY_S = 86_400
_SECRET = 6
"""Shorter keys are placeholders and hide nothing."""
_TELLING = frozenset({Failure.CONTEXT_OVERFLOW, Failure.OUT_OF_MEMORY, Failure.BILLING, Failure.LOADING})


def from_response(status: int, body: bytes, headers: Mapping[str, str], who: Who) -> ModelCallError:
    """Read an HTTP status that is not success, with whatever stands in its body."""
    text = body.decode("utf-8", "replace")
    try:
        said = _message(read_json(text))
    except ValueError:
        said = "" if "<html" in text.lower() or "<!doctype" in text.lower() else text
    failure = _failure_of(status, f"{said}\n{text[:20_000]}", has_words=bool(said))
    if failure is None:
        return _wrong_path(status, who)
    return _error(
        failure, said or str(status), who, text=text, retry_after_s=_retry_after_s(headers, text), status=status
    )


def _failure_of(status: int, text: str, *, has_words: bool) -> Failure | None:
    """Return the kind, or nothing when the address itself is wrong."""
    if status in {401, 402, 403, 529}:
        return Failure.REFUSED if _is(Failure.REFUSED, text) else _BY_STATUS[status]
    words = next((failure for failure, pattern in _WORDS if pattern.search(text)), None)
    if status == HTTPStatus.NOT_FOUND:
        return Failure.MODEL_MISSING if words is Failure.MODEL_MISSING or (has_words and "model" in text) else None
    if words in _TELLING:
        return words
    by_status = _BY_STATUS.get(status)
    if by_status is not None:
        return by_status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return words if words in {Failure.MODEL_MISSING, Failure.OVERLOADED} else Failure.SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST or status in {405, 410, 501}:
        return None
    return words or Failure.BAD_REQUEST


def _is(failure: Failure, text: str) -> bool:
    return any(kind is failure and pattern.search(text) for kind, pattern in _WORDS)


def from_stream(value: Json, who: Who) -> ModelCallError:
    """Read an error object that came inside a stream which had begun well."""
    text = as_text(value) or str(value)
    code = as_object(value).get("code")
    said = _message(value) or text
    failure = next((kind for kind, pattern in _WORDS if pattern.search(f"{said}\n{text}")), None)
    if failure is None and isinstance(code, int) and code >= HTTPStatus.BAD_REQUEST:
        failure = _BY_STATUS.get(code)
    if failure is None and "rate_limit" in text:
        failure = Failure.RATE_LIMITED
    return _error(failure or Failure.SERVER_ERROR, said, who, text=text, retry_after_s=_retry_after_s({}, text))


def from_connection(error: ConnectionFailedError, who: Who, *, has_begun: bool) -> ModelCallError:
    """Read a connection that failed; `has_begun` says whether anything of the answer had come."""
    if error.stage in (Stage.RESOLVE, Stage.CONNECT):
        failure = Failure.CONNECT_TIMEOUT if error.is_timeout else Failure.SERVER_DOWN
    elif error.is_timeout:
        failure = Failure.STALLED if has_begun or error.stage is Stage.IDLE else Failure.FIRST_TOKEN_TIMEOUT
    else:
        failure = Failure.CUT_OFF if has_begun or error.stage is Stage.CUT else Failure.SERVER_DOWN
    return _error(failure, error.message, who, text="")


def stalled(who: Who, *, has_begun: bool) -> ModelCallError:
    """Say that a server keeps the line open and says nothing."""
    failure = Failure.STALLED if has_begun else Failure.FIRST_TOKEN_TIMEOUT
    return _error(failure, _("{place} keeps the line open without a word").format(place=who.place), who, text="")


def cut_off(who: Who) -> ModelCallError:
    """Say that a stream ended without its end mark."""
    return _error(Failure.CUT_OFF, _("the answer broke off in the middle"), who, text="")


def bad_answer(who: Who, because: str) -> ModelCallError:
    """Say that what came is not the protocol, or nothing."""
    return _error(Failure.BAD_ANSWER, because, who, text="")


def _wrong_path(status: int, who: Who) -> ModelCallError:
    return ModelCallError(
        Failure.BAD_REQUEST,
        _("{place} runs, but not what {model!r} is asked through (HTTP {status}).").format(
            place=who.place, model=who.model, status=status
        ),
        hint=_("Check `baseUrl` and `api` of this provider; OpenAI-style addresses usually end in /v1."),
    )


def _error(
    failure: Failure, said: str, who: Who, *, text: str, retry_after_s: float | None = None, status: int | None = None
) -> ModelCallError:
    if failure in _MAY_BE_TOOLS and _NO_TOOLS.search(said):
        failure = Failure.NO_TOOLS
    words = words_of(failure)
    shown = _shown(said, who)
    if status is not None and str(status) not in shown:
        shown = f"{shown} (HTTP {status})"
    hint = words.hint.format(model=who.model, place=who.place, provider=who.model.partition("/")[0])
    return ModelCallError(
        failure,
        words.sentence.format(model=who.model, place=who.place, said=shown),
        hint=_wait(retry_after_s) if failure in _BUSY and retry_after_s else hint,
        retry_after_s=retry_after_s,
        window_tokens=_window_of(text, said) if failure is Failure.CONTEXT_OVERFLOW else None,
    )


def _wait(wait_s: float) -> str:
    if wait_s > _DAY_S:
        return _("It asks to be left alone for more than a day: choose another model, `homarus models list`.")
    if wait_s <= 120:  # noqa: PLR2004 - minutes read better from there on
        wait = _("{count} s").format(count=math.ceil(wait_s))
    else:
        wait = _("{count} min").format(count=math.ceil(wait_s / 60))
    return _("Wait {wait}, or choose another model: `homarus models list`.").format(wait=wait)


def _shown(said: str, who: Who) -> str:
    """Return what the server said on one line, short, and without the key."""
    line = whole_letters(" ".join(said.split()))
    for secret in who.secrets:
        line = line.replace(secret, "…") if len(secret) >= _SECRET else line
    line = printable(line)
    return (line if len(line) <= 300 else f"{line[:300]}…").rstrip(".")  # noqa: PLR2004 - a few lines of a terminal


def _message(value: Json) -> str:
    """Return the sentence in an error body of whatever shape."""
    if isinstance(value, str):
        return value
    body = as_object(value)
    if not body:
        return _message(value[0]) if isinstance(value, list) and value else ""
    for key in ("error", "message", "detail", "msg", "errors"):
        found = _message(body.get(key))
        if found:
            return found
    return ""


def _window_of(text: str, said: str) -> int | None:
    try:
        number = _n_ctx(as_object(read_json(text)))
    except ValueError:
        number = 0
    if number:
        return number
    for pattern in _WINDOW:
        found = pattern.search(f"{said}\n{text}")
        if found and int(found[1]) > 0:
            return int(found[1])
    return None


def _n_ctx(body: JsonObject) -> int:
    inner = as_object(body.get("error"))
    return as_count(inner.get("n_ctx")) or as_count(body.get("n_ctx"))


def _retry_after_s(headers: Mapping[str, str], text: str) -> float | None:
    """Return how long the server asks to wait: seconds, milliseconds, a date, or words in its sentence."""
    said = headers.get("retry-after-ms", "")
    if _SECONDS.fullmatch(said):
        return float(said) / 1000
    said = headers.get("Retry-After", headers.get("retry-after", "")).strip()
    if _SECONDS.fullmatch(said):
        return float(said)
    if said:
        try:
            return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError, OverflowError):
            pass
    found = _WAIT.search(text)
    if found is None or found[1].count(".") > 1 or found[1].strip(".") == "":
        return None
    return float(found[1].rstrip(".")) * {"ms": 0.001, "m": 60.0}.get((found[2] or "s").lower(), 1.0)
