"""A standing rule covers what the owner signed, to the letter, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.books import StandingRule
from homarus.domain.content import Json, JsonObject
from homarus.policy.standing import HeadlessCall, coverage, fits, signed

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RULE = signed(
    StandingRule(
        rule_id="r_1",
        tool="mail.send",
        recipients=("ann@example.org", "*@team.example"),
        template={"subject": "Weekly *", "body": "*"},
        per_day=1,
        until=NOW + timedelta(days=1),
        playbook="briefing",
        made_at=NOW,
    ),
    at=NOW,
)
ARGUMENTS: dict[str, Json] = {"to": "ann@example.org", "subject": "Weekly figures", "body": "x"}


def covered(
    more: JsonObject | None = None, *, rule: StandingRule = RULE, tool: str = "mail.send", playbook: str = "briefing"
) -> bool:
    arguments: JsonObject = {key: value for key, value in {**ARGUMENTS, **(more or {})}.items() if value is not None}
    call = HeadlessCall(tool=tool, arguments=arguments, keys=frozenset({"to", "subject"}), playbook=playbook)
    found = coverage(call, [rule], now=NOW)
    assert found.because
    return found.rule is not None


def test_it_covers_what_it_says() -> None:
    assert covered()
    assert covered({"to": "Ann <ANN@example.org>, bob@team.example"})


@pytest.mark.parametrize(
    "more",
    [
        {"to": "eve@example.org"},
        {"to": "ann@example.org, eve@example.org"},
        {"to": "ann@example.org <eve@example.org>"},
        {"to": "eve@team.example.org"},
        {"to": "eve@evil@team.example"},
        {"to": "@team.example"},
        {"to": "ann@example.org\nbcc: eve@example.org"},
        {"to": "eve@evil.example <ann@example.org>"},
        {"to": "eve@evil.example(<bob@team.example>"},
        {"to": "eve:bob@team.example"},
        {"to": "ann@example.org; eve@evil.example"},
        {"to": "<eve@evil.example> <ann@example.org>"},
        {"to": "ann@e\u017fample.org"},
        {"to": "bob@\ufb01ve.team.example"},
        {"to": "ANN@EXAMPLE.OR\u0047\u200b"},
        {"to": ["ann@example.org", "eve@example.org"]},
        {"to": ["ann@example.org", 7]},
        {"to": ""},
        {"subject": "Daily figures"},
        {"subject": None},
        {"subject": 7},
        {"cc": "ann@example.org"},
        {"attachment": "/etc/passwd"},
    ],
)
def test_it_covers_nothing_else(more: dict[str, Json]) -> None:
    assert not covered(more)


def test_letters_that_only_look_or_fold_alike_are_somebody_else() -> None:
    rule = signed(replace(RULE, recipients=("*@gross.example", "kate@example.org")), at=NOW)
    assert covered({"to": "Jo@Gross.example"}, rule=rule)
    assert not covered({"to": "jo@gro\u00df.example"}, rule=rule)
    assert not covered({"to": "\u212aate@example.org"}, rule=rule)


@pytest.mark.parametrize("to", ["eve@evil.example, ann@team.example", "<eve@evil.example>ann@team.example"])
def test_a_star_in_an_address_is_one_name(to: str) -> None:
    rule = signed(replace(RULE, recipients=(), template={**RULE.template, "to": "*@team.example"}), at=NOW)
    assert covered({"to": "ann@team.example"}, rule=rule)
    assert not covered({"to": to}, rule=rule)


def test_another_tool_or_playbook_is_not_covered() -> None:
    assert not covered(tool="mail.forward")
    assert not covered(playbook="research")


@pytest.mark.parametrize(
    "rule",
    [
        replace(RULE, signed_at=None),
        replace(RULE, recipients=(*RULE.recipients, "eve@example.org")),
        replace(RULE, per_day=100),
        replace(RULE, revoked_at=NOW),
        signed(replace(RULE, until=NOW), at=NOW),
        replace(RULE, signature=""),
    ],
    ids=["unsigned", "changed", "more often", "revoked", "over", "no signature"],
)
def test_it_holds_only_as_it_was_signed(rule: StandingRule) -> None:
    assert not covered(rule=rule)


@given(st.text().filter(lambda text: "@" not in text), st.text())
def test_a_star_stands_for_any_words_and_nothing_else_does(before: str, after: str) -> None:
    head = before.replace("*", "")
    assert fits(f"{head}*", head + after)
    assert fits(head, after) is (head == after)
