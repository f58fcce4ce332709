"""The description of the API, and the page made from it, say what the routes are."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from gateway.http_parts import Place
from homarus.gateway.callers import Need
from homarus.gateway.contents import all_operations
from homarus.gateway.openapi import document

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]


async def test_the_description_is_served_to_everybody(stranger: aiohttp.ClientSession) -> None:
    described = await (await stranger.get("/api/v1/openapi.json")).json()

    assert described["openapi"].startswith("3.1")
    assert "/v1/chat/completions" in described["paths"]


def test_every_reference_in_the_description_leads_somewhere() -> None:
    described = document(all_operations())
    schemas = cast("dict[str, Any]", described["components"])["schemas"]

    found = re.findall(r"#/components/schemas/(\w+)", str(described))

    assert set(found) <= set(schemas)


def test_names_of_operations_are_unique() -> None:
    paths = cast("dict[str, dict[str, dict[str, Any]]]", document(all_operations())["paths"])
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]

    assert len(names) == len(set(names))


async def test_every_route_says_what_it_needs(place: Place) -> None:
    described = {(operation.method, operation.path.split(":")[0].rstrip("}")) for operation in all_operations()}
    open_to_all = {o.path for o in all_operations() if o.need is Need.NOTHING}

    for route in place.running.runner.app.router.routes():
        assert route.resource is not None
        path = route.resource.canonical
        is_page = path.startswith(("/static", "/pair"))
        assert is_page or route.method == "HEAD" or (route.method, path.split(":")[0].rstrip("}")) in described
    assert open_to_all == {"/pair/claim", "/api/v1/openapi.json", "/hooks/{name}"}  # hooks look at their own token


def test_the_reference_page_is_up_to_date() -> None:
    script = ROOT / "scripts" / "http_api.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
