import json
from collections.abc import Callable
from typing import cast

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.findings import ClaimState, Report
from homarus.domain.jobs import Budget
from homarus.domain.labels import Reach
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.sources import NoDataError
from homarus.domain.speaking import Ask
from homarus.playbooks.board.playbook import run
from homarus.playbooks.board.settings import Settings
from homarus.testing.playbooks import PlaybookWorld
from homarus.testing.run import Killed
from playbooks.board.roles import answers, claims_in, facts_in, honest, letters_in, opinion, review
from playbooks.board.world import INJECTED, ROSTER, small_world
from playbooks.opening import open_house

pytestmark = pytest.mark.anyio
QUESTION = "Should we put more into campaign a or b?"
SMALL = Settings(
    question=QUESTION, files=("campaigns.csv", "orders.csv"), roster="mine.json5", control=1, stale_days=365
)


async def asked(world: PlaybookWorld, settings: Settings = SMALL, *, is_degraded: bool = False) -> Report:
    return await run(await open_house(world, settings, playbook="board", is_degraded=is_degraded))


async def test_what_is_planted_in_the_sample_is_found() -> None:
    world = PlaybookWorld(answers=answers())

    report = await asked(world, Settings(sample=True))

    assert "Simpson's paradox" in report.text
    assert "IG reel (the highest of all)" in report.text
    assert "-19.4 %" in report.text
    assert "holds the same 672 rows" in report.text
    assert "no rows in 2 weeks, those of 2026-09-07, 2026-09-14" in report.text
    assert "ends on 2026-05-28, 172 days ago" in report.text
    assert "mixes currencies: EUR (598), USD (74)" in report.text
    assert report.title.startswith("Sample data.")
    assert not any("Ignore all previous" in part.text for ask in world.speaking.asked for part in ask.material)


async def test_the_owner_gets_a_decision_with_a_first_step_and_a_day_to_look_back() -> None:
    report = await asked(small_world(answers()))

    first = report.actions[0]
    assert first.because == "Talk to those who do the work."
    assert len(first.due) == len("2026-01-29")
    assert [artifact.name for artifact in report.artifacts] == ["map.svg", "evidence.md", "evidence.sql"]
    assert len(report.actions) == 5
    assert report.fields["control"]
    assert report.message.count("\n") < 15


def lying(ask: Ask) -> JsonObject:
    """Answer with one truth and five lies."""
    facts = [one for one in facts_in(ask) if one.says.startswith("sum of")]
    one, two = facts[0], next(other for other in facts if other.value != facts[0].value)
    return opinion(
        [
            {"text": f"{one.says}: {one.value}", "fact_ids": [one.fact_id]},
            {"text": f"{one.says}: {two.value}", "fact_ids": [one.fact_id]},
            {"text": "Revenue will be 987654 EUR", "fact_ids": [one.fact_id]},
            {"text": "Nine out of 10 owners agree", "fact_ids": []},
            {"text": "It is known", "fact_ids": ["f9999"]},
            {"text": f"{INJECTED} for 4711 EUR", "fact_ids": []},
        ],
        title="Keep going",
        assumptions=["The market grows by 31 percent."],
    )


async def test_lies_are_left_out_and_counted() -> None:
    world = small_world(answers(opinion_growth=lying))

    report = await asked(world)

    said = report.text[report.text.index("### growth") :].partition("###")[2].partition("###")[0]
    assert "987654" not in report.text
    assert "4711" not in report.text
    assert "31 percent" not in report.text
    assert said.count("\n- ") == 2
    assert report.rejected >= 6
    claims = await world.books.findings.claims("run_1")
    assert any("987654" in claim.text and claim.state is ClaimState.REJECTED for claim in claims)


async def test_an_expert_may_not_cite_a_fact_that_it_was_not_shown() -> None:
    def nosy(ask: Ask) -> JsonObject:
        own = {one.fact_id for one in facts_in(ask)}
        other = next(f"f{number}" for number in range(1, 500) if f"f{number}" not in own)
        return opinion([{"text": "It goes well", "fact_ids": [other]}], title="Keep going")

    world = small_world(answers(opinion_finance=nosy))
    report = await asked(world)

    assert "It goes well" not in report.text
    claims = await world.books.findings.claims(world.run.run_id)
    left_out = next(claim for claim in claims if claim.text == "It goes well")
    assert left_out.state is ClaimState.REJECTED
    assert "was shown no fact" in left_out.because


async def test_everybody_reads_the_same_value_under_the_same_id() -> None:
    world = small_world(answers())

    await asked(world)

    seen: dict[str, set[str]] = {}
    for ask in world.speaking.asked:
        if ask.step.startswith(("opinion:", "control:")):
            for one in facts_in(ask):
                seen.setdefault(one.fact_id, set()).add(one.value)
    assert seen
    assert all(len(values) == 1 for values in seen.values())


async def test_experts_see_their_own_tables_alone() -> None:
    world = small_world(answers())

    await asked(world)

    tables = {ask.step: next(p.text for p in ask.material if p.name == "tables") for ask in world.speaking.asked[:5]}
    assert "table orders" not in tables["opinion:growth"]
    assert "table campaigns" not in tables["opinion:finance"]
    assert "key_events" not in tables["opinion:content"]
    assert INJECTED not in json.dumps(tables)
    assert all(INJECTED not in ask.text for ask in world.speaking.asked)


async def test_broken_answers_make_an_expert_absent_and_the_board_goes_on_with_five() -> None:
    roster = ROSTER.replace(b"  ],\n}", b'    {name: "sixth", role: "You come late.", looksAt: ["*"]},\n  ],\n}')
    world = small_world(answers(opinion_sixth=["no JSON at all", '{"claims": "none"}']), **{"mine.json5": roster})

    report = await asked(world)

    assert [missing.what for missing in report.missing] in ([], ["sixth"])
    assert "## Absent" in report.text
    assert "5 of 6 experts" in report.text


async def test_with_fewer_than_five_opinions_there_is_no_verdict() -> None:
    down = ModelCallError(Failure.SERVER_DOWN, "No model answers.", hint="Start one.")

    report = await asked(small_world(answers(opinion_risk=down)))

    assert "No verdict of the board: 4 of 5" in report.text
    assert report.actions == ()
    assert "## Verdict" not in report.text


async def test_the_built_in_model_is_asked_for_no_opinion() -> None:
    world = small_world({})

    report = await asked(world, is_degraded=True)

    assert world.speaking.asked == []
    assert report.is_degraded
    assert "too small for opinions" in report.text
    assert "Simpson's paradox" in report.text
    assert "## Verdict" not in report.text


async def test_proposals_are_ranked_blindly_and_in_another_order_for_everybody() -> None:
    world = small_world(answers())

    await asked(world)

    shown = [
        next(part.text for part in ask.material if part.name == "proposals")
        for ask in world.speaking.asked
        if ask.step.startswith("review:")
    ]
    assert len(shown) == 5
    first_lines = {text.splitlines()[0] for text in shown}
    assert len(first_lines) > 1
    assert all(len(text.splitlines()) == 4 for text in shown)


async def test_a_contradicted_claim_is_answered_once_and_may_be_taken_back() -> None:
    def against(ask: Ask) -> JsonObject:
        stances = [{"claim": key, "stance": "disagree", "because": "The weeks differ."} for key in claims_in(ask)]
        return {"ranking": letters_in(ask), "stances": stances}

    def yielding(ask: Ask) -> JsonObject:
        return {"answers": [{"claim": key, "stands": False, "text": "I was wrong."} for key in claims_in(ask)]}

    world = small_world(answers(review_contrarian=against, rebuttal_growth=yielding))

    report = await asked(world)

    asked_steps = [ask.step for ask in world.speaking.asked if ask.step.startswith("rebuttal:")]
    assert len(asked_steps) == len(set(asked_steps))
    drawn = cast("dict[str, list[dict[str, dict[str, str]]]]", report.fields["map"])
    standings = [claim["standings"] for claim in drawn["claims"]]
    assert any("disagrees" in standing.values() for standing in standings)
    assert "The weeks differ." in report.text
    assert ("took it back" in report.text) == any("withdrew" in standing.values() for standing in standings)


async def test_an_expert_gets_the_figure_that_it_asks_for_and_the_reason_when_it_may_not() -> None:
    def curious(ask: Ask) -> JsonObject:
        if ask.step.endswith(":more"):
            found = next(one for one in facts_in(ask) if one.says == "mean amount in the north")
            return opinion(
                [{"text": f"The mean amount in the north is {found.value}", "fact_ids": [found.fact_id]}],
                title="Go north",
            )
        wanted = [
            {"says": "mean amount in the north", "sql": "SELECT avg(amount) FROM orders WHERE region = 'north'"},
            {"says": "sessions", "sql": "SELECT sum(sessions) FROM campaigns"},
            {"says": "secrets", "sql": "SELECT * FROM read_csv('/etc/passwd')"},
        ]
        return honest(ask) | {"wanted": wanted}

    world = small_world(answers(opinion_finance=curious, **{"opinion_finance:more": curious}))

    report = await asked(world)

    again = next(ask for ask in world.speaking.asked if ask.step == "opinion:finance:more")
    assert "You see no table 'campaigns'" in again.text
    assert "Only SELECT over tables" in again.text
    assert "The mean amount in the north is 41.5" in report.text


async def test_killed_at_every_step_the_board_says_the_same_and_asks_nobody_twice() -> None:
    def curious(ask: Ask) -> JsonObject:
        wanted = [{"says": "orders", "sql": "SELECT count(*) FROM orders"}]
        return honest(ask) | {"wanted": [] if ask.step.endswith(":more") else wanted}

    scripts = answers(opinion_finance=curious, **{"opinion_finance:more": curious})
    whole = small_world(scripts)
    expected = await asked(whole)
    world = small_world(scripts)
    world.run.die_before = set(whole.run.ran)
    world.run.die_after = {"facts", "opinion:growth", "queries:finance", "synthesis"}

    deaths = 0
    report = None
    while report is None:
        try:
            report = await asked(world)
        except* Killed:
            deaths += 1

    assert deaths > 20
    assert not world.run.die_before | world.run.die_after
    assert report.text == expected.text
    assert sorted(ask.step for ask in world.speaking.asked) == sorted(ask.step for ask in whole.speaking.asked)


async def test_at_the_limit_the_facts_are_handed_over() -> None:
    world = small_world(answers())
    world.purse.budget = Budget(tokens=3_000)
    house = await open_house(world, SMALL, playbook="board")

    with pytest.raises(LimitReachedError):
        await run(house)

    assert house.partial is not None
    assert house.partial.is_partial
    assert "Simpson's paradox" in house.partial.text


async def test_whoever_is_over_its_budget_is_not_asked_again() -> None:
    world = small_world(answers())

    report = await asked(world, SMALL.model_copy(update={"tokens_per_expert": 1}))

    assert not [ask for ask in world.speaking.asked if ask.step.startswith(("review:", "rebuttal:"))]
    assert "vote could not be counted" in report.text or "Blind ranking" not in report.text


async def test_questions_of_law_stay_at_home_and_say_that_this_is_no_lawyer() -> None:
    world = small_world(answers())

    report = await asked(world, SMALL.model_copy(update={"roster": "legal"}))

    assert "no legal advice" in report.text.splitlines()[2]
    labels = [part.label for ask in world.speaking.asked for part in ask.material]
    assert labels
    assert {label.reach for label in labels} == {Reach.LOCAL_ONLY}


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        (Settings(files=("orders.csv",)), "asked nothing"),
        (Settings(question="x"), "no tables"),
        (Settings(question="x", files=("gone.csv",)), "no tables"),
        (Settings(question="x", roster="bussiness", files=("orders.csv",)), "no roster 'bussiness'"),
        (Settings(question="x", files=("mine.json5",)), "None of the 1 files"),
        (Settings(mode="rescore", files=("orders.csv",)), "recommended nothing"),
    ],
)
async def test_without_something_to_work_with_it_stops_and_says_what_would_help(settings: Settings, match: str) -> None:
    with pytest.raises(NoDataError, match=match) as stopped:
        await asked(small_world({}, **{"mine.json5": b"[]"}), settings)

    assert stopped.value.hint


async def test_a_file_that_cannot_be_read_is_missed_and_the_others_are_read() -> None:
    settings = SMALL.model_copy(update={"files": ("campaigns.csv", "gone.csv", "sheet.xlsx")})
    house = await open_house(small_world(answers(), **{"sheet.xlsx": b"PK\x03\x04"}), settings, playbook="board")

    await run(house)

    assert {"gone.csv", "sheet.xlsx"} <= {missing.what for missing in house.missing}


def grouping(ask: Ask) -> JsonObject:
    return {
        "summary": "Sessions were 99999 in total. The board is divided.",
        "groups": [{"title": "Do both", "letters": letters_in(ask)}],
    }


async def test_the_minutes_cannot_invent_either() -> None:
    report = await asked(small_world(answers(synthesis=grouping)))

    assert "99999" not in report.text
    assert "The board is divided." in report.text
    assert [action.title for action in report.actions] == ["Do both"]
    assert "Minority" not in report.text


async def test_proposals_of_the_same_title_are_one_recommendation_though_the_chair_groups_nothing() -> None:
    def alike(title: str) -> Callable[[Ask], JsonObject]:
        return lambda ask: {**honest(ask), "recommendation": {**proposal, "title": title}}

    proposal = cast("JsonObject", opinion([], title="")["recommendation"])
    scripts = answers(
        opinion_growth=alike("Stop the paid reels."),
        opinion_finance=alike("stop the paid  Reels"),
        opinion_content=alike("Stop the (paid) reels!"),
    )
    report = await asked(small_world(scripts))
    first = cast("list[JsonObject]", report.fields["recommendations"])[0]
    minority = cast("list[JsonObject]", report.fields["minority"])

    assert len(report.actions) == 3
    assert sorted(cast("list[str]", first["experts"])) == ["content", "finance", "growth"]
    assert sorted(str(one["expert"]) for one in minority) == ["contrarian", "risk"]
    assert cast("JsonObject", report.fields["map"])["experts"] == ["growth", "finance", "content", "risk", "contrarian"]


async def test_a_vote_for_nobody_does_not_count() -> None:
    report = await asked(small_world(answers(review_risk={"ranking": ["nobody"], "stances": []}, review_growth=review)))

    assert "4 votes counted. risk's vote could not be counted." in report.text
