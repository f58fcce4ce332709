"""What every keeper of books owes the house, in memory, on SQLite or on Postgres.

    @pytest.mark.parametrize("claim", books_suite.CLAIMS, ids=lambda claim: claim.__name__)
    async def test_my_books_conform(claim, books):
        await claim(books)

`books` are fresh, empty `domain.books.Books`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from homarus.domain.books import Allowance, Books, Entry, StandingRule
from homarus.domain.findings import (
    ActionItem,
    Artifact,
    Claim,
    ClaimState,
    Effect,
    EffectState,
    Fact,
    FactValue,
    Grounds,
    Level,
    Snapshot,
)
from homarus.domain.sources import SourceState

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DAY = date(2026, 11, 20)
BooksClaim: TypeAlias = Callable[[Books], Awaitable[None]]


def _entry(number: int, value: FactValue = 1, step: str = "") -> Entry:
    grounds = Grounds(how="SELECT 'ü'", span=(1, 2), low=0.5, rows=3)
    fact = Fact(fact_id=f"f{number}", name=f"n{number}", value=value, unit="EUR", grounds=grounds)
    return Entry(fact=fact, step=step)


def _effect(key: str = "run:post", *, cost: float = 0.0) -> Effect:
    return Effect(
        effect_id=f"ef_{key}",
        idempotency_key=key,
        run="run",
        kind="mail.send",
        target="Ann",
        payload_sha256="ab",
        payload={"to": ["ann@example.org"], "n": 1},
        level=Level.OTHERS,
        state=EffectState.DRAFT,
        cost_usd=cost,
        changed_at=AT,
    )


async def facts_come_back_as_they_were(books: Books) -> None:
    """In the order of their numbers, with their types."""
    entries = (_entry(2, 1.5), _entry(10, "words", "step"), _entry(1, value=True), _entry(3, 4))
    await books.findings.put_facts("run", entries)
    found = await books.findings.facts("run")
    assert found == tuple(sorted(entries, key=lambda one: int(one.fact.fact_id[1:])))
    assert [type(one.fact.value) for one in found] == [bool, float, int, str]
    assert await books.findings.facts("other") == ()


async def a_fact_is_never_rewritten(books: Books) -> None:
    """The first one with an id stays."""
    await books.findings.put_facts("run", (_entry(1, 1),))
    await books.findings.put_facts("run", (_entry(1, 2),))
    assert [one.fact.value for one in await books.findings.facts("run")] == [1]


async def claims_of_a_step_take_each_others_place(books: Books) -> None:
    """A second try of a step leaves nothing of the first, and keeps its place."""
    claims = [Claim(claim_id=f"c{n}", text=f"{n} “x”", state=ClaimState.REJECTED, because="f") for n in range(3)]
    await books.findings.put_claims("run", "a", claims[:2])
    await books.findings.put_claims("run", "b", claims[2:])
    await books.findings.put_claims("run", "a", claims[:1])
    assert [one.claim_id for one in await books.findings.claims("run")] == ["c0", "c2"]


async def a_snapshot_is_as_it_was_first_read_in_a_run(books: Books) -> None:
    """And by its hash, as it was read last."""
    first = Snapshot(sha256="ab", url="https://a", fetched_at=AT, title="A")
    later = replace(first, fetched_at=AT + timedelta(hours=1))
    assert await books.findings.put_snapshot("run", first) == first
    assert await books.findings.put_snapshot("run", later) == first
    assert await books.findings.put_snapshot("next", later) == later
    assert await books.findings.snapshots("run") == (first,)
    assert await books.findings.snapshot("ab") == later
    assert await books.findings.snapshot("cd") is None


async def an_artifact_of_a_name_is_the_last_one(books: Books) -> None:
    """In the order in which names first came."""
    one = Artifact(name="report.md", sha256="a", media_type="text/markdown", size_bytes=1)
    other = replace(one, name="map.svg")
    for artifact in (one, other, replace(one, sha256="b")):
        await books.findings.put_artifact("run", artifact)
    assert [(a.name, a.sha256) for a in await books.findings.artifacts("run")] == [("report.md", "b"), ("map.svg", "a")]


async def an_effect_is_drafted_once(books: Books) -> None:
    """The second draft finds the first, whatever it says."""
    first = await books.outgoing.draft(_effect())
    again = await books.outgoing.draft(replace(_effect(), target="Bob"))
    assert (first, again) == (_effect(), _effect())
    assert await books.outgoing.effect("ef_run:post") == _effect()
    assert await books.outgoing.effect("nowhere") is None


async def an_effect_moves_only_from_where_it_is(books: Books) -> None:
    """Whoever is late sees what it is by now."""
    await books.outgoing.draft(_effect())
    sending = replace(_effect(), state=EffectState.SENDING)
    assert (await books.outgoing.move(sending, was=EffectState.APPROVED)).state is EffectState.DRAFT
    assert (await books.outgoing.move(sending, was=EffectState.DRAFT)).state is EffectState.SENDING
    sent = replace(sending, state=EffectState.SENT, remote_id="7")
    results = await asyncio.gather(*(books.outgoing.move(sent, was=EffectState.SENDING) for _ in range(3)))
    assert {one.remote_id for one in results} == {"7"}


async def effects_are_found_by_run_and_state(books: Books) -> None:
    """The newest change first."""
    await books.outgoing.draft(_effect("run:a"))
    late = replace(_effect("run:b"), changed_at=AT + timedelta(minutes=1), state=EffectState.UNKNOWN)
    await books.outgoing.draft(late)
    await books.outgoing.draft(replace(_effect("next:c"), run="next"))
    assert [one.idempotency_key for one in await books.outgoing.effects(run="run")] == ["run:b", "run:a"]
    assert await books.outgoing.effects(states=(EffectState.UNKNOWN,)) == (late,)
    assert len(await books.outgoing.effects(limit=1)) == 1


async def a_rule_lets_no_more_go_than_it_allows_a_day(books: Books) -> None:
    """Also when many ask at once; what failed leaves room again, and so does the next day."""
    ready = [replace(_effect(f"run:{n}"), state=EffectState.APPROVED, approval="rule:r") for n in range(6)]
    for one in ready:
        await books.outgoing.draft(replace(one, state=EffectState.DRAFT, approval=""))
    allowance = Allowance(day=DAY, per_day=2)
    went = await asyncio.gather(*(books.outgoing.approve(one, allowance=allowance) for one in ready))
    assert (sum(went), await books.outgoing.used("rule:r", day=DAY)) == (2, 2)
    gone = ready[went.index(True)]
    await books.outgoing.move(replace(gone, state=EffectState.FAILED), was=EffectState.APPROVED)
    late = ready[went.index(False)]
    assert await books.outgoing.approve(late, allowance=allowance)
    more = next(one for one, did in zip(ready, went, strict=True) if not did and one is not late)
    assert not await books.outgoing.approve(more, allowance=allowance)
    assert await books.outgoing.approve(more, allowance=Allowance(day=DAY + timedelta(days=1), per_day=2))


async def money_is_counted_over_everything_of_a_day(books: Books) -> None:
    """Whatever let it go."""
    for n in range(3):
        draft = await books.outgoing.draft(_effect(f"run:{n}", cost=0.2))
        ready = replace(draft, state=EffectState.APPROVED, approval=f"approval:{n}")
        assert await books.outgoing.approve(ready, allowance=Allowance(day=DAY, usd_per_day=0.4)) is (n < 2)


async def only_a_draft_is_approved(books: Books) -> None:
    """Approving twice is not two approvals."""
    ready = replace(await books.outgoing.draft(_effect()), state=EffectState.APPROVED, approval="a")
    assert await books.outgoing.approve(ready, allowance=Allowance(day=DAY))
    assert not await books.outgoing.approve(ready, allowance=Allowance(day=DAY))


async def a_watermark_moves_only_from_where_it_was(books: Books) -> None:
    """Of each playbook and source for itself; a late reader does not put it back."""
    readings = books.readings
    assert await readings.watermark("brief", "mail") is None
    assert await readings.advance("brief", "mail", was=None, now={"uid": 5, "validity": 1}, at=AT)
    assert not await readings.advance("brief", "mail", was=None, now={"uid": 3}, at=AT)
    assert await readings.advance("brief", "mail", was={"validity": 1, "uid": 5}, now={"uid": 9}, at=AT)
    assert not await readings.advance("brief", "mail", was={"uid": 5, "validity": 1}, now={"uid": 6}, at=AT)
    assert await readings.watermark("brief", "mail") == {"uid": 9}
    assert await readings.watermark("research", "mail") is None


async def a_watermark_goes_back_only_from_where_a_run_left_it(books: Books) -> None:
    """A later run that has read further keeps what it has."""
    readings = books.readings
    await readings.advance("brief", "mail", was=None, now={"uid": 5}, at=AT)
    await readings.advance("brief", "mail", was={"uid": 5}, now={"uid": 9}, at=AT)
    assert not await readings.give_back("brief", "mail", was=None, now={"uid": 5})
    assert await readings.give_back("brief", "mail", was={"uid": 5}, now={"uid": 9})
    assert await readings.watermark("brief", "mail") == {"uid": 5}
    assert await readings.give_back("brief", "mail", was=None, now={"uid": 5})
    assert await readings.watermark("brief", "mail") is None


async def a_source_that_was_never_read_is_unknown(books: Books) -> None:
    """And one that was, is as it was last."""
    assert await books.readings.state("mail") == SourceState(name="mail")
    state = SourceState(name="mail", last_ok=AT, last_error="ü", counts={"items": 3})
    await books.readings.put_state(state)
    assert await books.readings.state("mail") == state


async def notes_are_kept_by_playbook_and_kind(books: Books) -> None:
    """The last one of a key counts; what is dropped is gone."""
    for key, n in (("b", 1), ("a", 2), ("b", 3)):
        await books.notebook.put("research", "price", key, {"n": n})
    await books.notebook.put("board", "price", "c", {})
    assert dict(await books.notebook.all("research", "price")) == {"a": {"n": 2}, "b": {"n": 3}}
    assert await books.notebook.drop("research", "price", "a")
    assert not await books.notebook.drop("research", "price", "a")


async def rules_are_kept_in_the_order_in_which_they_were_made(books: Books) -> None:
    """Changed ones stand where they stood."""
    old = StandingRule(rule_id="r_2", tool="mail.send", recipients=("a@b.c",), template={"n": 1}, made_at=AT)
    new = StandingRule(rule_id="r_1", tool="mail.send", made_at=AT + timedelta(days=1))
    for rule in (new, old, replace(old, per_day=3)):
        await books.rules.put(rule)
    assert [(rule.rule_id, rule.per_day) for rule in await books.rules.rules()] == [("r_2", 3), ("r_1", 1)]
    assert await books.rules.rule("r_1") == new
    assert await books.rules.rule("r_3") is None


async def an_item_is_the_same_over_days(books: Books) -> None:
    """It keeps when it was first seen, and stays done."""
    item = ActionItem(key="reply:4711", title="Reply", because="asked", urgency=5)
    await books.items.see("run", item, at=AT)
    await books.items.see("run", ActionItem(key="b", title="B", because=""), at=AT)
    assert [one.key for one in await books.items.open_items()] == ["reply:4711", "b"]
    ticked = await books.items.tick("reply:4711", is_done=True, at=AT)
    assert ticked is not None
    again = await books.items.see("next", replace(item, title="Still"), at=AT + timedelta(days=1))
    assert (again.first_seen, again.is_done, again.title) == (AT, True, "Still")
    assert [one.key for one in await books.items.open_items()] == ["b"]
    assert await books.items.done() == ("reply:4711",)
    assert await books.items.item("b") == (await books.items.open_items())[0]
    assert await books.items.item("nowhere") is None
    assert await books.items.tick("nowhere", is_done=True, at=AT) is None


CLAIMS = (
    facts_come_back_as_they_were,
    a_fact_is_never_rewritten,
    claims_of_a_step_take_each_others_place,
    a_snapshot_is_as_it_was_first_read_in_a_run,
    an_artifact_of_a_name_is_the_last_one,
    an_effect_is_drafted_once,
    an_effect_moves_only_from_where_it_is,
    effects_are_found_by_run_and_state,
    a_rule_lets_no_more_go_than_it_allows_a_day,
    money_is_counted_over_everything_of_a_day,
    only_a_draft_is_approved,
    a_watermark_moves_only_from_where_it_was,
    a_watermark_goes_back_only_from_where_a_run_left_it,
    a_source_that_was_never_read_is_unknown,
    notes_are_kept_by_playbook_and_kind,
    rules_are_kept_in_the_order_in_which_they_were_made,
    an_item_is_the_same_over_days,
)
