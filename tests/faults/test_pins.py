"""What the owner pins, and how full the window is, through a whole gateway."""

from faults.conftest import House
from homarus.testing.quirks import Turn, say
from homarus.testing.quirks.turns import Asked


def test_a_pin_is_told_kept_through_a_summary_and_taken_back(house: House) -> None:
    heard: list[str] = []

    def script(asked: Asked) -> Turn:
        text = "\n".join(message.text for message in asked.messages)
        if text.startswith("Summarise"):
            return say("They greeted each other in the morning.")
        heard.append(text)
        return say("Good morning to you.")

    living = house(script)
    living.reply(living.send("Hello"))
    pinned = living.reply(living.send("/pin Never call before ten."))
    for text in ("One more", "And another", "/compact", "After that"):
        living.reply(living.send(text))
    context = living.reply(living.send("/context"))
    living.reply(living.send("/unpin 1"))
    living.reply(living.send("At last"))

    assert "1" in str(pinned["text"])
    assert [text.count("Never call before ten.") for text in heard] == [0, 1, 1, 1, 0]
    assert "They greeted each other" in heard[3]
    assert "1 pin is kept." in str(context["text"])
    assert "of 32000 tokens" in str(context["text"])
