"""Every browser pairs, with a link that works once; one that is not paired sees nothing but how to."""

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from browser.stage import Stage

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_a_link_pairs_and_leads_to_the_chat(stranger: "Page", stage: Stage) -> None:
    await stranger.goto(await stage.link())
    await expect(stranger.locator("#composer")).to_be_visible()

    assert stranger.url == f"{stage.url}/chat"
    cookie = (await stranger.context.cookies())[0]
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    assert await stranger.evaluate("document.cookie") == ""
    assert await stranger.evaluate("localStorage.length + sessionStorage.length") == 0
    assert stage.complaints == []


async def test_the_code_does_not_stay_in_the_address_or_the_history(stranger: "Page", stage: Stage) -> None:
    link = await stage.link()
    seen: list[str] = []
    stranger.on("request", lambda request: seen.append(request.url))
    await stranger.goto(link)
    await expect(stranger.locator("#composer")).to_be_visible()
    await stranger.go_back()

    code = link.partition("#")[2]
    assert code not in stranger.url
    assert not any(code in url for url in seen[1:])


async def test_a_link_works_once(stranger: "Page", stage: Stage, chromium: "Browser") -> None:
    link = await stage.link()
    await stranger.goto(link)
    await expect(stranger.locator("#composer")).to_be_visible()
    async with await chromium.new_context() as other:
        page = await other.new_page()
        await page.goto(link)

        await expect(page.locator("#pairing")).to_contain_text("was used")
        await expect(page.locator("#how")).to_contain_text("homarus devices pair")
        assert await other.cookies() == []


async def test_two_browsers_race_for_one_link_and_one_gets_in(stage: Stage, chromium: "Browser") -> None:
    link = await stage.link()
    contexts = [await chromium.new_context() for _ in range(2)]
    pages = [await context.new_page() for context in contexts]
    await asyncio.gather(*(page.goto(link) for page in pages))
    for page in pages:
        await expect(page.locator("#composer, #how:visible").first).to_be_visible()

    assert sum([len(await context.cookies()) for context in contexts]) == 1
    for context in contexts:
        await context.close()


@pytest.mark.parametrize("path", ["/", "/chat", "/approvals", "/models", "/activity", "/settings", "/chat/x"])
async def test_who_is_not_paired_is_told_how(stranger: "Page", stage: Stage, path: str) -> None:
    answer = await stranger.goto(f"{stage.url}{path}")

    assert answer is not None
    assert answer.status == 401
    await expect(stranger.locator(".command")).to_have_text("homarus devices pair")
    assert "scripted" not in await stranger.content()


async def test_revoking_a_browser_shuts_it_out_at_once(page: "Page", stage: Stage, chromium: "Browser") -> None:
    async with await chromium.new_context() as other:
        await stage.pair(other)
        theirs = await other.new_page()
        await theirs.goto(f"{stage.url}/chat")
        await page.goto(f"{stage.url}/settings?show=access")
        newest = page.locator("#devices li", has_not_text="this one").first
        await newest.get_by_role("button", name="Revoke").click()
        await expect(page.locator("#access-problem")).to_be_hidden()

        await expect(theirs.locator(".command")).to_have_text("homarus devices pair")
