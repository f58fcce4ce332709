"""The checklist of the gateway's transport and credentials, each point a claim."""

from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from gateway.http_parts import Place, raw, running_place, session

pytestmark = pytest.mark.anyio


async def test_a_paired_browser_sees_the_status(browser: aiohttp.ClientSession) -> None:
    answer = await browser.get("/api/v1/status")

    assert answer.status == 200
    assert (await answer.json())["model"]["ref"] == "test/tiny"


async def test_nobody_else_on_the_same_machine_does(place: Place) -> None:
    async with session(place.url) as stranger:
        answer = await stranger.get("/api/v1/status")

    assert answer.status == 401
    assert "paired" in (await answer.json())["error"]["message"]


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
async def test_the_three_names_of_this_machine_are_ours(place: Place, host: str) -> None:
    answer = await raw(place.port, get("/pair", host.format(port=place.port)))

    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1.nip.io:{port}",
        "localhost.:{port}",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:1",
        "0.0.0.0:{port}",
        "127.1:{port}",
        "localhost:{port}.evil.example",
        "user@127.0.0.1:{port}",
        "",
    ],
)
async def test_any_other_name_is_misdirected(place: Place, host: str) -> None:
    answer = await raw(place.port, get("/pair", host.format(port=place.port)))

    assert answer.startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))


async def test_an_absolute_address_a_second_host_and_no_host_are_refused(place: Place) -> None:
    here = f"127.0.0.1:{place.port}"

    absolute = await raw(place.port, get(f"http://{here}/pair", here))
    doubled = await raw(place.port, get("/pair", here, f"Host: {here}"))
    missing = await raw(place.port, b"GET /pair HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert [answer[9:12] for answer in (absolute, doubled, missing)] == [b"400"] * 3


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.localhost:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        "http://localhost:{port}.evil.example",
        "http://127.evil.example:{port}",
        "null",
        "file://",
        "",
    ],
)
async def test_no_foreign_page_may_ask_even_with_a_valid_cookie(
    browser: aiohttp.ClientSession, place: Place, origin: str
) -> None:
    origin = origin.format(port=place.port)

    read = await browser.get("/api/v1/status", headers={"Origin": origin})
    written = await browser.post("/api/v1/turns", json={"text": "hi"}, headers={"Origin": origin})

    assert [read.status, written.status] == [403, 403]
    assert place.inbounds == []


async def test_our_own_page_may(browser: aiohttp.ClientSession, place: Place) -> None:
    headers = {"Origin": place.url, "Sec-Fetch-Site": "same-origin"}

    answer = await browser.post("/api/v1/turns", json={"text": "hi"}, headers=headers)

    assert answer.status == 202


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
async def test_what_a_browser_says_comes_from_another_site_is_refused(
    browser: aiohttp.ClientSession, site: str
) -> None:
    answer = await browser.get("/api/v1/status", headers={"Sec-Fetch-Site": site})

    assert answer.status == 403


async def test_a_websocket_of_a_foreign_page_is_refused_before_the_upgrade(place: Place) -> None:
    answer = await raw(
        place.port,
        get("/api/v1/status", f"127.0.0.1:{place.port}", "Origin: http://evil.localhost:1", "Upgrade: websocket"),
    )

    assert answer.startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_what_a_form_can_send_changes_nothing(
    browser: aiohttp.ClientSession, place: Place, kind: str | None
) -> None:
    headers = {"Content-Type": kind} if kind else {}

    answer = await browser.post(
        "/api/v1/turns", data=b'{"text": "hi"}', headers=headers, skip_auto_headers=["Content-Type"]
    )

    assert answer.status == 415
    assert place.inbounds == []


async def test_a_write_without_a_body_needs_json_too(browser: aiohttp.ClientSession) -> None:
    answer = await browser.post("/api/v1/turns/turn_1/stop")

    assert answer.status == 415


@pytest.mark.parametrize(
    "query",
    [
        *("?token=x", "?key=x", "?api_key=x", "?access-token=x", "?gatewayUrl=ws://evil", "?TOKEN=x", "?a=1&password="),
        *("?code=1", "?jwt=x", "?sid=x", "?x-api-key=x", "?a=1;token=x", ";token=x", "?%74oken=x", "?a=/x&jwt=x"),
        "?token",
    ],
)
async def test_a_credential_in_an_address_is_refused(browser: aiohttp.ClientSession, query: str) -> None:
    answer = await browser.get(URL(f"/api/v1/status{query}", encoded=True))

    assert answer.status == 400


async def test_what_a_proxy_claims_to_know_counts_for_nothing(place: Place) -> None:
    headers = {
        "X-Forwarded-For": "8.8.8.8",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-User": "owner",
        "Tailscale-User-Login": "owner@example.org",
        "Forwarded": "for=8.8.8.8;host=evil.example",
    }
    async with session(place.url) as stranger:
        answer = await stranger.get("/api/v1/status", headers=headers)

    assert answer.status == 401


async def test_only_loopback_is_bound(place: Place) -> None:
    sockets = [sock for server in place.running.servers for sock in server.sockets]
    bound = {str(sock.getsockname()[0]) for sock in sockets}

    assert bound <= {"127.0.0.1", "::1", "/"}


async def test_the_socket_is_for_this_user_alone_and_needs_no_credential(place: Place) -> None:
    path = place.running.socket_path
    async with session("http://localhost", connector=aiohttp.UnixConnector(str(path))) as owner:
        answer = await owner.get("/api/v1/status")

    assert answer.status == 200
    assert path.stat().st_mode & 0o777 == 0o600


async def test_no_page_may_use_the_socket(place: Place) -> None:
    connector = aiohttp.UnixConnector(str(place.running.socket_path))
    async with session("http://localhost", connector=connector) as owner:
        answer = await owner.get("/api/v1/status", headers={"Origin": "http://localhost"})

    assert answer.status == 403


async def test_pages_cannot_be_framed_sniffed_or_kept(place: Place) -> None:
    async with session(place.url) as stranger:
        answer = await stranger.get("/pair")

    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "aiohttp" not in answer.headers["Server"]


async def test_every_page_has_a_nonce_of_its_own(place: Place) -> None:
    async with session(place.url) as stranger:
        policies = {(await stranger.get("/pair")).headers["Content-Security-Policy"] for _ in range(3)}

    assert len(policies) == 3


async def test_a_configured_page_may_ask_with_a_key_but_not_with_a_cookie(home: Path) -> None:
    origin = "http://localhost:3000"
    async with running_place(home, {"gateway": {"allowedOrigins": [origin]}}) as place:
        key, cookie = await place.key("chat"), await place.cookie()
        async with session(place.url, headers={"Origin": origin}) as page:
            asked = await page.options("/v1/models", headers={"Access-Control-Request-Method": "GET"})
            with_key = await page.get("/v1/models", headers={"Authorization": f"Bearer {key}"})
            with_cookie = await page.get("/v1/models", cookies=cookie)

    assert [asked.status, with_key.status, with_cookie.status] == [204, 200, 401]
    assert with_key.headers["Access-Control-Allow-Origin"] == origin


def get(target: str, host: str, *lines: str) -> bytes:
    head = "\r\n".join([f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *lines])
    return f"{head}\r\n\r\n".encode()
