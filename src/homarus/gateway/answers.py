"""What is sent back: JSON, and errors in the shape that the asker reads - ours, OpenAI's, or a small page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import web

from homarus.domain.errors import EXIT_FAILED, Failure, HomarusError, ModelCallError
from homarus.domain.i18n import _
from homarus.gateway.headers import NONCE

_MODEL_STATUS: Mapping[Failure, int] = {
    Failure.RATE_LIMITED: 429,
    Failure.MODEL_MISSING: 404,
    Failure.CONTEXT_OVERFLOW: 400,
    Failure.BAD_REQUEST: 400,
    Failure.LOADING: 503,
    Failure.OVERLOADED: 503,
    Failure.CONNECT_TIMEOUT: 504,
    Failure.FIRST_TOKEN_TIMEOUT: 504,
    Failure.STALLED: 504,
}
_OPENAI_TYPES: Mapping[int, str] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_OPENAI_CODES: Mapping[Failure, str] = {
    Failure.CONTEXT_OVERFLOW: "context_length_exceeded",
    Failure.MODEL_MISSING: "model_not_found",
    Failure.RATE_LIMITED: "rate_limit_exceeded",
}
_SERVER_SIDE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error on its way to whoever asked."""

    status: int
    message: str
    hint: str
    kind: str
    code: str | None = None
    """A word that programs can react to, for OpenAI clients."""
    exit_code: int = EXIT_FAILED
    """What a command that shows this ends with."""
    retry_after_s: float | None = None
    closes: bool = False
    """Whether the connection ends: what else comes in on it is not wanted."""


PageOf: TypeAlias = "Callable[[web.BaseRequest, Problem], str]"
PROBLEM_PAGE: web.AppKey[PageOf] = web.AppKey("problem_page")
"""What prints a problem as a page that looks like the others, where there are others."""


def problem_of(error: HomarusError) -> Problem:
    """Return the problem that an error of the house is for whoever asked."""
    if not isinstance(error, ModelCallError):
        return Problem(
            status=error.status,
            message=error.message,
            hint=error.hint,
            kind=type(error).__name__,
            exit_code=error.exit_code,
        )
    return Problem(
        status=_MODEL_STATUS.get(error.failure, error.status),
        message=error.message,
        hint=error.hint,
        kind=type(error).__name__,
        code=_OPENAI_CODES.get(error.failure, error.failure.value),
        retry_after_s=error.retry_after_s,
    )


def encoded(value: object) -> bytes:
    """Return a value as compact JSON; half of a letter, which somebody wrote long ago, breaks no answer."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def ok(value: object, *, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(body=encoded(value), status=status, content_type="application/json")


def openai_error(problem: Problem) -> dict[str, object]:
    """Return a problem as OpenAI clients expect it.

    Source: https://platform.openai.com/docs/guides/error-codes
    """
    fallback = "server_error" if problem.status >= _SERVER_SIDE else "invalid_request_error"
    kind = _OPENAI_TYPES.get(problem.status, fallback)
    message = f"{problem.message} {problem.hint}".strip()
    return {"error": {"message": message, "type": kind, "param": None, "code": problem.code}}


def refuse(request: web.BaseRequest, problem: Problem) -> web.Response:
    """Answer with a problem, in the shape that fits the path and what the asker accepts."""
    if request.path.startswith("/v1/"):
        response = ok(openai_error(problem), status=problem.status)
    elif not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", ""):
        response = web.Response(text=_page(request, problem), status=problem.status, content_type="text/html")
    else:
        error = {"message": problem.message, "hint": problem.hint, "kind": problem.kind, "exit_code": problem.exit_code}
        response = ok({"error": error}, status=problem.status)
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(max(1, round(problem.retry_after_s)))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="homarus"'
    if problem.closes:
        response.force_close()
    return response


def _page(request: web.BaseRequest, problem: Problem) -> str:
    if isinstance(request, web.Request) and NONCE in request and PROBLEM_PAGE in request.app:
        return request.app[PROBLEM_PAGE](request, problem)
    # One link leads back to the same place: a page of our own may open what another site's page may not.
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>homarus</title>'
        f"<h1>{escape(problem.message)}</h1><p>{escape(problem.hint)}</p>"
        f'<p><a href="">{escape(_("Open this page again"))}</a></p></html>'
    )
