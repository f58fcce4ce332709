"""What every keeper of small facts owes the house, in memory, on SQLite or anywhere else.

    @pytest.mark.parametrize("claim", records_suite.CLAIMS, ids=lambda claim: claim.__name__)
    async def test_my_records_conform(claim, records):
        await claim(records)

`records` is a fresh, empty `domain.ports.Records`.
"""

import asyncio

from homarus.domain.content import Json, JsonObject
from homarus.domain.ports import Records

_BODY: JsonObject = {"text": "Grüße 🦞\n", "list": [1, 2.5, None, True, {"a": list[Json]()}]}


async def what_is_put_is_read_again(records: Records) -> None:
    """Whole, by its kind and key."""
    await records.put("card", "ollama/qwen3:8b", _BODY)
    assert await records.get("card", "ollama/qwen3:8b") == _BODY


async def an_unknown_key_finds_nothing(records: Records) -> None:
    """Nor does a kind that nobody used."""
    assert await records.get("card", "nowhere") is None
    assert await records.all("card") == {}


async def the_last_word_counts(records: Records) -> None:
    """A second put takes the place of the first."""
    await records.put("pin", "a", {"n": 1, "gone": True})
    await records.put("pin", "a", {"n": 2})
    assert await records.get("pin", "a") == {"n": 2}
    assert len(await records.all("pin")) == 1


async def kinds_are_apart(records: Records) -> None:
    """The same key in two kinds is two facts."""
    await records.put("pin", "a", {"n": 1})
    await records.put("card", "a", {"n": 2})
    assert await records.drop("pin", "a")
    assert await records.get("card", "a") == {"n": 2}


async def all_of_a_kind_come_in_the_order_of_their_keys(records: Records) -> None:
    """Whatever the order of writing."""
    for key in ("b", "c", "a"):
        await records.put("pace", key, {"key": key})
    assert list(await records.all("pace")) == ["a", "b", "c"]


async def a_fact_is_forgotten_once(records: Records) -> None:
    """The second time there was nothing."""
    await records.put("pin", "a", {})
    assert await records.drop("pin", "a") is True
    assert await records.drop("pin", "a") is False
    assert await records.get("pin", "a") is None


async def a_fact_is_a_copy(records: Records) -> None:
    """Nobody changes what is kept by changing what they put or got."""
    body: dict[str, Json] = {"n": 1}
    await records.put("pin", "a", body)
    body["n"] = 2
    assert await records.get("pin", "a") == {"n": 1}


async def keys_hold_what_servers_call_their_models(records: Records) -> None:
    """Slashes, colons, half a surrogate pair are no trouble."""
    key = "hf.co/some/model:Q4_K_M\ud83d'--"
    await records.put("card", key, {"n": 1})
    assert await records.get("card", key) == {"n": 1}
    assert await records.drop("card", key)


async def many_may_write_at_once(records: Records) -> None:
    """And one of them was the last."""
    async with asyncio.TaskGroup() as tasks:
        for n in range(20):
            tasks.create_task(records.put("pace", "a", {"n": n}))
    found = await records.get("pace", "a")
    assert found is not None
    assert found["n"] in range(20)


CLAIMS = (
    what_is_put_is_read_again,
    an_unknown_key_finds_nothing,
    the_last_word_counts,
    kinds_are_apart,
    all_of_a_kind_come_in_the_order_of_their_keys,
    a_fact_is_forgotten_once,
    a_fact_is_a_copy,
    keys_hold_what_servers_call_their_models,
    many_may_write_at_once,
)
