from pathlib import Path

import pytest

from homarus.domain.errors import ConfigError
from homarus.playbooks.board.roster import SHIPPED, parsed, shipped, visible
from homarus.playbooks.board.tables.shapes import Column, Kind, Table

EXAMPLES = Path(__file__).parents[3] / "examples" / "boards"
SEATS = ",\n".join(f'    {{name: "expert-{number}", role: "You look at things."}}' for number in range(5))
GOOD = f'{{\n  title: "Five",\n  // a remark, with {{brackets}} and "quotes"\n  experts: [\n{SEATS},\n  ],\n}}\n'


@pytest.mark.parametrize("name", ["business", "legal", "health", "real-estate"])
def test_what_is_shipped_seats_eight_who_all_have_something_to_answer(name: str) -> None:
    text = (SHIPPED / f"{name}.json5").read_text(encoding="utf-8")
    roster = parsed(text, name)

    assert len(roster.experts) == 8
    assert all(expert.answers and expert.looks_at for expert in roster.experts)
    assert roster.experts[-1].name == "contrarian"
    assert text == (EXAMPLES / f"{name}.json5").read_text(encoding="utf-8")


def test_the_examples_are_those_that_are_shipped() -> None:
    assert shipped() == tuple(sorted(path.stem for path in EXAMPLES.glob("*.json5")))


@pytest.mark.parametrize("name", ["legal", "health"])
def test_boards_of_law_and_health_stay_at_home_and_say_what_they_are_not(name: str) -> None:
    roster = parsed((SHIPPED / f"{name}.json5").read_text(encoding="utf-8"), name)

    assert roster.local_only
    assert "comes from no" in roster.notice


def test_five_experts_are_enough() -> None:
    assert len(parsed(GOOD, "mine.json5").experts) == 5


@pytest.mark.parametrize(
    ("old", "new", "line", "match"),
    [
        ('"expert-3"', '"Expert 3"', 8, "experts.3.name"),
        ('name: "expert-2", role', 'name: "expert-2", rolle', 7, "experts.2"),
        ('"expert-4", role: "You look at things."', '"expert-4", role: "You look.", looksAt: []', 9, "looks"),
        ('"expert-1"', '"expert-0"', 4, "two experts|Two experts"),
        ('title: "Five"', "title: 5", 2, "title"),
        ('title: "Five",', 'title: "Five", colour: 1,', 2, "colour"),
        ("experts: [", "experts: [{],", 4, "JSON5"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, match: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=match) as wrong:
        parsed(GOOD.replace(old, new), "mine.json5")

    assert f"'mine.json5', line {line}" in wrong.value.message or match.startswith("two")
    assert wrong.value.hint


def test_an_expert_sees_what_its_globs_name() -> None:
    columns = tuple(Column(name=name, title=name, kind=Kind.NUMBER) for name in ("total", "shipping"))
    tables = [Table(name=name, source=name, sha256="x", rows=1, columns=columns) for name in ("shop_orders", "bank")]
    text = GOOD.replace('"expert-0", role', '"expert-0", looksAt: ["shop*.total", "nothing"], role')
    expert = parsed(text, "mine.json5").experts[0]

    assert visible(expert, tables) == {"shop_orders": ["total"]}
