import io
import logging

from homarus.domain.settings import Settings
from homarus.gateway.redacting import Redacting, RedactingFilter, secrets_in

CANARY = "sk-canary-0123456789"
SETTINGS = Settings.model_validate(
    {
        "models": {"providers": {"a": {"baseUrl": "http://x/v1", "apiKey": CANARY, "headers": {"x": "hdr-canary-77"}}}},
        "tools": {"web": {"search": {"apiKey": "brave-canary-55"}}},
    }
)


def test_every_secret_of_a_configuration_is_found() -> None:
    assert set(secrets_in(SETTINGS)) == {CANARY, "hdr-canary-77", "brave-canary-55"}


def test_a_secret_never_stands_in_the_log_not_even_in_a_trace() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactingFilter(Redacting(lambda: SETTINGS)))
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
