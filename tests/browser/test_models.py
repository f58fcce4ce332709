"""The pages about models: servers that remember behind a real gateway, and what a person can do with them."""

import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from browser.stage import Stage, free_port
from homarus.testing.engines import EngineServer, Model, Rack
from homarus.testing.quirks.turns import say

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

GIB = 1 << 30


@pytest.fixture(scope="module")
async def ollama() -> AsyncGenerator[EngineServer]:
    models = (Model(name="qwen3:8b", size_bytes=5 * GIB), Model(name="gemma3:4b", size_bytes=3 * GIB))
    rack = Rack(models, registry=(Model(name="llama3.2:3b", size_bytes=2 * GIB),))
    async with EngineServer("ollama", rack, script=(say("A lobster has ten legs."),), pause_s=0.05) as server:
        yield server


@pytest.fixture(scope="module")
async def served(ollama: EngineServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A gateway whose models are an Ollama's; nobody has chosen one yet."""
    home = tmp_path_factory.mktemp("served")
    home.chmod(0o700)
    provider = {"baseUrl": ollama.url, "api": "ollama"}
    settings = {"models": {"mode": "replace", "providers": {"ollama": provider}}, "embedded": {"enabled": False}}
    (home / "homarus.json5").write_text(json.dumps(settings))
    stage = Stage(home=home, port=free_port())
    await stage.start()
    yield stage
    await stage.stop()


@pytest.fixture
async def own(served: Stage, chromium: "Browser") -> "AsyncGenerator[Page]":
    """A paired browser of that gateway."""
    async with await chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(10_000)
        await served.pair(context)
        page = await context.new_page()
        served.watch(page)
        yield page
        assert served.complaints == []


async def test_the_first_browser_is_led_to_the_setup_and_gets_an_answer(served: Stage, chromium: "Browser") -> None:
    async with await chromium.new_context() as context:
        page = await context.new_page()
        await page.goto(await served.link())
        await expect(page).to_have_url(f"{served.url}/setup")
        choice = page.locator(".choice", has_text="ollama/gemma3:4b")
        await choice.locator("input").check()
        await page.get_by_role("button", name="Set up and ask it something").click()

        await expect(page.locator("#outcome [data-part=said]")).to_have_text("A lobster has ten legs.", timeout=60_000)
        await expect(page.locator("#outcome [data-part=phase]")).to_contain_text("first word after")
        await expect(page.get_by_role("link", name="Open the chat")).to_be_visible()
    written = (served.home / "homarus.ui.json5").read_text()
    assert "ollama/gemma3:4b" in written
    assert "providers" not in written


async def test_a_server_that_is_not_there_is_said_on_the_setup_page(own: "Page", served: Stage) -> None:
    await own.goto(f"{served.url}/setup")
    await own.locator("summary", has_text="Elsewhere").click()
    await own.fill("#server", f"http://127.0.0.1:{free_port()}")
    await own.locator("[data-act=look-at]").click()

    await expect(own.locator(".say.attention")).to_contain_text("Next:")
    await expect(own.locator(".choice", has_text="ollama/qwen3:8b")).to_be_visible()


async def test_a_model_is_loaded_seen_and_unloaded(own: "Page", served: Stage) -> None:
    await own.goto(f"{served.url}/models")
    await own.locator("tr", has_text="ollama/qwen3:8b").get_by_role("button", name="Load").click()
    row = own.locator("#engines .served", has_text="qwen3:8b")
    await expect(row).to_contain_text("loaded")
    await expect(row).to_contain_text("window")
    await row.get_by_role("button", name="Unload").click()

    await expect(row).to_have_count(0)


async def test_a_download_shows_its_progress_and_the_model_can_be_asked_then(own: "Page", served: Stage) -> None:
    await own.goto(f"{served.url}/models")
    await own.fill("#pull [name=model]", "llama3.2:3b")
    await own.press("#pull [name=model]", "Enter")

    await expect(own.locator("#pulls [data-pull='ollama/llama3.2:3b']")).to_contain_text("is here")
    await expect(own.locator("#asked")).to_contain_text("ollama/llama3.2:3b")


async def test_a_download_that_nobody_knows_ends_in_words(own: "Page", served: Stage) -> None:
    await own.goto(f"{served.url}/models")
    await own.fill("#pull [name=model]", "qwen3:9999b")
    await own.press("#pull [name=model]", "Enter")

    await expect(own.locator("#pulls [data-pull='ollama/qwen3:9999b'] .failed")).to_be_visible()


async def test_a_model_is_tried_beside_the_list(own: "Page", served: Stage) -> None:
    await own.goto(f"{served.url}/models")
    await own.locator("tr", has_text="ollama/qwen3:8b").get_by_role("button", name="Try").click()
    await own.get_by_role("button", name="Ask").click()

    await expect(own.locator("#trial [data-part=said]")).to_have_text("A lobster has ten legs.")
    await expect(own.locator("#trial [data-part=phase]")).to_contain_text("first word after")


async def test_a_driving_test_shows_each_discipline_and_leaves_a_card(own: "Page", served: Stage) -> None:
    await own.goto(f"{served.url}/models/tried")
    await own.select_option("#drive [name=model]", "ollama/qwen3:8b")
    await own.check("#drive [name=quick]")
    await own.get_by_role("button", name="Start the test").click()
    await expect(own.locator("#driving")).to_contain_text("Tool calls: do they arrive")
    card = own.locator("article.score", has_text="ollama/qwen3:8b")
    await expect(card).to_be_visible(timeout=60_000)

    await expect(card).to_contain_text("calls no tools")
    await own.goto(f"{served.url}/models?look=1")
    await expect(own.locator("tr", has_text="ollama/qwen3:8b")).to_contain_text("calls no tools")


async def test_what_fits_is_counted_for_one_model_at_every_context(own: "Page", served: Stage) -> None:
    await own.goto(f"{served.url}/models/fit")
    await own.fill("[name=model]", "qwen3:14b")
    await own.fill("[name=context]", "20000")
    await own.get_by_role("button", name="Count").click()

    await expect(own.locator("tr[aria-current]")).to_contain_text("20,000")
    await expect(own.locator("h2")).to_contain_text("qwen3:14b")
    await own.fill("[name=model]", "qwen3:14bb")
    await own.get_by_role("button", name="Count").click()
    await expect(own.locator(".say.attention")).to_contain_text("Did you mean")
