import io
import json
import logging
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.settings import Settings
from homarus.gateway.redacting import Redacting, RedactingFilter, secret_variables, secrets_in

CANARY = "sk-canary-0123456789"
DIGITS = "123456789012"
SETTINGS = Settings.model_validate(
    {
        "models": {
            "providers": {
                "a": {"baseUrl": "http://x/v1", "apiKey": CANARY, "headers": {"x": "hdr-canary-77"}},
                "b": {"baseUrl": "http://y/v1", "apiKey": DIGITS, "headers": {"y": "Bearer inner-canary-1"}},
                "ollama-local": {"baseUrl": "http://z/v1", "apiKey": "ollama"},
            }
        },
        "tools": {"web": {"search": {"apiKey": "brave-canary-55"}}},
    }
)
REDACTING = Redacting(lambda: SETTINGS)


def test_every_secret_of_a_configuration_is_found() -> None:
    found = set(secrets_in(SETTINGS))

    assert found >= {CANARY, DIGITS, "hdr-canary-77", "Bearer inner-canary-1", "brave-canary-55"}


def test_a_header_is_known_without_the_word_before_it() -> None:
    assert REDACTING("you sent inner-canary-1") == "you sent [redacted]"


def test_a_word_in_the_place_of_a_key_does_not_tear_up_model_names() -> None:
    assert REDACTING("ollama/qwen3:8b and ollama-local/x") == "ollama/qwen3:8b and ollama-local/x"


def test_a_secret_that_was_replaced_stays_secret() -> None:
    settings = [SETTINGS]
    redacting = Redacting(lambda: settings[-1])
    assert CANARY not in redacting(CANARY)

    settings.append(Settings())

    assert CANARY not in redacting(CANARY)


def test_json_stays_json_where_a_secret_is_a_number() -> None:
    body = json.dumps({"size": int(DIGITS), "said": [f"it was {DIGITS}", CANARY], "ok": True})

    assert json.loads(REDACTING.json(body)) == {
        "size": int(DIGITS),
        "said": ["it was [redacted]", "[redacted]"],
        "ok": True,
    }


def test_a_body_without_secrets_is_passed_on_as_it_is() -> None:
    body = b'{"a":  1}'

    assert REDACTING.body(body, is_json=True) is body


def test_a_body_that_only_claims_to_be_json_is_cleaned_too() -> None:
    assert REDACTING.body(f'{{"cut": "{CANARY}'.encode(), is_json=True) == b'{"cut": "[redacted]'


@given(st.lists(st.sampled_from([CANARY, CANARY[:5], "s", "k-", "ä", "text "]), max_size=8), st.data())
def test_pieces_give_what_the_whole_would_give(words: list[str], data: st.DataObject) -> None:
    text = "".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]
    texts, chunks = REDACTING.texts(), REDACTING.chunks()

    said = "".join([*map(texts.next, pieces), texts.rest()])
    passed = b"".join([*(chunks(piece.encode()) for piece in pieces if piece), chunks(b"")])

    assert said == REDACTING(text)
    assert passed == REDACTING(text).encode()


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("OPENAI_API_KEY", "plain-words-only", True),
        ("GITHUB_TOKEN", "ghp_0123456789abcdef", True),
        ("SSH_AUTH_SOCK", "/tmp/agent.123", False),
        ("EDITOR", "some-editor-name", False),
        ("FROM_FILE", "a1b2c3d4e5f6a7b8", True),
        ("TZ", "Europe/Berlin", False),
        ("INNER", "inner-canary-1", True),
        ("SHORT_KEY", "abc", False),
    ],
)
def test_variables_are_secrets_by_name_by_looks_or_by_use(name: str, value: str, *, is_secret: bool) -> None:
    found = list(secret_variables({name: value}, {}, secrets_in(SETTINGS)))

    assert found == ([value] if is_secret else [])


def test_what_only_looks_random_in_the_process_environment_is_none() -> None:
    variables = {"INVOCATION_ID": "a1b2c3d4e5f6a7b8"}

    assert list(secret_variables(variables, variables, ())) == []


def test_a_secret_never_stands_in_the_log_not_even_in_a_trace() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactingFilter(REDACTING))
    log = logging.getLogger("canary")
    log.propagate = False
    log.addHandler(handler)

    log.warning("asked with %s", CANARY)
    try:
        int(CANARY)
    except ValueError:
        log.exception("broke")

    assert CANARY not in out.getvalue()
    assert "asked with" in out.getvalue()
    assert "ValueError" in out.getvalue()
