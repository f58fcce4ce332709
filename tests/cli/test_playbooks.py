"""Playbooks as a person runs them, in a terminal with a real gateway and a plugin of their own."""

import json
import shutil
from collections.abc import Iterator
from typing import cast

import pytest

from cli.terminal import Server, Terminal
from homarus.domain.content import JsonObject
from house.source import ROOT


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    words = json.dumps({"text": "The revenue total is 400.5 EUR [f1]. It was 12 % more."})
    server = Server("--say", words)
    made = Terminal(tmp_path_factory.mktemp("playbooks") / "h")
    made.configure(server.settings())
    plugins = made.home / "plugins"
    plugins.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "weekly_figures.py", plugins)
    workspace = made.home / "workspace"
    workspace.mkdir(parents=True)
    (workspace / "sales.csv").write_text("day,revenue\nMon,100.50\nTue,\nWed,300\n")
    assert made.run("plugin", "approve", "weekly_figures").code == 0
    yield made
    made.close()
    server.close()


def test_a_run_prints_what_stands_on_facts_and_leaves_out_the_rest(desk: Terminal) -> None:
    said = desk.run("playbooks", "run", "weekly_figures")
    assert said.code == 0, said
    assert "The revenue total is 400.5 EUR" in said.out
    assert "12 %" not in said.out
    assert "desk/tester" in said.out


def test_it_is_listed_and_shown_with_its_settings(desk: Terminal) -> None:
    assert "weekly_figures" in desk.run("playbooks", "list").out
    shown = desk.run("playbooks", "show", "weekly_figures").out
    assert "Which column is added up." in shown


def test_a_report_is_exported_as_markdown_and_as_a_page(desk: Terminal) -> None:
    run = cast("JsonObject", desk.run("playbooks", "run", "weekly_figures", "--json").json["run"])
    assert "# Weekly figures" in desk.run("playbooks", "export", str(run["run_id"])).out
    file = desk.home / "report.html"
    assert desk.run("playbooks", "export", str(run["run_id"]), "--form", "html", "-o", str(file)).code == 0
    assert "<h1>" in file.read_text()
    named = desk.run("playbooks", "export", str(run["run_id"]), "--file", "manifest.json", "-o", str(file))
    assert (named.code, json.loads(file.read_text())["playbook"]) == (0, "weekly_figures"), named


def test_a_run_can_be_given_what_it_may_cost(desk: Terminal) -> None:
    given = ("--usd", "0.5", "--joules", "700")
    run = cast("JsonObject", desk.run("playbooks", "run", "weekly_figures", *given, "--json").json["run"])
    assert run["budget"] == {"tokens": None, "seconds": None, "cost_usd": 0.5, "joules": 700.0}


def test_a_dry_run_saves_no_note(desk: Terminal) -> None:
    before = len(
        cast("list[JsonObject]", desk.run("playbooks", "effects", "--state", "sent", "--json").json["effects"])
    )
    said = desk.run("playbooks", "run", "weekly_figures", "--dry-run", "--json")
    (effect,) = cast("list[JsonObject]", said.json["effects"])
    assert effect["state"] == "draft"
    after = desk.run("playbooks", "effects", "--state", "sent", "--json").json["effects"]
    assert len(cast("list[JsonObject]", after)) == before


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("run", "weekly_figure"), 1, "weekly_figures"),
        (("run", "weekly_figures", "--set", "colum=x"), 2, "column"),
        (("run", "weekly_figures", "--set", "column"), 2, "KEY=VALUE"),
        (("run", "weekly_figures", "--set", "file=no.csv"), 0, "no such file"),
        (("run", "weekly_figures", "--set", "file=/etc/shadow-no"), 0, "no such file"),
        (("sources", "nowhere"), 1, "nowhere"),
        (("effects", "settle"), 2, "settle"),
        (("rules", "revoke", "r_x"), 1, "r_x"),
        (("rules", "add", "mail.sned"), 1, "mail.s"),
        (("new", "Bad Name"), 2, "price_watch"),
        (("export", "run_x"), 1, "run_x"),
    ],
)
def test_a_mistake_is_told_with_the_next_step(desk: Terminal, words: tuple[str, ...], code: int, says: str) -> None:
    said = desk.run("playbooks", *words)
    assert (said.code, says in said.out + said.err) == (code, True), said


def test_a_rule_is_signed_listed_and_taken_back(desk: Terminal) -> None:
    rule = ("rules", "add", "memory.save", "--template", "text=Weekly *", "--yes")
    assert desk.run("playbooks", *rule).code == 0
    listed = cast("list[JsonObject]", desk.run("playbooks", "rules", "--json").json["rules"])
    assert [one["tool"] for one in listed] == ["memory.save"]
    assert desk.run("playbooks", "rules", "revoke", str(listed[0]["rule_id"])).code == 0
    assert "revoked" in desk.run("playbooks", "rules").out
