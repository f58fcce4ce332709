"""Jobs, playbooks, runs and reports in a browser, over the sample data and without a model that could write."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, cast

import pytest
from playwright.async_api import expect

from browser.stage import Stage, free_port

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.fixture(scope="module")
async def quiet(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A gateway whose only model is too small to write."""
    home = tmp_path_factory.mktemp("quiet")
    home.chmod(0o700)
    settings = {"models": {"mode": "replace"}, "agents": {"defaults": {"userTimezone": "Europe/Berlin"}}}
    (home / "homarus.json5").write_text(json.dumps(settings))
    stage = Stage(home=home, port=free_port())
    await stage.start()
    yield stage
    await stage.stop()


@pytest.fixture
async def own(quiet: Stage, chromium: "Browser") -> "AsyncGenerator[Page]":
    """A paired browser of that gateway."""
    async with await chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(15_000)
        await quiet.pair(context)
        page = await context.new_page()
        quiet.complaints.clear()
        quiet.watch(page)
        yield page
        assert not quiet.complaints


async def sampled(quiet: Stage, name: str) -> str:
    """Run a playbook over its sample data and return the run."""
    made = await quiet.owner("POST", f"/api/v1/playbooks/{name}/run", {"settings": {"sample": True}})
    run = str(made["run"]["run_id"])
    shown: dict[str, object] = {}
    for _ in range(300):
        shown = await quiet.owner("GET", f"/api/v1/runs/{run}")
        if cast("dict[str, object]", shown["run"])["ended_at"] is not None:
            return run
        await asyncio.sleep(0.1)
    raise AssertionError(shown)


async def test_a_time_in_words_is_understood_while_it_is_typed_and_planned(own: "Page", quiet: Stage) -> None:
    await own.goto(f"{quiet.url}/jobs")
    await own.fill("[name=schedule]", "every weekday 07:30")
    await expect(own.locator("#plan-times")).to_contain_text("07:30")
    await own.select_option("[name=what]", "briefing")
    await own.get_by_role("button", name="Plan it").click()

    row = own.locator("#planned li", has_text="weekdays at 07:30")
    await expect(row).to_contain_text("Next:")
    await row.get_by_role("button", name="Pause").click()
    await expect(row).to_contain_text("Paused")
    await row.get_by_role("button", name="Remove").click()
    await row.get_by_role("button", name="Remove").click()
    await expect(row).to_have_count(0)


async def test_words_that_are_no_time_are_told_and_nothing_is_planned(own: "Page", quiet: Stage) -> None:
    await own.goto(f"{quiet.url}/jobs")
    await own.fill("[name=schedule]", "every blue moon")
    await expect(own.locator("#plan-times")).to_contain_text("blue")
    await expect(own.get_by_role("button", name="Plan it")).to_be_disabled()
    quiet.complaints.clear()  # that the preview was refused


async def test_a_playbook_is_tried_on_sample_data_with_one_click(own: "Page", quiet: Stage) -> None:
    await own.goto(f"{quiet.url}/playbooks")
    await own.get_by_role("link", name="Morning briefing").click()
    await own.get_by_role("button", name="Try it on sample data").click()
    await own.wait_for_url("**/runs/run_*")
    await own.get_by_role("link", name="Read the report").click()

    await expect(own.get_by_text("Shop is down, customers cannot pay").first).to_be_visible()
    await expect(own.get_by_text("templates and quotations").first).to_be_visible()


async def test_an_item_that_is_ticked_is_done_on_home_and_stays_it(own: "Page", quiet: Stage) -> None:
    await sampled(quiet, "briefing")
    await own.goto(f"{quiet.url}/")
    first = own.locator("#briefing .item").first
    title = await first.locator(".title").inner_text()
    async with own.expect_response("**/api/v1/items/*"):
        await first.locator("input").check()
    await own.reload()

    await expect(own.locator("#briefing .item .title", has_text=title)).to_have_count(0)


async def test_a_run_shows_its_steps_and_is_done_again_from_one_of_them(own: "Page", quiet: Stage) -> None:
    run = await sampled(quiet, "briefing")
    await own.goto(f"{quiet.url}/runs/{run}")
    await own.locator("#steps summary", has_text="sample").click()
    step = own.locator("#steps .rows li", has_text="sample:calendar")
    await step.get_by_role("button", name="Retry from here").click()
    await own.wait_for_url(lambda url: "/runs/run_" in url and run not in url)

    await expect(own.locator("#steps")).to_contain_text("taken over")


async def test_two_runs_are_laid_side_by_side(own: "Page", quiet: Stage) -> None:
    one, other = await sampled(quiet, "research"), await sampled(quiet, "research")
    await own.goto(f"{quiet.url}/runs/{one}/compare/{other}")

    await expect(own.get_by_role("heading", name="Text that differs")).to_be_visible()
    await expect(own.locator(".diff .plus").first).to_be_visible()
    is_whole = "table => table.scrollWidth <= table.parentElement.clientWidth"
    assert await own.locator(".differences").evaluate(is_whole)


async def test_a_report_is_taken_along_as_markdown_and_as_a_page(own: "Page", quiet: Stage) -> None:
    run = await sampled(quiet, "board")
    for form, begin in (("md", "# Sample data"), ("html", "<!doctype html>")):
        answer = await own.request.get(f"{quiet.url}/api/v1/runs/{run}/export?form={form}")
        assert answer.ok
        text = await answer.text()
        assert text.lower().startswith(begin.lower())
        assert text.count("The board on:") == 1  # no title is said twice


@pytest.mark.parametrize("path", ["/jobs", "/jobs/runs", "/playbooks", "/playbooks/board", "/"])
async def test_nothing_is_wider_than_a_phone(own: "Page", quiet: Stage, path: str) -> None:
    await own.set_viewport_size({"width": 360, "height": 780})
    await own.goto(f"{quiet.url}{path}")

    assert await own.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
