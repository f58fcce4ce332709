"""Questions to the owner in a real browser: shown whole, answered once, and what follows from the answer."""

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from browser.stage import Stage
from homarus.testing.quirks.turns import Asked, Turn, call, say

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

HIDDEN = "# Rules\n\nBe kind.\u202e\u200b\n"


def _writes(asked: Asked) -> Turn:
    if asked.tool_result is not None:
        return say(f"It went: {asked.tool_result[:60]}")
    return call("files.write", {"path": "AGENTS.md", "content": HIDDEN})


async def ask(page: "Page", stage: Stage) -> None:
    stage.model.script = _writes
    await page.goto(f"{stage.url}/chat/new")
    await page.fill("#words", "Write new rules")
    await page.press("#words", "Enter")
    await expect(page.locator("article.reply .card")).to_be_visible()


async def test_a_question_stands_in_the_chat_and_allow_lets_it_run(page: "Page", stage: Stage) -> None:
    await ask(page, stage)
    await page.locator(".card [data-decide=once]").click()

    await expect(page.locator("article.reply:not([data-running])")).to_contain_text("It went:")
    await expect(page.locator(".act .outcome")).to_have_text("done")
    assert (stage.home / "workspace" / "AGENTS.md").read_text() == HIDDEN


async def test_a_call_is_shown_whole_with_what_cannot_be_seen_written_out(page: "Page", stage: Stage) -> None:
    await ask(page, stage)

    shown = page.locator(".card pre.exact")
    await expect(shown).to_contain_text("\\u202e\\u200b")
    await expect(shown).to_contain_text('"path": "AGENTS.md"')
    await page.locator(".card [data-decide=deny]").click()
    await page.press(".card [name=reason]", "Enter")
    await expect(page.locator("article.reply:not([data-running])")).to_have_count(1)


async def test_denying_with_a_reason_tells_the_model_and_nothing_runs(page: "Page", stage: Stage) -> None:
    target = stage.home / "workspace" / "AGENTS.md"
    before = target.read_text() if target.exists() else None
    await ask(page, stage)
    await page.goto(f"{stage.url}/approvals")
    await expect(page.locator(".card")).to_be_focused()
    await page.keyboard.press("d")
    await page.keyboard.type("Not my rules")
    await page.keyboard.press("Enter")

    await expect(page.locator("#questions")).to_contain_text("Nothing waits for you")
    await expect(page.locator("#questions")).to_contain_text("as of event")
    assert "Not my rules" in stage.model.prompts[-1].body.decode()
    assert (target.read_text() if target.exists() else None) == before


async def test_the_key_a_allows_once_and_the_count_goes_away(page: "Page", stage: Stage) -> None:
    await ask(page, stage)
    await page.goto(f"{stage.url}/approvals")
    await expect(page.locator(".rail .count")).to_have_text("1")
    await expect(page.locator(".card")).to_be_focused()
    await page.keyboard.press("a")

    await expect(page.locator(".card")).to_have_count(0)
    await expect(page.locator(".rail .count")).to_have_count(0)


async def test_a_question_that_comes_while_one_looks_appears(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/approvals")
    await expect(page.locator("#questions")).to_contain_text("Nothing waits for you")
    stage.model.script = _writes
    await stage.owner("POST", "/api/v1/turns", {"text": "Write rules", "session": "web:elsewhere"})

    await expect(page.locator(".card")).to_be_visible()
    await page.locator(".card [data-decide=once]").click()
    await expect(page.locator(".card")).to_have_count(0)


async def test_an_answer_given_elsewhere_ends_the_question_here(page: "Page", stage: Stage) -> None:
    await ask(page, stage)
    waiting = (await stage.owner("GET", "/api/v1/approvals"))["approvals"][0]
    body = {"decision": "once", "fingerprint": waiting["fingerprint"]}
    await stage.owner("POST", f"/api/v1/approvals/{waiting['approval_id']}", body)

    await expect(page.locator("article.reply:not([data-running])")).to_contain_text("It went:")
    await expect(page.locator(".card")).to_have_count(0)
