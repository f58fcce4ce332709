import json

import pytest

from homarus.domain.errors import ConnectionFailedError, Failure, Stage
from homarus.models.failures import Who, from_connection, from_response, from_stream

WHO = Who(model="lab/big", place="127.0.0.1:1234", secrets=("sk-very-secret",))


def said(message: str, **more: object) -> str:
    return json.dumps({"error": {"message": message, **more}})


@pytest.mark.parametrize(
    ("status", "body", "failure", "window"),
    [
        (
            400,
            said("request (9 tokens) exceeds the available context size", type="exceed_context_size_error", n_ctx=4096),
            Failure.CONTEXT_OVERFLOW,
            4096,
        ),
        (400, '{"error":"the input length exceeds the context length"}', Failure.CONTEXT_OVERFLOW, None),
        (
            400,
            said(
                "Trying to keep the first 12000 tokens when context the overflows. However, the model is loaded with "
                "context length of only 4096 tokens"
            ),
            Failure.CONTEXT_OVERFLOW,
            4096,
        ),
        (
            400,
            said("This model's maximum context length is 8192 tokens. However, you requested 9000 tokens"),
            Failure.CONTEXT_OVERFLOW,
            8192,
        ),
        (400, said("too long", code="context_length_exceeded"), Failure.CONTEXT_OVERFLOW, None),
        (400, said("prompt is too long: 215000 tokens > 200000 maximum"), Failure.CONTEXT_OVERFLOW, 200000),
        (404, '{"error":"model \\"big\\" not found, try pulling it first"}', Failure.MODEL_MISSING, None),
        (404, said("The model `big` does not exist", code="model_not_found"), Failure.MODEL_MISSING, None),
        (404, "404 page not found", Failure.BAD_REQUEST, None),
        (404, "<html>nope</html>", Failure.BAD_REQUEST, None),
        (405, "", Failure.BAD_REQUEST, None),
        (302, "", Failure.BAD_REQUEST, None),
        (401, said("Invalid API Key"), Failure.AUTH, None),
        (403, said("forbidden"), Failure.AUTH, None),
        (402, said("Payment required"), Failure.BILLING, None),
        (429, said("You exceeded your current quota", code="insufficient_quota"), Failure.BILLING, None),
        (429, said("Rate limit reached"), Failure.RATE_LIMITED, None),
        (400, said("Your credit balance is too low"), Failure.BILLING, None),
        (503, said("Loading model", type="unavailable_error"), Failure.LOADING, None),
        (
            503,
            '{"error":"server busy, please try again.  maximum pending requests exceeded"}',
            Failure.OVERLOADED,
            None,
        ),
        (529, said("Overloaded"), Failure.OVERLOADED, None),
        (408, "", Failure.FIRST_TOKEN_TIMEOUT, None),
        (504, "", Failure.FIRST_TOKEN_TIMEOUT, None),
        (500, "boom", Failure.SERVER_ERROR, None),
        (500, '{"error":"model requires more system memory (9 GiB) than is available"}', Failure.OUT_OF_MEMORY, None),
        (500, said("cudaMalloc failed: out of memory"), Failure.OUT_OF_MEMORY, None),
        (400, said("flagged", code="content_filter"), Failure.REFUSED, None),
        (400, said("max_tokens must be positive"), Failure.BAD_REQUEST, None),
        (422, json.dumps({"detail": [{"msg": "field required"}]}), Failure.BAD_REQUEST, None),
    ],
)
def test_what_servers_say_has_one_meaning(status: int, body: str, failure: Failure, window: int | None) -> None:
    error = from_response(status, body.encode(), {}, WHO)
    assert (error.failure, error.window_tokens) == (failure, window)
    assert "127.0.0.1:1234" in error.message or "lab/big" in error.message
    assert error.hint
    assert "{" not in error.hint


def test_a_model_without_tools_is_told_apart() -> None:
    error = from_response(400, b'{"error":"big does not support tools"}', {}, WHO)
    assert "cannot call tools" in error.message


@pytest.mark.parametrize(
    ("headers", "body", "wait_s"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"retry-after-ms": "1500"}, "", 1.5),
        ({}, "Please try again in 250ms.", 0.25),
        ({}, "Please try again in 1.5s.", 1.5),
        ({"Retry-After": "Fri, 20 Nov 2020 12:00:00 GMT"}, "", 0.0),
        ({"Retry-After": "soon"}, "", None),
    ],
)
def test_how_long_to_wait_is_read(headers: dict[str, str], body: str, wait_s: float | None) -> None:
    assert from_response(429, body.encode(), headers, WHO).retry_after_s == wait_s


@pytest.mark.parametrize(("wait", "words"), [("7", "Wait 7 s"), ("600", "Wait 10 min")])
def test_who_is_asked_too_often_says_how_long_to_wait(wait: str, words: str) -> None:
    assert words in from_response(429, b"", {"Retry-After": wait}, WHO).hint


def test_a_key_is_taken_out_before_a_long_answer_is_cut_short() -> None:
    told = from_response(400, said("x" * 290 + " sk-very-secret").encode(), {}, WHO).message

    assert "sk-" not in told


def test_a_key_that_a_server_repeats_is_taken_out() -> None:
    assert "sk-very-secret" not in from_response(400, said("bad key sk-very-secret").encode(), {}, WHO).message


@pytest.mark.parametrize(
    ("stage", "how", "failure"),
    [
        (Stage.RESOLVE, "", Failure.SERVER_DOWN),
        (Stage.CONNECT, "", Failure.SERVER_DOWN),
        (Stage.CONNECT, "timeout", Failure.CONNECT_TIMEOUT),
        (Stage.FIRST_BYTE, "timeout", Failure.FIRST_TOKEN_TIMEOUT),
        (Stage.FIRST_BYTE, "", Failure.SERVER_DOWN),
        (Stage.IDLE, "timeout begun", Failure.STALLED),
        (Stage.CUT, "begun", Failure.CUT_OFF),
    ],
)
def test_every_stage_of_a_connection_has_its_failure(stage: Stage, how: str, failure: Failure) -> None:
    error = ConnectionFailedError(stage, "It broke.", hint="Look.", is_timeout="timeout" in how)
    assert from_connection(error, WHO, has_begun="begun" in how).failure is failure


@pytest.mark.parametrize(
    ("value", "failure"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, Failure.OVERLOADED),
        ({"code": 429, "message": "slow down"}, Failure.RATE_LIMITED),
        ({"error": "llama runner process has terminated: CUDA out of memory"}, Failure.OUT_OF_MEMORY),
        ({"message": "context length exceeded"}, Failure.CONTEXT_OVERFLOW),
        ({"message": "something"}, Failure.SERVER_ERROR),
    ],
)
def test_errors_inside_a_stream_have_the_same_meaning(value: dict[str, str | int], failure: Failure) -> None:
    assert from_stream(value, WHO).failure is failure


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Retry-After": "\u00b2"}, ""),
        ({"retry-after-ms": "\u00b3"}, ""),
        ({"Retry-After": "9" * 5000}, ""),
        ({"Retry-After": "Mon, 01 Jan 9999 23:00:00 -2359"}, ""),
        ({}, said(f"maximum context length is {'9' * 5000} tokens")),
        ({}, said(f"try again in {'9' * 400}s")),
        ({}, '{"error": {"n_ctx": 1e999}}'),
    ],
)
@pytest.mark.parametrize("status", [400, 429, 503])
def test_figures_that_nobody_can_mean_are_no_figures(headers: dict[str, str], body: str, status: int) -> None:
    error = from_response(status, body.encode(), headers, WHO)
    assert error.window_tokens is None or error.window_tokens < 1e15
    assert error.retry_after_s is None or error.retry_after_s < 1e15


@pytest.mark.parametrize(
    ("status", "words", "failure"),
    [
        (
            400,
            "\u8f93\u5165\u957f\u5ea6\u8d85\u8fc7\u6a21\u578b\u6700\u5927\u4e0a\u4e0b\u6587\u957f\u5ea6 4096",
            Failure.CONTEXT_OVERFLOW,
        ),
        (400, "Die Kontextlänge von 4096 wird überschritten", Failure.CONTEXT_OVERFLOW),
        (500, "Der Speicher reicht nicht aus", Failure.OUT_OF_MEMORY),
        (500, "\u663e\u5b58\u4e0d\u8db3", Failure.OUT_OF_MEMORY),
        (429, "\u4f59\u989d\u4e0d\u8db3", Failure.BILLING),
        (500, "Unexpected role 'tool' after role 'assistant'", Failure.NO_TOOLS),
    ],
)
def test_other_languages_and_templates_are_understood(status: int, words: str, failure: Failure) -> None:
    error = from_response(status, said(words).encode(), {}, WHO)
    assert error.failure is failure
    assert error.window_tokens == (4096 if failure is Failure.CONTEXT_OVERFLOW else None)


def test_a_wait_of_years_is_told_as_what_it_is() -> None:
    assert "more than a day" in from_response(429, b"", {"Retry-After": "1000000000"}, WHO).hint
