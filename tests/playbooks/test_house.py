from dataclasses import replace

import pytest
from pydantic import BaseModel

from homarus.domain.content import JsonObject
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.findings import EffectState, Grounds, Level
from homarus.domain.labels import HOUSE
from homarus.domain.playbooks import BadAnswerError, House, LimitReachedError
from homarus.domain.ports import Parked
from homarus.domain.sources import Item, NoDataError
from homarus.playbooks.core.house import PlaybookHouse, opened
from homarus.testing.playbooks import FakeBlobs, FakeSource, PlaybookWorld, approved
from homarus.testing.run import Killed
from playbooks.opening import NoSettings, open_house

pytestmark = pytest.mark.anyio


class Opinion(BaseModel):
    verdict: str
    confidence: float = 0.5


def test_it_is_what_playbooks_are_given() -> None:
    def given(house: House[NoSettings]) -> None: ...

    def made(house: PlaybookHouse[NoSettings]) -> None:
        given(house)

    assert made


async def test_a_step_happens_once_whatever_happens_to_the_process() -> None:
    world, ran = PlaybookWorld(), list[str]()

    async def look() -> JsonObject:
        ran.append("look")
        return {"n": len(ran)}

    for _ in range(2):
        house = await open_house(world, NoSettings())
        assert await house.step("look", look) == {"n": 1}


async def test_a_key_is_used_once_in_a_run() -> None:
    house = await open_house(PlaybookWorld(answers={"*": {"verdict": "yes"}}), NoSettings())
    await house.agent("a", "?", shape=Opinion)

    with pytest.raises(UsageError, match="'a' twice"):
        await house.agent("a", "?", shape=Opinion)


async def test_a_role_answers_in_the_shape_and_is_asked_once() -> None:
    world = PlaybookWorld(answers={"lawyer": {"verdict": "no"}})
    for _ in range(2):
        house = await open_house(world, NoSettings())
        answered = await house.agent("opinion:law", "May we?", shape=Opinion, role="lawyer")
        assert (answered.value.verdict, answered.is_repaired) == ("no", False)

    assert len(world.speaking.asked) == 1


async def test_a_second_try_tells_what_was_wrong_with_the_first() -> None:
    world = PlaybookWorld(answers={"lawyer": ["I think no.", '```json\n{"verdict": "no",}\n```']})
    house = await open_house(world, NoSettings())
    answered = await house.agent("law", "May we?", shape=Opinion, role="lawyer")

    assert (answered.value.verdict, answered.is_repaired) == ("no", True)
    assert "no JSON object" in world.speaking.asked[1].text


async def test_two_bad_answers_are_an_error_at_every_replay() -> None:
    world = PlaybookWorld(answers={"*": "I do not know."})
    for _ in range(2):
        house = await open_house(world, NoSettings())
        with pytest.raises(BadAnswerError, match="twice"):
            await house.agent("law", "May we?", shape=Opinion)

    assert len(world.speaking.asked) == 2


async def test_facts_keep_their_ids_when_branches_run_in_another_order() -> None:
    world = PlaybookWorld()
    first = await open_house(world, NoSettings())
    a, b = await first.fact("a", 1), await first.fact("b", 2)
    await first.close()
    again = await open_house(world, NoSettings())

    assert (await again.fact("b", 2), await again.fact("a", 1.0)) == (b, a)
    assert [fact.fact_id for fact in again.facts()] == ["f2", "f1"]


async def test_facts_of_a_step_are_there_when_it_is_not_done_again() -> None:
    world = PlaybookWorld()

    async def count(house: PlaybookHouse[NoSettings]) -> None:
        async def do() -> JsonObject:
            await house.fact("mails", 12)
            return {}

        await house.step("count", do)

    await count(await open_house(world, NoSettings()))
    again = await open_house(world, NoSettings())
    assert again.facts() == ()
    await count(again)
    assert [fact.value for fact in again.facts()] == [12]


async def test_a_watermark_moves_when_the_items_are_journaled() -> None:
    source = FakeSource("imap", [Item(key="1", kind="mail", title="One")])
    world = PlaybookWorld(sources={"mail": source})
    world.run.die_after.add("mails")
    with pytest.raises(Killed):
        await (await open_house(world, NoSettings())).source("mails", "mail")
    assert await world.books.readings.watermark("test", "mail") is None

    house = await open_house(world, NoSettings())
    assert len((await house.source("mails", "mail")).items) == 1
    world.next_run("run_2")
    assert (await (await open_house(world, NoSettings())).source("mails", "mail")).items == ()


async def test_a_run_that_failed_gives_back_what_it_read() -> None:
    world = PlaybookWorld(sources={"mail": FakeSource("imap", [Item(key="1", kind="mail", title="One")])})
    house = await open_house(world, NoSettings())
    await house.source("mails", "mail")
    await house.give_back()
    world.next_run("run_2")

    assert len((await (await open_house(world, NoSettings())).source("mails", "mail")).items) == 1


async def test_a_broken_source_is_no_data_and_says_what_helps() -> None:
    source = FakeSource("imap")
    source.broken = "The password is wrong."
    house = await open_house(PlaybookWorld(sources={"mail": source}), NoSettings())

    with pytest.raises(NoDataError, match="password"):
        await house.source("mails", "mail")


async def test_nothing_is_written_about_nothing() -> None:
    house = await open_house(PlaybookWorld(), NoSettings())

    with pytest.raises(NoDataError, match="not one fact"):
        await house.checked("text", "Revenue was 12 EUR.")


async def test_the_same_step_of_a_run_that_is_done_again_throws_the_same_dice() -> None:
    seeds: list[list[int | None]] = []
    for run_id, seed in (("run_1", 7), ("run_2", 7), ("run_3", 8)):
        world = PlaybookWorld(answers={"*": {"verdict": "yes"}}, run_id=run_id)
        house = await opened(replace(world.play("test"), seed=seed), world.ports(), NoSettings())
        for step in ("one", "two"):
            await house.agent(step, "Well?", shape=Opinion)
        seeds.append([ask.seed for ask in world.speaking.asked])

    assert seeds[0] == seeds[1] != seeds[2]
    assert len(set(seeds[0])) == 2
    assert all(seed is not None and 0 <= seed < 2**31 for seed in seeds[0])


async def test_a_branch_that_waits_for_its_turn_begins_nothing_when_another_one_ends_the_run() -> None:
    world, begun = PlaybookWorld(), list[str]()
    house = await open_house(world, NoSettings())

    async def broken() -> None:
        raise Killed("one")

    async def other() -> None:
        begun.append("other")

    with pytest.raises(Killed):
        await house.parallel([broken, other, other], at_once=1)
    assert begun == []


class CountedBlobs(FakeBlobs):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def get(self, digest: str, /) -> bytes:
        self.asked.append(digest)
        return await super().get(digest)


async def test_a_text_that_sentences_quote_is_read_once_for_all_checks() -> None:
    world = PlaybookWorld()
    world.blobs = blobs = CountedBlobs()
    house = await open_house(world, NoSettings())
    page = await house.keep(b"Bob rated 4.5 of 5.", url="https://a.example/", label=HOUSE)
    await house.fact("rating", 4.5, grounds=Grounds(snapshot=page.sha256))

    for number in range(3):
        assert (await house.checked(f"text {number}", "The page says “Bob rated”.")).text
    assert blobs.asked.count(page.sha256) == 1


async def test_an_effect_on_others_waits_for_the_owner_and_happens_once() -> None:
    world = PlaybookWorld()
    house = await open_house(world, NoSettings())
    with pytest.raises(Parked) as wait:
        await house.effect("post", "social.post", {"text": "Hi"}, target="everybody", level=Level.OTHERS)
    effect = (await world.books.outgoing.effects())[0]
    await world.run.decide(wait.value.topic, approved(effect.payload_sha256))

    for _ in range(2):
        house = await open_house(world, NoSettings())
        done = await house.effect("post", "social.post", {"text": "Hi"}, target="everybody", level=Level.OTHERS)
        assert done.state is EffectState.SENT
    assert len(world.acting.used) == 1


async def test_branches_give_results_or_errors_in_their_order() -> None:
    house = await open_house(PlaybookWorld(), NoSettings())

    async def fine() -> int:
        return 1

    async def broken() -> int:
        raise NotFoundError("no", hint="no")

    results = await house.parallel([fine, broken, fine])
    assert (results[0], type(results[1]), results[2]) == (1, NotFoundError, 1)


async def test_a_limit_passes_through_branches() -> None:
    world = PlaybookWorld(answers={"*": {"verdict": "yes"}})
    house = await open_house(world, NoSettings())
    world.purse.is_late = True

    async def branch() -> Opinion:
        return (await house.agent("a", "?", shape=Opinion)).value

    with pytest.raises(LimitReachedError):
        await house.parallel([branch])
