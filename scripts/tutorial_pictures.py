"""Take the pictures of the tutorials: python scripts/tutorial_pictures.py [--only NAME].

A real gateway plays the playbooks over the sample data that homarus ships; its model is `homarus.testing.roles`, which
fills in forms from the material and knows nothing else. Debian's Chromium looks at the pages.
"""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.stage import Stage, launch_options, staged  # noqa: E402 - it is found by the line above
from homarus.testing.roles import Roles, every_nth  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Page

FOLDER = ROOT / "docs" / "pictures"
_LOOKS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a page."""

    name: str
    path: str
    """`{briefing}`, `{board}` and `{research}` stand for the last run of that playbook."""
    target: str = ""
    """What is in the middle of it, when that is not the top of the page."""
    height: int = 760


PICTURES = (
    Picture(name="playbooks", path="/playbooks"),
    Picture(name="briefing-form", path="/playbooks/briefing"),
    Picture(name="briefing-report", path="/runs/{briefing}/report"),
    Picture(name="briefing-home", path="/"),
    Picture(name="jobs", path="/jobs"),
    Picture(name="board-report", path="/runs/{board}/report"),
    Picture(name="board-map", path="/runs/{board}/report", target=".picture img"),
    Picture(name="board-steps", path="/runs/{board}"),
    Picture(name="research-report", path="/runs/{research}/report"),
    Picture(name="research-compare", path="/runs/{research}/compare/{first}"),
)


async def play(stage: Stage, name: str) -> str:
    """Play a playbook over its sample data and return the run."""
    made = await stage.owner("POST", f"/api/v1/playbooks/{name}/run", {"settings": {"sample": True}})
    run = str(made["run"]["run_id"])
    shown: dict[str, Any] = {}
    for _look in range(_LOOKS):
        shown = await stage.owner("GET", f"/api/v1/runs/{run}")
        if shown["run"]["ended_at"] is not None:
            return run
        await asyncio.sleep(0.2)
    raise SystemExit(f"{name} does not end: {shown['run']}")


async def fill(stage: Stage) -> dict[str, str]:
    """Play everything once, research over two nights, and plan a morning and a night."""
    stage.model.script = Roles(lies=every_nth(6))
    runs = {"first": await play(stage, "research")}
    for name in ("research", "board", "briefing"):
        runs[name] = await play(stage, name)
    for schedule, what in (("every weekday 07:30", "briefing"), ("every day 03:00", "research")):
        await stage.owner("POST", "/api/v1/jobs", {"schedule": schedule, "what": what, "settings": {"sample": True}})
    return runs


async def take(page: "Page", stage: Stage, picture: Picture, runs: dict[str, str]) -> None:
    """Take one picture."""
    await page.set_viewport_size({"width": 1200, "height": picture.height})
    await page.goto(stage.url + picture.path.format(**runs))
    await page.wait_for_timeout(600)
    file = FOLDER / f"{picture.name}.png"
    if picture.target:
        await page.locator(picture.target).first.screenshot(path=file)
    else:
        await page.screenshot(path=file)
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1000} kB")


async def look(home: Path, only: str) -> list[str]:
    """Take the pictures and return what the pages complained of."""
    from playwright.async_api import async_playwright

    settings: dict[str, Any] = {"agents": {"defaults": {"model": {"primary": "scripted/quirk"}, "userTimezone": "UTC"}}}
    async with staged(home, settings) as stage, async_playwright() as playwright:
        runs = await fill(stage)
        browser = await playwright.chromium.launch(**launch_options())
        context = await browser.new_context(color_scheme="light", device_scale_factor=1)
        await stage.pair(context)
        page = await context.new_page()
        stage.watch(page)
        for picture in PICTURES:
            if only in ("", picture.name):
                await take(page, stage, picture, runs)
        await browser.close()
        return stage.complaints


def main() -> int:
    """Take them; 1 when a page complained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="one picture, by name")
    only = parser.parse_args().only
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o700)
        complaints = asyncio.run(look(home, only))
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
