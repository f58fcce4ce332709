"""A real gateway is killed in the middle of a night: it goes on, and asks again only for what was on its way."""

import asyncio
import json
import subprocess
import time
from pathlib import Path

import pytest
from benchmarks import ground

from homarus.testing.sites import SiteFarm
from homarus.testing.sites.places import news_pages

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
AT_ONCE = 2


def _configure(home: Path, farm: SiteFarm) -> None:
    ground.write_config(home, "http://127.0.0.1:9")
    file = home / "homarus.json5"
    config = json.loads(file.read_text())
    own = {"ownPlaces": list(farm.places), "delaySeconds": 0}
    pages = [farm.url(site, f"/kits/{kit}") for site in ("solmark", "kestrel") for kit in ("duo-800", "rail-600")]
    config["sources"] = {
        "shops": {"kind": "prices", "pages": pages, **own},
        "news": {"kind": "web", "pages": news_pages(farm)[:40], **own},
    }
    file.write_text(json.dumps(config))


def _started(home: Path) -> "subprocess.Popen[bytes]":
    silent = subprocess.DEVNULL
    return subprocess.Popen(ground.gateway_command(home), cwd=ground.ROOT, stdout=silent, stderr=silent)


def _killed_and_done(home: Path, farm: SiteFarm) -> str:
    process = _started(home)
    house = ground.Gateway(home, process.pid)
    asked = {"settings": {"atOnce": AT_ONCE}}
    run = house.ask("POST", "/api/v1/playbooks/research/run", asked)["run"]["run_id"]
    while len(farm.hits) < 15:
        time.sleep(0.01)
    process.kill()
    process.wait()
    process = _started(home)
    try:
        house = ground.Gateway(home, process.pid)
        while (now := house.ask("GET", f"/api/v1/runs/{run}")["run"])["state"] in {"queued", "waiting", "running"}:
            time.sleep(0.1)
        return f"{now['state']}: {now['summary']}"
    finally:
        ground.end(process)  # pyright: ignore[reportArgumentType] - nothing of it is heard, be it text or not


async def test_a_gateway_that_was_killed_reads_no_page_twice_that_it_had_read() -> None:
    async with SiteFarm() as farm:
        with ground.folder() as place:
            _configure(place / "home", farm)
            said = await asyncio.to_thread(_killed_and_done, place / "home", farm)

        again = [page for page, count in farm.counts().items() if count > 1 and "robots" not in page]
        assert said.startswith("done: 0 new, 0 changed, 0 gone; 44 of 44 sources read")
        assert len(again) <= AT_ONCE
