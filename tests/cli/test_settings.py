"""What a person sets from the terminal: models, configuration, devices, keys."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from cli.terminal import Terminal
from homarus.domain.content import JsonObject
from homarus.models import weights

Served = Callable[..., Terminal]


def test_models_are_listed_with_their_place(shared: Terminal) -> None:
    said = shared.run("models", "list")

    assert "desk/tester" in said.out
    assert "this machine" in said.out
    assert "desk/other" in {str(model["ref"]) for model in shared.run("models", "list", "--json").rows("models")}


def test_a_model_is_chosen_for_everything_and_given_back(served: Served) -> None:
    terminal = served("--model", "tester", "--model", "other")
    settings = json.loads((terminal.home / "homarus.json5").read_text())
    settings["models"]["providers"]["desk"]["models"].append({"id": "other", "contextWindow": 32000})
    terminal.configure(settings)

    used = terminal.run("models", "use", "desk/other")
    after = _model(terminal)
    terminal.run("models", "use", "default")

    assert used.code == 0, used
    assert (after, _model(terminal)) == ("desk/other", "desk/tester")


def _model(terminal: Terminal) -> str:
    route = terminal.run("ask", "--json", "hello").json["route"]
    assert isinstance(route, dict)
    return str(route["model"])


def test_a_model_that_is_not_there_is_not_taken(shared: Terminal) -> None:
    said = shared.run("models", "use", "desk")

    assert said.code != 0
    assert "Next:" in said.err


@pytest.mark.weights
def test_the_built_in_model_is_added_from_a_file(terminal: Terminal) -> None:
    found = weights.find(terminal.home)
    assert found is not None

    said = terminal.run("models", "add", "smollm2", "--from", str(found.path))

    assert said.code == 0, said
    assert "is ready" in said.out


def test_weights_that_are_not_the_right_ones_are_refused(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "wrong.gguf").write_bytes(b"GGUF" + bytes(100))

    said = terminal.run("models", "add", "smollm2", "--from", str(tmp_path / "wrong.gguf"))

    assert said.code == 1
    assert "wrong.gguf" in said.err
    assert "Next:" in said.err


def test_every_setting_tells_its_value_and_its_place(shared: Terminal) -> None:
    said = shared.run("config", "get", "gateway.port")

    assert f"gateway.port = {shared.port}" in said.out
    assert "homarus.json5:3" in said.out
    assert "agents.defaults.contextTokens" in shared.run("config", "list").out


def test_a_setting_is_changed_and_taken_back(terminal: Terminal) -> None:
    changed = terminal.run("config", "set", "tools.exec.mode", "deny")
    seen = terminal.run("config", "get", "tools.exec.mode").out
    undone = terminal.run("config", "undo")

    assert changed.code == undone.code == 0, (changed, undone)
    assert '"deny"' in seen
    assert '"ask"' in terminal.run("config", "get", "tools.exec.mode").out
    assert json.loads((terminal.home / "homarus.json5").read_text()) == {"gateway": {"port": terminal.port}}


def test_settings_of_a_gateway_that_runs_are_its_own(shared: Terminal) -> None:
    shared.run("up", "--background")

    changed = shared.run("config", "set", "tools.web.search.maxResults", "7")

    assert "tools.web.search.maxResults = 7" in changed.out, changed
    assert shared.run("config", "list", "--json").json["standing"] == "files"


def test_a_value_that_does_not_fit_is_refused(shared: Terminal) -> None:
    said = shared.run("config", "set", "gateway.maxBodyMb", "lots")
    stranger = shared.run("config", "set", "gateway.maxBody", "1")

    assert (said.code, stranger.code) == (2, 2)
    assert "gateway.maxBodyMb" in said.err
    assert "gateway.maxBodyMb" in stranger.err
    assert "Next:" in said.err


def test_a_setting_without_a_name_is_a_matter_of_usage(shared: Terminal) -> None:
    said = shared.run("config", "set", "", "1")

    assert said.code == 2
    assert "homarus config list" in said.err


@pytest.mark.parametrize("runs", [True, False])
def test_a_model_that_nobody_knows_is_written_with_a_warning(served: Served, *, runs: bool) -> None:
    terminal = served()
    if runs:
        terminal.run("up", "--background")

    said = terminal.run("config", "set", "agents.defaults.model.primary", "desk/testr")
    fine = terminal.run("config", "set", "agents.defaults.model.primary", "desk/tester")

    assert (said.code, fine.code) == (0, 0)
    assert "desk/testr" in said.err
    assert "desk/tester" in said.err
    assert fine.err == ""


def test_undo_says_what_came_back(terminal: Terminal) -> None:
    terminal.run("config", "set", "tools.exec.mode", "deny")
    terminal.run("config", "set", "tools.exec.mode", "allowlist")

    undone = [terminal.run("config", "undo") for _step in range(3)]

    assert 'tools.exec.mode = "deny"' in undone[0].out
    assert "1 more" in undone[0].out
    assert 'tools.exec.mode = "ask"' in undone[1].out
    assert undone[2].code == 1


def test_any_file_can_be_checked_and_mistakes_have_a_line(shared: Terminal, tmp_path: Path) -> None:
    (tmp_path / "wrong.json5").write_text('{\n  gateway: {\n    port: "many",\n    prot: 1,\n  },\n}\n')

    said = shared.run("config", "check", "wrong.json5", cwd=tmp_path)

    assert said.code == 1
    assert "wrong.json5:3" in said.out
    assert "wrong.json5:4" in said.out
    assert "port" in said.out


def test_channels_and_sources_are_known_without_a_gateway(terminal: Terminal, tmp_path: Path) -> None:
    written = tmp_path / "house.json5"
    telegram = {"botToken": "123:abc", "owner": [42]}
    mail = {"kind": "imap", "host": "imap.example.org", "user": "lena", "hots": "x"}
    written.write_text(json.dumps({"channels": {"telegram": telegram}, "sources": {"mail": mail}}))

    checked = terminal.run("config", "check", str(written), "--all")

    assert "OpenClaw" not in checked.out
    assert "'sources.mail.hots'" in checked.out


def test_settings_of_openclaw_are_one_line_unless_all_are_wanted(shared: Terminal, tmp_path: Path) -> None:
    theirs = {"cron": {}, "hooks": {}, "browser": {}, "channels": {"signal": {"account": "${NOWHERE}"}}}
    (tmp_path / "theirs.json5").write_text(json.dumps(theirs))

    short = shared.run("config", "check", "theirs.json5", cwd=tmp_path)
    long = shared.run("config", "check", "theirs.json5", "--all", cwd=tmp_path)

    assert short.code == 0
    assert len([line for line in short.out.splitlines() if line.startswith(("Note", "Warning"))]) == 1
    assert "3 settings of OpenClaw are not used by homarus" in short.out
    assert len([line for line in long.out.splitlines() if line.startswith("Note")]) == 3
    assert "account" in long.out


def test_a_key_is_made_shown_once_and_revoked(shared: Terminal) -> None:
    made = shared.run("keys", "add", "editor", "--json").json
    key = cast("JsonObject", made["key"])
    listed = shared.run("keys", "list").out

    assert "editor" in listed
    assert str(made["secret"]) not in listed
    assert shared.run("keys", "revoke", str(key["key_id"])).code == 0
    assert "revoked" in shared.run("keys", "list").out


def test_a_browser_gets_a_link_that_pairs_it(shared: Terminal) -> None:
    said = shared.run("devices", "pair")

    assert f"http://127.0.0.1:{shared.port}/pair#" in said.out
    assert shared.run("devices", "revoke", "dev_nothing").code == 1


def test_doctor_says_what_is_well_and_what_is_not(shared: Terminal) -> None:
    findings = shared.run("doctor", "--json").rows("findings")

    assert {"configuration", "state", "disk", "models", "sandbox"} <= {str(finding["topic"]) for finding in findings}
    assert all(finding["hint"] for finding in findings if not finding["is_well"])
    assert not any(finding["topic"] == "account" for finding in findings if not finding["is_well"])
    sentences = " ".join(str(finding["sentence"]) for finding in findings)
    assert "it starts with the first message" in sentences or "The built-in model" not in sentences
