"""When a model cannot answer: who answers instead, what is said about it, and where nothing ever goes."""

from pathlib import Path
from typing import cast

from faults.conftest import House, model_server
from faults.living import Living
from homarus.domain.content import Json, JsonObject
from homarus.testing.quirks import Turn, say
from homarus.testing.quirks.turns import Asked

PROSE = "The harbour was quiet that morning, and nobody had thought of bringing a rope. "


def provider(url: str, **more: Json) -> JsonObject:
    return {
        "baseUrl": f"{url}/v1",
        "api": "openai-completions",
        "models": [{"id": "m", "contextWindow": 32000}],
        **more,
    }


def living(home: Path, providers: JsonObject, **defaults: Json) -> Living:
    further: dict[str, Json] = {
        "models": {"mode": "replace", "providers": providers},
        "agents": {"defaults": {"patienceSeconds": 2, **defaults}},
        "embedded": {"enabled": False},
    }
    return Living(home, model_url="http://127.0.0.1:9", further=further)


def notices(reply: JsonObject) -> str:
    return " ".join(cast("list[str]", reply["notices"]))


def test_a_hung_server_is_left_for_a_healthy_one_and_that_is_said(home: Path) -> None:
    with model_server([say("never")], ["stalls_at_once"]) as hung, model_server([say("Here I am.")]) as well:
        providers: JsonObject = {"hung": provider(hung.url, timeoutSeconds=1), "well": provider(well.url)}
        house = living(home, providers, model={"primary": "hung/m", "fallbacks": ["well/m"]})
        house.start()
        try:
            first = house.reply(house.send("Hello"))
            second = house.reply(house.send("And now?"))
        finally:
            house.stop()
    assert first["text"] == second["text"] == "Here I am."
    assert "hung/m" in notices(first)
    assert "well/m answers instead of hung/m" in notices(second)
    assert len(hung.prompts) == 1


def test_a_dead_server_without_a_fallback_is_said_at_once_and_no_other_is_asked(home: Path) -> None:
    with model_server([say("not me")]) as well:
        providers: JsonObject = {"dead": provider("http://127.0.0.1:9"), "well": provider(well.url)}
        house = living(home, providers, model={"primary": "dead/m", "fallbacks": []})
        house.start()
        try:
            reply = house.reply(house.send("Hello"))
        finally:
            house.stop()
    assert reply["is_error"]
    assert "dead/m" in str(reply["text"])
    assert well.prompts == []


def test_a_private_agent_whose_server_is_down_says_so_and_nothing_leaves(home: Path) -> None:
    providers: JsonObject = {
        "home": provider("http://127.0.0.1:9"),
        "away": provider("https://models.example.com", apiKey="k", region="eu"),
    }
    house = living(home, providers, model={"primary": "home/m", "fallbacks": ["away/m"]}, reach="local-only")
    house.start()
    try:
        reply = house.reply(house.send("My diagnosis"))
        events = cast("list[JsonObject]", house.line.get("/api/v1/events?after=0")["events"])
    finally:
        house.stop()
    assert reply["is_error"]
    assert "home/m" in str(reply["text"])
    assert not [event for event in events if event["kind"] == "egress" and "example.com" in str(event)]


def test_a_server_that_cuts_prompts_silently_is_found_out_and_the_answer_is_right(house: House) -> None:
    def script(asked: Asked) -> Turn:
        if asked.messages[0].text.startswith("Summarise"):
            return say("The harbour was quiet; the code word is BARNACLE.")
        knows = any("BARNACLE" in heard.text for heard in asked.messages)
        return say("It is BARNACLE." if knows else "I was never told a code word.")

    living = house(script, quirks=["window_4k_silent"])
    living.reply(living.send("Always remember: my code word is BARNACLE."))
    for number in range(6):
        living.reply(living.send(f"Part {number}. " + PROSE * 40))

    reply = living.reply(living.send("What is my code word?"))

    assert reply["text"] == "It is BARNACLE."
