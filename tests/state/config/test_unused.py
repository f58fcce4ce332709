"""What OpenClaw has and homarus does not use is named once, and nothing inside of it is."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from homarus.state.config.files import Remembered
from homarus.state.config.problems import Severity
from homarus.state.config.reading import Ask, read

_HOME = Path("/home/of/nobody")
_FILE = _HOME / "homarus.json5"


def _problems(settings: Mapping[str, object]) -> dict[str, Severity]:
    reading = read(Ask(home=_HOME, files=(_FILE,)), Remembered({_FILE: json.dumps(settings)}))
    return {problem.key: problem.severity for problem in reading.problems}


@pytest.mark.parametrize(
    "used",
    [
        {"env": {"vars": {"KEY": "x"}}},
        {"env": {"KEY": "x"}},
        {"secrets": {"providers": {"files": {"source": "file", "path": "~/keys.json"}}}},
    ],
)
def test_what_is_read_for_variables_and_secrets_is_not_called_unused(used: Mapping[str, object]) -> None:
    assert _problems(used) == {}


def test_what_else_stands_beside_variables_is_named() -> None:
    assert _problems({"env": {"vars": {}, "shellEnv": {"timeoutMs": 5}}}) == {"env.shellEnv": Severity.NOTE}


@pytest.mark.parametrize(
    ("settings", "section"),
    [
        (
            {"channels": {"telegram": {"botToken": "${TELEGRAM}", "accounts": {"a": {"botToken": "${OTHER}"}}}}},
            "channels.telegram",
        ),
        ({"gateway": {"auth": {"token": "${TOKEN}"}}}, "gateway.auth"),
    ],
)
def test_what_is_wrong_inside_of_an_unused_section_is_part_of_its_note(
    settings: Mapping[str, object], section: str
) -> None:
    assert _problems(settings) == {section: Severity.NOTE}


def test_a_missing_variable_of_a_setting_that_is_used_is_still_a_warning() -> None:
    settings = {"models": {"providers": {"p": {"baseUrl": "http://x", "apiKey": "${KEY}"}}}}

    assert _problems(settings) == {"models.providers.p.apiKey": Severity.WARNING}


def test_a_file_that_is_missing_does_not_hide_what_else_is_wrong() -> None:
    found = _problems({"models": {"$include": "gone.json5"}, "gateway": {"port": "many", "prot": 1}})

    assert found["gateway.port"] is Severity.ERROR
    assert found["gateway.prot"] is Severity.WARNING
    assert Severity.ERROR in [severity for key, severity in found.items() if key != "gateway.port"]
