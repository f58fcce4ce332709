"""One gateway, one model and one Chromium for all browser tests; each test has a fresh browser profile."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import pytest

from browser.stage import CHROMIUM, HELLO, Stage, launch_options, staged

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    async with staged(home) as stage:
        yield stage


@pytest.fixture(scope="session")
async def chromium() -> "AsyncGenerator[Browser]":
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed; `apt install chromium`, then run again.")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            **launch_options("--host-resolver-rules=MAP rebind.example 127.0.0.1")
        )
        yield browser
        await browser.close()


@pytest.fixture
async def stage(shared_stage: Stage) -> Stage:
    """The gateway, with a model that says hello again."""
    shared_stage.model.script = (HELLO,)
    shared_stage.model.quirks = []
    shared_stage.complaints.clear()
    return shared_stage


@pytest.fixture
async def stranger(stage: Stage, chromium: "Browser") -> "AsyncGenerator[Page]":
    """A browser that is not paired."""
    async with await chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(10_000)
        page = await context.new_page()
        stage.watch(page)
        yield page


@pytest.fixture
async def context(stage: Stage, chromium: "Browser") -> "AsyncGenerator[BrowserContext]":
    """A paired browser."""
    async with await chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(10_000)
        await stage.pair(context)
        yield context


@pytest.fixture
async def page(stage: Stage, context: "BrowserContext") -> "AsyncGenerator[Page]":
    """A page of a paired browser; it must not complain of anything."""
    page = await context.new_page()
    stage.watch(page)
    yield page
    assert stage.complaints == []
