"""A hostile page in the owner's own browser, which is paired: it changes nothing and reads nothing."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from playwright.async_api import expect

from browser.stage import Stage

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

TRIES = """async (target) => {
  const tries = {};
  const attempt = async (name, run) => {
    try { tries[name] = await run(); } catch (error) { tries[name] = "refused"; }
  };
  const read = (path, options) => async () => (await fetch(target + path, options)).text();
  await attempt("read", read("/api/v1/sessions", { credentials: "include" }));
  await attempt("page", read("/chat", { credentials: "include" }));
  await attempt("json", read("/api/v1/turns", {
    method: "POST", credentials: "include", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text: "attack" }) }));
  await attempt("simple", async () => {
    await fetch(target + "/api/v1/turns", { method: "POST", mode: "no-cors", credentials: "include",
      headers: { "Content-Type": "text/plain" }, body: JSON.stringify({ text: "attack" }) });
    return "sent blind";
  });
  await attempt("delete", read("/api/v1/devices/x", { method: "DELETE", credentials: "include" }));
  await attempt("socket", () => new Promise((resolve) => {
    const socket = new WebSocket(target.replace("http", "ws") + "/api/v1/events?follow=1");
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  }));
  await attempt("events", () => new Promise((resolve) => {
    const events = new EventSource(target + "/api/v1/events?follow=1&after=0", { withCredentials: true });
    events.onopen = () => resolve("open");
    events.onerror = () => { events.close(); resolve("refused"); };
  }));
  await attempt("script", () => new Promise((resolve) => {
    const script = document.createElement("script");
    script.onload = () => resolve("loaded");
    script.onerror = () => resolve("refused");
    script.src = target + "/api/v1/status";
    document.head.append(script);
  }));
  return tries;
}"""


@dataclass
class Evil:
    """A web server of somebody else on this machine."""

    port: int
    body: str = "<!doctype html><title>evil</title>"
    asked: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        return f"http://evil.localhost:{self.port}"


@pytest.fixture
async def evil() -> AsyncGenerator[Evil]:
    async def answer(request: web.Request) -> web.Response:
        site.asked.append(request.path_qs)
        return web.Response(text=site.body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{name:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    site = Evil(port=runner.addresses[0][1])
    yield site
    await runner.cleanup()


@pytest.fixture
async def visitor(context: "BrowserContext") -> "Page":
    """A page of the paired browser that is about to visit the wrong place."""
    return await context.new_page()


async def turns(stage: Stage) -> int:
    page: dict[str, Any] = await stage.owner("GET", "/api/v1/events?kinds=inbound.accepted&limit=1000")
    return len(page["events"])


async def test_a_foreign_page_reads_nothing_and_changes_nothing(visitor: "Page", stage: Stage, evil: Evil) -> None:
    before = await turns(stage)
    await visitor.goto(evil.url)
    tries: dict[str, str] = await visitor.evaluate(TRIES, stage.url)

    assert tries.pop("simple") in {"sent blind", "refused"}
    assert set(tries.values()) == {"refused"}
    assert await turns(stage) == before


async def test_a_foreign_form_changes_nothing(visitor: "Page", stage: Stage, evil: Evil) -> None:
    before = await turns(stage)
    fields = '<input name=\'{"text":"attack","x":"\' value=\'"}\'>'
    evil.body = f'<form method=post enctype="text/plain" action="{stage.url}/api/v1/turns">{fields}</form>'
    await visitor.goto(evil.url)
    await visitor.evaluate("document.forms[0].submit()")
    await visitor.wait_for_url(f"{stage.url}/**")

    assert await turns(stage) == before


async def test_a_link_from_a_foreign_page_brings_no_page_of_the_owner(
    visitor: "Page", stage: Stage, evil: Evil
) -> None:
    evil.body = f'<a href="{stage.url}/approvals">win</a>'
    await visitor.goto(evil.url)
    await visitor.get_by_text("win").click()
    await visitor.wait_for_url(f"{stage.url}/**")

    await expect(visitor.locator("#questions")).to_have_count(0)


async def test_no_page_can_be_framed(visitor: "Page", stage: Stage, evil: Evil) -> None:
    evil.body = f'<iframe src="{stage.url}/approvals" width=400 height=400></iframe>'
    await visitor.goto(evil.url)
    await asyncio.sleep(0.5)

    for frame in visitor.frames[1:]:
        assert await frame.locator("#questions, .card, nav").count() == 0


async def test_a_window_that_was_opened_cannot_be_reached(visitor: "Page", stage: Stage, evil: Evil) -> None:
    await visitor.goto(evil.url)
    async with visitor.expect_popup() as opened:
        await visitor.evaluate("(target) => { globalThis.theirs = window.open(target) }", f"{stage.url}/chat")
    await (await opened.value).wait_for_load_state()

    assert await visitor.evaluate("theirs.closed || theirs.length === 0")
    assert await visitor.evaluate("(() => { try { return theirs.document.title } catch { return '' } })()") == ""


async def test_a_name_that_was_rebound_to_this_machine_is_refused(visitor: "Page", stage: Stage) -> None:
    answer = await visitor.goto(f"http://rebind.example:{stage.port}/api/v1/status")

    assert answer is not None
    assert answer.status == 421
    assert "version" not in await answer.text()


async def test_a_page_with_no_origin_is_refused(visitor: "Page", stage: Stage, evil: Evil) -> None:
    told = "(word) => parent.postMessage(word, '*')"
    script = f"const tell = {told}; fetch('{stage.url}/api/v1/status').then(() => tell('read'), () => tell('refused'))"
    evil.body = (
        f'<iframe sandbox="allow-scripts" srcdoc="&lt;script&gt;{script.replace(">", "&gt;")}&lt;/script&gt;"></iframe>'
    )
    heard = "new Promise((resolve) => addEventListener('message', (event) => resolve(event.data)))"
    await visitor.add_init_script(f"if (parent === self) globalThis.heard = {heard}")
    await visitor.goto(evil.url)

    assert await visitor.evaluate("heard") == "refused"


async def test_a_script_that_got_into_a_page_would_not_run(visitor: "Page", stage: Stage) -> None:
    await visitor.goto(f"{stage.url}/chat")
    tried = await visitor.evaluate(
        """() => {
          const refused = [];
          const attempt = (name, run) => { try { run(); } catch { refused.push(name); } };
          attempt("html", () => { document.body.innerHTML = "<img src=x onerror=alert(1)>"; });
          attempt("eval", () => { setTimeout("globalThis.ran = 1", 0); });
          attempt("policy", () => { trustedTypes.createPolicy("other", { createHTML: (text) => text }); });
          attempt("again", () => { trustedTypes.createPolicy("homarus", { createHTML: (text) => text }); });
          const script = document.createElement("script");
          attempt("text", () => { script.textContent = "globalThis.ran = 1"; document.body.append(script); });
          return refused;
        }"""
    )

    assert set(tried) == {"html", "eval", "policy", "again", "text"}
    assert await visitor.evaluate("globalThis.ran") is None
