"""Status, sessions, approvals, models, configuration, log: what the faces ask the house."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from gateway.http_parts import Place, session
from homarus.domain import codec
from homarus.domain.acts import Approval
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import ApprovalId, CallId, SessionKey, TurnId
from homarus.gateway.api_status import tail

pytestmark = pytest.mark.anyio
EVENTS = {"Accept": "text/event-stream"}


async def test_the_status_says_what_is_going_on(browser: aiohttp.ClientSession) -> None:
    status = await _get(browser, "/api/v1/status")

    assert status["turns"] == {"running": 0, "queued": 0}
    assert status["needs_you"] == 0
    assert status["left_machine_today"]["calls"] == 0


async def test_the_doctor_answers(browser: aiohttp.ClientSession) -> None:
    assert (await _get(browser, "/api/v1/doctor"))["is_well"]


async def test_a_session_shows_what_was_said_and_who_said_it(browser: aiohttp.ClientSession) -> None:
    await _say(browser, "hello", session="Ideas")

    (card,) = (await _get(browser, "/api/v1/sessions"))["sessions"]
    shown = await _get(browser, "/api/v1/sessions/Ideas")

    assert card["session"] == "agent:main:Ideas"
    assert [(m["role"], m["text"]) for m in shown["messages"]] == [("user", "hello"), ("assistant", "Good day.")]
    assert shown["messages"][1]["reply"]["route"]["because"] == "the only one"


async def test_reasoning_is_kept_beside_the_reply_and_never_in_it(browser: aiohttp.ClientSession, place: Place) -> None:
    turn = await _say(browser, "hello")
    session = SessionKey("agent:main:main")
    answered = NewEvent(
        kind=Kind.MODEL_ANSWERED, body={"answer": {"reasoning": "Hmm."}}, session=session, turn=TurnId("turn_2")
    )
    written = (await place.house.store.find(f"{turn}:reply")) or pytest.fail("no reply")
    reply = NewEvent(kind=Kind.REPLY_WRITTEN, body=written.body, session=session, turn=TurnId("turn_2"))
    await place.house.store.append(answered, reply)

    last = (await _get(browser, "/api/v1/sessions/main"))["messages"][-1]

    assert last["reasoning"] == "Hmm."
    assert "Hmm." not in json.dumps(last["reply"])


async def test_what_was_said_can_be_found(browser: aiohttp.ClientSession) -> None:
    await _say(browser, "the lobster pot")

    found = (await _get(browser, "/api/v1/sessions?search=lobst"))["found"]

    assert [event["kind"] for event in found] == ["inbound.accepted"]


async def test_a_session_can_be_taken_along(browser: aiohttp.ClientSession) -> None:
    await _say(browser, "hello")

    as_json = await _get(browser, "/api/v1/sessions/main/export")
    as_text = await (await browser.get("/api/v1/sessions/main/export?format=markdown")).text()
    wrong = await browser.get("/api/v1/sessions/main/export?format=pdf")

    assert as_json["session"]["session"] == "agent:main:main"
    assert "Good day." in as_text
    assert wrong.status == 400


async def test_a_session_can_start_afresh(browser: aiohttp.ClientSession) -> None:
    await _say(browser, "hello")

    await browser.post("/api/v1/sessions/main/reset", json={})

    assert (await _get(browser, "/api/v1/sessions/main"))["messages"][-1]["role"] == "house"


@pytest.mark.parametrize("path", ["", "/export", "/reset"])
async def test_a_session_that_never_was_is_not_found(browser: aiohttp.ClientSession, path: str) -> None:
    method = "POST" if path == "/reset" else "GET"

    answer = await browser.request(method, f"/api/v1/sessions/none{path}", json={} if method == "POST" else None)

    assert answer.status == 404


async def test_a_question_is_answered_once_and_only_as_it_was_shown(
    browser: aiohttp.ClientSession, place: Place
) -> None:
    await _ask(place)

    (shown,) = (await _get(browser, "/api/v1/approvals"))["approvals"]
    other = await browser.post("/api/v1/approvals/ask_1", json={"decision": "once", "fingerprint": "another"})
    first = await browser.post("/api/v1/approvals/ask_1", json={"decision": "once", "fingerprint": "print"})
    second = await browser.post("/api/v1/approvals/ask_1", json={"decision": "deny", "fingerprint": "print"})

    assert shown["arguments"] == {"command": "ls"}
    assert [other.status, first.status, second.status] == [400, 200, 404]
    decided = await place.house.store.since(0, kinds=(Kind.APPROVAL_DECIDED,))
    assert str(decided[0].body["by"]).startswith("device:")


@pytest.mark.parametrize("scopes", [("chat",), ("read",), ("chat", "read", "owner")])
async def test_no_key_without_admin_decides(
    stranger: aiohttp.ClientSession, place: Place, scopes: tuple[str, ...]
) -> None:
    await _ask(place)
    headers = {"Authorization": f"Bearer {await place.key(*scopes)}"}

    answer = await stranger.post(
        "/api/v1/approvals/ask_1", json={"decision": "once", "fingerprint": "print"}, headers=headers
    )

    assert answer.status == 403
    assert len(await place.house.approvals.pending()) == 1


async def test_models_are_listed_and_one_is_chosen(browser: aiohttp.ClientSession, place: Place) -> None:
    (model,) = [m for m in (await _get(browser, "/api/v1/models"))["models"] if m["ref"] == "test/tiny"]

    chosen = await browser.post("/api/v1/models/use", json={"model": "test/tiny", "session": "Ideas"})
    unknown = await browser.post("/api/v1/models/use", json={"model": "tinny"})

    assert model["is_usable"]
    assert [chosen.status, unknown.status] == [200, 404]
    selected = await place.house.selection.of_session(SessionKey("agent:main:Ideas"))
    assert str(selected) == "test/tiny"


async def test_a_setting_is_shown_changed_and_taken_back(browser: aiohttp.ClientSession) -> None:
    key = "/api/v1/config/agents.defaults.timeoutSeconds"

    before = (await _get(browser, key))["settings"][0]["value"]
    changed = await browser.put(key, json={"value": 30})
    during = (await _get(browser, key))["settings"][0]["value"]
    await browser.post("/api/v1/config/undo", json={})
    after = (await _get(browser, key))["settings"][0]["value"]

    assert changed.status == 200
    assert [before, during, after] == [600, 30, 600]


async def test_a_value_that_does_not_fit_is_refused_in_words(browser: aiohttp.ClientSession) -> None:
    answer = await browser.put("/api/v1/config/gateway.port", json={"value": "much"})
    unknown = await browser.get("/api/v1/config/gateway.prot")

    assert answer.status >= 400
    assert (await answer.json())["error"]["hint"]
    assert unknown.status == 404
    assert "gateway.port" in (await unknown.json())["error"]["hint"]


async def test_the_whole_configuration_is_listed_without_secrets(browser: aiohttp.ClientSession) -> None:
    listed = await _get(browser, "/api/v1/config")

    assert listed["standing"] == "files"
    assert any(row["key"] == "gateway.port" for row in listed["settings"])


async def test_a_text_is_checked_and_files_only_from_the_terminal(
    browser: aiohttp.ClientSession, owner: aiohttp.ClientSession, place: Place
) -> None:
    file = str(place.house.home / "homarus.json5")

    text = await (await browser.post("/api/v1/config/check", json={"text": "{gateway: {port: 0}}"})).json()
    by_page = await browser.post("/api/v1/config/check", json={"path": file})
    by_owner = await (await owner.post("/api/v1/config/check", json={"path": file})).json()

    assert not text["is_good"]
    assert by_page.status == 403
    assert by_owner["is_good"]


SERVICE = {"command": "/bin/sh", "args": ["-c", "id"]}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("models.providers.box.localService", SERVICE),
        ("models.providers.box.local_service.command", "/bin/sh"),
        ('models.providers["box"]["localService"]["args"]', ["-c", "id"]),
        ("models.providers.box", {"baseUrl": "http://127.0.0.1:9/v1", "localService": SERVICE}),
        ("models.providers", {"box": {"baseUrl": "http://127.0.0.1:9/v1", "local_service": SERVICE}}),
        ("models", {"providers": {"box": {"$include": "/tmp/box.json"}}}),
    ],
)
async def test_no_page_names_a_command(key: str, value: object, browser: aiohttp.ClientSession, place: Place) -> None:
    async with session(place.url, headers={"Authorization": f"Bearer {await place.key('admin')}"}) as program:
        answers = [
            await one.put(f"/api/v1/config/{quote(key, safe='')}", json={"value": value}) for one in (browser, program)
        ]

    assert [answer.status for answer in answers] == [403, 403]
    assert "command line" in (await answers[0].json())["error"]["message"]
    assert "box" not in place.house.settings().models.providers


async def test_the_owner_names_a_command_at_the_terminal(owner: aiohttp.ClientSession, place: Place) -> None:
    value = {"baseUrl": "http://127.0.0.1:9/v1", "localService": SERVICE}
    answer = await owner.put("/api/v1/config/models.providers.box", json={"value": value})

    assert answer.status == 200
    service = place.house.settings().models.providers["box"].local_service
    assert service is not None
    assert service.command == "/bin/sh"


async def test_reminders_that_came_due_are_shown_once(owner: aiohttp.ClientSession) -> None:
    taken = await (await owner.post("/api/v1/notices/take", json={"face": "cli"})).json()

    assert taken == {"notices": []}


async def test_the_log_is_shown_clean_and_capped(browser: aiohttp.ClientSession, place: Place) -> None:
    folder = place.house.home / "logs"
    folder.mkdir()
    (folder / "gateway.log").write_text("one\n\x1b[31mred\u202e\n" + "x" * 15_000 + "\n")

    lines = (await _get(browser, "/api/v1/logs?lines=2"))["lines"]

    assert lines[0] == "\\u001b[31mred\\u202e"
    assert len(lines[1]) == 4000


def test_without_a_log_there_are_no_lines(tmp_path: Any) -> None:
    assert tail(tmp_path / "none", 5) == []


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=1e3", "kinds=nonsense", "after=" + "9" * 40])
async def test_a_strange_question_to_the_log_is_refused(browser: aiohttp.ClientSession, query: str) -> None:
    answer = await browser.get(f"/api/v1/events?{query}")

    assert answer.status == 400


async def test_the_newest_events_come_on_demand_and_say_that_there_are_more(browser: aiohttp.ClientSession) -> None:
    await _say(browser, "hello")
    whole = (await _get(browser, "/api/v1/events?limit=1000"))["events"]

    newest = await _get(browser, "/api/v1/events?newest=1&limit=2")
    older = await _get(browser, f"/api/v1/events?limit=2&before={newest['events'][0]['seq']}")

    assert [event["seq"] for event in older["events"] + newest["events"]] == [event["seq"] for event in whole[-4:]]
    assert newest["has_more"]
    assert not (await _get(browser, f"/api/v1/events?newest=1&limit={len(whole)}"))["has_more"]


async def test_every_get_leaves_the_log_as_it_was(browser: aiohttp.ClientSession, place: Place) -> None:
    turn = await _say(browser, "hello")
    await _ask(place)
    before = await place.house.store.last_seq()
    fill = {"turn_id": turn, "key": "main", "approval_id": "ask_1", "name": "test/tiny"}

    for resource in place.running.runner.app.router.resources():
        path = resource.canonical
        if path.endswith("/events") and "{run_id}" in path:
            continue  # a stream that ends with its run
        for name, value in fill.items():
            path = path.replace(f"{{{name}}}", value)
        answer = await browser.get(path)
        assert answer.status < 500, path

    assert await place.house.store.last_seq() == before


async def _get(browser: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    answer = await browser.get(path)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def _say(browser: aiohttp.ClientSession, text: str, *, session: str | None = None) -> str:
    answer = await browser.post("/api/v1/turns", json={"text": text, "session": session}, headers=EVENTS)
    streamed = (await answer.read()).decode()
    return str(json.loads(streamed.split("data: ", 1)[1].split("\n", 1)[0])["turn_id"])


async def _ask(place: Place) -> None:
    now = place.house.clock.now()
    approval = Approval(
        approval_id=ApprovalId("ask_1"),
        turn_id=TurnId("turn_1"),
        session=SessionKey("agent:main:main"),
        call_id=CallId("call_1"),
        tool="shell.run",
        arguments={"command": "ls"},
        fingerprint="print",
        because="it runs a program",
        sources=(),
        asked_at=now,
        expires_at=now + timedelta(hours=1),
    )
    await place.house.store.append(
        NewEvent(
            kind=Kind.APPROVAL_ASKED,
            body={"approval": codec.dump(approval)},
            session=approval.session,
            turn=approval.turn_id,
        )
    )
