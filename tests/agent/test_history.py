"""What a session remembers, whatever way its turns ended."""

import pytest
from agent_stage import WEB, Stage, calls, says, tool

from homarus.agent.history import SessionHistory
from homarus.domain import codec
from homarus.domain.acts import Risk
from homarus.domain.content import Image, Json
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.labels import OWNER
from homarus.domain.turns import Inbound, Reply
from homarus.testing.run import Killed

pytestmark = pytest.mark.anyio


async def test_a_reset_forgets_and_an_earlier_point_still_remembers(stage: Stage) -> None:
    stage.plays(says("a"), says("b"))
    await stage.hears("One")
    before = await stage.store.last_seq()
    await stage.store.append(NewEvent(kind=Kind.SESSION_RESET, session=stage.session))
    await stage.hears("Two")
    assert [message.text.split("\n")[0] for message in stage.models.requests[1].messages[1:]] == ["Two"]
    past = await SessionHistory(stage.store).past(stage.session, upto_seq=before)
    assert len(past.turns) == 1


async def test_a_turn_sees_nothing_that_came_after_it_began(stage: Stage) -> None:
    stage.plays(says("a"), says("b"))
    first = await stage.accepts("One")
    await stage.hears("Two")
    await first.play()
    assert len(stage.models.requests[1].messages) == 2


async def test_a_cached_past_is_the_same_as_a_fresh_one(stage: Stage) -> None:
    stage.history = SessionHistory(stage.store)
    stage.has(tool("memory.save"))
    for number in range(5):
        stage.plays(calls("memory.save", {"text": str(number)}), says("ok"))
        await stage.hears(f"Save {number}")
    seq = await stage.store.last_seq()
    fresh = await SessionHistory(stage.store).past(stage.session, upto_seq=seq)
    assert await stage.history.past(stage.session, upto_seq=seq) == fresh
    assert len(fresh.turns) == 5


async def test_a_turn_that_was_stopped_leaves_its_words_its_effects_and_its_taint(stage: Stage) -> None:
    stage.has(tool("web.fetch", Risk.REACH, text="evil", label=WEB))
    stage.plays(calls("web.fetch", {"url": "https://example.org"}))
    act = await stage.accepts("Read https://example.org")
    act.run.die_before.add("ask:1")
    with pytest.raises(Killed):
        await act.play()
    reply = Reply(turn_id=act.turn.turn_id, session=stage.session, text="Half", route=None)
    body: dict[str, Json] = {"reply": codec.dump(reply), "messages": []}
    await stage.store.append(NewEvent(kind=Kind.REPLY_WRITTEN, body=body, session=stage.session, turn=act.turn.turn_id))
    past = await SessionHistory(stage.store).past(stage.session, upto_seq=await stage.store.last_seq())
    assert WEB in past.labels
    assert past.turns[0].messages[0].text == "Read https://example.org"
    assert "web.fetch did it" in past.turns[0].messages[1].text
    assert past.turns[0].messages[1].text.endswith("Half")


async def test_a_picture_is_in_the_log_once_and_in_the_history_again(stage: Stage) -> None:
    picture = Image(media_type="image/png", data_b64="A" * 400, label=OWNER, name="cat.png")
    stage.plays(says("A cat."))
    await stage.hears("What is it?", attachments=(picture,))
    written = await stage.store.find("turn_1:reply")
    assert written is not None
    assert "AAAA" not in str(written.body)

    async def read(event: Event) -> Inbound:
        return codec.load(Inbound, event.body["inbound"])

    past = await SessionHistory(stage.store, read=read).past(stage.session, upto_seq=await stage.store.last_seq())
    shown = [part for part in past.turns[0].messages[0].parts if isinstance(part, Image)]
    assert [part.data_b64 for part in shown] == ["A" * 400]


async def test_only_the_newest_pictures_are_sent_again_and_none_is_kept(stage: Stage) -> None:
    for number in range(3):
        picture = Image(media_type="image/png", data_b64=str(number) * 400, label=OWNER)
        stage.plays(says("Nice."), says("Well."))
        await stage.hears(f"Look {number}", attachments=(picture,))
        await stage.hears("And?")
    fetched: list[str] = []

    async def read(event: Event) -> Inbound:
        inbound = codec.load(Inbound, event.body["inbound"])
        fetched.append(inbound.text)
        return inbound

    history, seq = SessionHistory(stage.store, read=read), await stage.store.last_seq()
    past = await history.past(stage.session, upto_seq=seq)
    assert fetched == ["Look 2", "Look 1"]
    parts = [part for turn in past.turns for message in turn.messages for part in message.parts]
    assert [part.data_b64[0] for part in parts if isinstance(part, Image)] == ["1", "2"]
    assert "picture that came with" in past.turns[0].messages[0].text
    assert await history.past(stage.session, upto_seq=seq) == past
    assert len(fetched) == 4
