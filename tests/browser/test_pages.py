"""All pages: quiet consoles, nothing sideways, both colours, names on everything, and what each lets a person do."""

import json
import re
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from browser.stage import Stage
from homarus.domain.acts import Outcome
from homarus.gateway.static import WEB
from homarus.testing.quirks.turns import Turn

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PAGES = (
    "/", "/chat", "/chat/web:empty", "/approvals", "/models", "/models/fit", "/models/fit?model=qwen3:8b",
    "/models/tried", "/setup", "/activity", "/settings", "/settings?show=access",
)  # fmt: skip
LONG = "A long word: " + "a" * 200 + "\n\n```\n" + "x" * 300 + "\n```\n\n| " + " | ".join("abcdefghij" * 3) + " |\n"
UNNAMED = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, summary, [tabindex='0']")]
    .filter((e) => e.checkVisibility() && !(e.innerText?.trim() || e.getAttribute("aria-label") || e.labels?.length
        || e.closest("[aria-label]") === e || e.textContent.trim()))
    .map((e) => e.outerHTML.slice(0, 120))"""
TWICE = "() => [...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)"


async def said(stage: Stage, text: str, session: str) -> None:
    made = await stage.owner("POST", "/api/v1/turns", {"text": text, "session": session, "channel": "web"})
    for _ in range(100):
        if (await stage.owner("GET", f"/api/v1/turns/{made['turn_id']}"))["state"] == "ended":
            return


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_one_heading_names_and_a_quiet_console(page: "Page", stage: Stage, path: str) -> None:
    await said(stage, "Hello", "web:names")
    await page.goto(f"{stage.url}{path}")

    await expect(page.locator("h1")).to_have_count(1)
    assert await page.evaluate(UNNAMED) == []
    assert await page.evaluate(TWICE) == []
    assert await page.evaluate("document.documentElement.lang") == "en"
    assert await page.evaluate("document.querySelectorAll('[style], [onclick], script:not([src])').length") == 0


@pytest.mark.parametrize("path", [*PAGES, "/chat/web:wide"])
async def test_nothing_scrolls_sideways_on_a_phone(page: "Page", stage: Stage, path: str) -> None:
    stage.model.script = (Turn(text=LONG, reasoning="b" * 300),)
    await said(stage, "w" * 200, "web:wide")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto(f"{stage.url}{path}")

    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    thread = "document.querySelector('#thread')"
    assert await page.evaluate(f"!{thread} || {thread}.scrollWidth <= {thread}.clientWidth")


async def test_the_choice_of_colours_is_kept_without_a_flash(page: "Page", stage: Stage) -> None:
    await page.emulate_media(color_scheme="light")
    await page.goto(f"{stage.url}/")
    light = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    for _ in range(2):
        await page.locator("[data-act=theme]").click()
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.reload()

    assert dark != light
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    assert 'data-theme="dark"' in (await (await page.request.get(f"{stage.url}/")).text())


async def test_the_first_tab_leads_past_the_rail(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.locator("#main")).to_be_focused()


async def test_a_setting_is_changed_refused_in_words_and_taken_back(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/settings#maxToolRounds")
    row = page.locator("[data-setting='agents.defaults.maxToolRounds']")
    await row.locator("[data-act=edit]").click()
    await row.locator("input").fill("1000")
    await row.locator("input").press("Enter")
    await expect(row.locator(".field-error")).to_contain_text("from 1 to 100, not 1000")
    await row.locator("input").fill("7")
    await row.locator("input").press("Enter")
    await expect(row.locator(".value")).to_have_text("7")
    await expect(row.locator(".was")).to_contain_text(re.compile(r"homarus\.ui\.json5:\d+ . default 12"))
    await page.locator("[data-act=undo]").click()

    await expect(row.locator(".value")).to_have_text("12")
    stage.complaints[:] = [line for line in stage.complaints if "status of 422" not in line]


async def test_a_key_is_shown_once_and_works(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/settings?show=access")
    await page.fill("#add-key [name=name]", "My editor")
    await page.press("#add-key [name=name]", "Enter")
    await expect(page.locator("#made-key")).to_be_visible()
    secret = await page.locator("[data-part=secret]").inner_text()
    await expect(page.locator("#keys")).to_contain_text("My editor")
    answer = await page.request.get(f"{stage.url}/v1/models", headers={"Authorization": f"Bearer {secret}"})
    await page.reload()

    assert answer.ok
    assert secret not in await page.content()


async def test_models_are_listed_with_reasons_and_used(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/models")

    await expect(page.locator("tr", has_text="scripted/quirk")).to_contain_text("in use")
    await expect(page.locator("tr", has_text="scripted/quirk")).to_contain_text("32,768")
    await expect(page.locator("li", has_text="embedded/smollm2")).to_contain_text("switched off")


async def test_activity_follows_the_log_and_opens_a_turn(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/activity?show=talk")
    await said(stage, "Said while you look", "web:activity")
    row = page.locator("#events li", has_text="Message over web: Said while you look").first
    await row.locator("summary").click()
    await expect(row.locator("pre")).to_contain_text('"external_id"')
    await row.get_by_role("link", name="the whole turn").click()

    await expect(page.locator("#events")).to_contain_text("scripted/quirk chosen")


async def test_home_says_what_happened_since_one_last_looked(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/")
    await page.goto(f"{stage.url}/models")
    await said(stage, "While you were away", "web:away")
    await page.goto(f"{stage.url}/")

    await expect(page.locator("h2").nth(0)).to_have_text("Since you last looked")
    await expect(page.locator(".page .rows").first.locator("li")).to_have_count(1)


async def test_a_gateway_that_goes_away_is_said_and_found_again(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/approvals")
    await expect(page.locator("#questions")).to_contain_text("Nothing waits for you")
    await stage.stop()
    await expect(page.locator(".strip")).to_contain_text("Not reachable, reconnecting")
    await expect(page.locator("#questions .online-only")).to_be_hidden()
    await expect(page.locator("#questions .offline-only")).to_contain_text("Cannot tell")
    await stage.start()

    await expect(page.locator("body")).not_to_have_class(re.compile("is-offline"), timeout=15_000)
    stage.complaints.clear()


def test_every_pair_of_ink_and_ground_has_the_contrast_that_aa_wants() -> None:
    tokens = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", (WEB / "static" / "app.css").read_text()))
    inks = ("ink", "muted", "accent", "fine", "waiting", "attention", "failed")
    pairs = [(ink, ground, 4.5) for ink, ground in product(inks, ("surface", "raised"))]
    pairs += [
        ("ink", "hover", 4.5),
        ("muted", "hover", 4.5),
        ("on-accent", "accent", 4.5),
        ("surface", "attention", 4.5),
    ]
    pairs += [("attention", "attention-wash", 4.5), ("muted", "failed-wash", 4.5), ("muted", "attention-wash", 4.5)]
    pairs += [("control", "surface", 3.0), ("accent", "surface", 3.0)]
    weak = [
        (ink, ground, place, round(found, 2))
        for ink, ground, least in pairs
        for place in (0, 1)
        if (found := _contrast(tokens[ink].split(", ")[place], tokens[ground].split(", ")[place])) < least
    ]

    assert weak == []


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_the_scripts_know_every_sentence_they_say(page: "Page", stage: Stage) -> None:
    await page.goto(f"{stage.url}/")
    content = await page.locator("meta[name=homarus-words]").get_attribute("content")
    words: dict[str, Any] = json.loads(content or "{}")
    asked = {name for file in (WEB / "static").glob("*.js") for name in re.findall(r'\bsay\("(\w+)"', file.read_text())}

    phases = {"queued", "loading", "reading", "tool", "approval"}
    outcomes = {outcome.value for outcome in Outcome}
    assert (asked | phases | outcomes) - set(words) == set()


async def test_a_browser_in_another_language_gets_a_page(chromium: "Browser", stage: Stage) -> None:
    async with await chromium.new_context(locale="eo") as context:
        await stage.pair(context)
        page = await context.new_page()
        await page.goto(f"{stage.url}/")

        await expect(page.locator("h1")).to_have_text("Home")
