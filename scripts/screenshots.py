"""Take pictures of every page in its states: python scripts/screenshots.py FOLDER [--only NAME].

A real gateway with a scripted model is filled as a person would fill it, and looked at with Debian's Chromium at three
widths, light and dark.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.stage import Stage, launch_options, staged  # noqa: E402 - it is found by the line above
from homarus.testing.quirks.turns import Turn, call, say  # noqa: E402
from homarus.testing.scripts import on, on_result, script  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

SIZES = {"1440": (1440, 900), "1024": (1024, 768), "360": (360, 780)}
PLAN = """The three machines differ mostly in memory. For a 7B model in Q4 you want **8 GB free**.

| machine | memory | 7B Q4 | 13B Q4 |
|---|---:|---|---|
| laptop | 16 GB | fits | tight |
| mini | 24 GB | fits | fits |
| old box | 8 GB | no | no |

Next steps:

1. Stop what you do not need.
2. Pull the model, then measure it:

```sh
ollama pull qwen3:8b
homarus models list
```

The card has the details [in the manual](https://docs.example.org/cards/qwen3?from=chat).
"""
MODEL = script(
    on("machines", then=Turn(text=PLAN, reasoning="They ask about memory. I compare three machines.\nA table fits.")),
    on("dentist", then=call("remind.set", {"text": "Dentist", "when": "tomorrow at 9:00"})),
    on("heading of my notes", then=call("files.read", {"path": "AGENTS.md"})),
    on("rules", then=call("files.write", {"path": "AGENTS.md", "content": "# Rules\n\nAnswer in German.\n"})),
    on_result("Done: {result}"),
    otherwise=say("Hello. What shall we do today?"),
)
TALK = (
    ("agent:main:web:machines", "Which of my machines can run a 7B model?"),
    ("agent:main:web:today", "Remind me of the dentist tomorrow at 9"),
    ("agent:main:web:today", "What is the heading of my notes?"),
    ("agent:main:main", "Hello there"),
)


async def fill(stage: Stage) -> None:
    """Say what a person would say, fail once, and leave a question open."""
    from homarus.testing.quirks.catalogue import quirk_named

    stage.model.script = MODEL
    for session, text in TALK:
        await turn(stage, session, text)
    stage.model.quirks = [quirk_named("unauthorized")]
    await turn(stage, "agent:main:web:broken", "Summarise my mail")
    stage.model.quirks = []
    await stage.owner("POST", "/api/v1/keys", {"name": "Zed editor", "scopes": ["chat"]})
    await turn(
        stage, "agent:main:web:rules", "From now on answer in German, write it into your rules", is_waited_for=False
    )


async def turn(stage: Stage, session: str, text: str, *, is_waited_for: bool = True) -> None:
    """Send a message as the browser of the owner would."""
    made = await stage.owner("POST", "/api/v1/turns", {"text": text, "session": session, "channel": "web"})
    for _ in range(100):
        view = await stage.owner("GET", f"/api/v1/turns/{made['turn_id']}")
        if view["state"] == "ended" or (not is_waited_for and view["state"] == "parked"):
            return
        await asyncio.sleep(0.1)


async def take(stage: Stage, browser: "Browser", folder: Path, only: Sequence[str]) -> None:
    """Take every picture that is wanted."""
    for scheme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            look: Any = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
            async with await browser.new_context(**look) as context:
                page = await context.new_page()
                stage.watch(page)
                await page.goto(f"{stage.url}/chat")
                await picture(page, folder, "unpaired", size, scheme, only)
                await page.goto(f"{stage.url}/pair")
                await picture(page, folder, "pair", size, scheme, only)
                stage.complaints.clear()
                await stage.pair(context)
                for name, path in PATHS.items():
                    if not only or name in only:
                        await page.goto(f"{stage.url}{path}")
                        await page.wait_for_timeout(400)
                        await opened(page, name)
                        await picture(page, folder, name, size, scheme, only)
                if not only or "streaming" in only:
                    await streaming(stage, page, folder, size, scheme)


PATHS = {
    "home": "/",
    "chat": "/chat/agent:main:web:machines",
    "chat-why": "/chat/agent:main:web:machines",
    "chat-tools": "/chat/agent:main:web:today",
    "chat-error": "/chat/agent:main:web:broken",
    "chat-question": "/chat/agent:main:web:rules",
    "chat-empty": "/chat/agent:main:web:new",
    "approvals": "/approvals",
    "models": "/models",
    "activity": "/activity",
    "settings": "/settings",
    "settings-edit": "/settings#port",
}


async def opened(page: "Page", name: str) -> None:
    """Open what a picture is to show."""
    if name == "chat-why":
        await page.get_by_text("why?").first.click()
        await page.locator("[data-part=reasoning] summary").first.click()
    if name == "chat-tools":
        await page.locator(".act summary").first.click()
    if name == "settings-edit":
        await page.locator("[data-setting='gateway.port'] [data-act=edit]").click()
        await page.fill("[data-setting='gateway.port'] input", "99999")
        await page.press("[data-setting='gateway.port'] input", "Enter")
        await page.wait_for_timeout(300)


async def streaming(stage: Stage, page: "Page", folder: Path, size: str, scheme: str) -> None:
    """Take a picture while an answer is being written."""
    from homarus.testing.quirks.catalogue import quirk_named

    stage.model.quirks = [quirk_named("slow_words")]
    await page.goto(f"{stage.url}/chat/new")
    await page.fill("#words", "Which of my machines can run a 7B model?")
    await page.press("#words", "Enter")
    await page.wait_for_timeout(3500)
    await picture(page, folder, "streaming", size, scheme, ())
    await page.press("#words", "Escape")
    stage.model.quirks = []


async def picture(page: "Page", folder: Path, name: str, size: str, scheme: str, only: Sequence[str]) -> None:
    """Take one picture."""
    if not only or name in only:
        await page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")


async def look(home: Path, folder: Path, only: Sequence[str]) -> list[str]:
    """Fill a gateway, take pictures of it, and return what the pages complained of."""
    from playwright.async_api import async_playwright

    async with staged(home) as stage, async_playwright() as playwright:
        await fill(stage)
        browser = await playwright.chromium.launch(**launch_options())
        await take(stage, browser, folder, only)
        await browser.close()
        return [complaint for complaint in stage.complaints if "status of 422" not in complaint]


def main() -> int:
    """Take the pictures; 1 when a page complained of something."""
    parser = argparse.ArgumentParser(description="Take pictures of every page.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", default=[], help="a picture's name; may be given several times")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="homarus-") as home:
        Path(home).chmod(0o700)
        complaints = asyncio.run(look(Path(home), options.folder, options.only))
    print(f"{len(list(options.folder.glob('*.png')))} pictures in {options.folder}")
    for complaint in complaints:
        print(f"console: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
