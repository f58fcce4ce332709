"""A Telegram of the tests' own: the Bot API 9.x as a bot sees it, and the people on its other side.

Shapes and errors are meant to be those of core.telegram.org/bots/api, written down from knowledge of it: no real
Telegram was asked, and where the two differ, it is right.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

TOKEN = "123456:AAtests-only-token-of-a-bot-that-is-not"  # noqa: S105 - nobody's
BOT_ID = 123456
BOT_NAME = "homarus_test_bot"
_PATIENCE_S = 20.0
_MOST_UNITS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class BotMessage:
    """What people see of the bot."""

    message_id: int
    chat: int
    text: str
    words: Mapping[str, Any]
    """The whole call."""

    @property
    def buttons(self) -> dict[str, str]:
        """Labels under it, with what pressing one sends."""
        rows = self.words.get("reply_markup", {}).get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one call."""

    code: int = 0
    """As an answer; zero breaks the connection."""
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_done: bool = False
    """With zero: whether it was carried out before the connection broke."""


@dataclass(slots=True, kw_only=True)
class TelegramServer:
    """The service, as far as a bot needs it."""

    port: int = 0
    webhook: str = ""
    """An address that another program set; getUpdates is refused then."""
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list[tuple[str, Mapping[str, Any]]])
    """Every call with the right token, in order."""
    seen: list[BotMessage] = field(default_factory=list[BotMessage])
    """What the bot has written."""
    answers: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    """Answers to presses."""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """By file_id; the path is `files/<file_id>`."""
    blocked_by: set[int] = field(default_factory=set[int])
    updates: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Those that are not confirmed yet."""
    faults: dict[str, deque[Fault]] = field(default_factory=dict[str, deque[Fault]])
    """By method."""
    _next_update: int = 700_000_001
    _next_message: int = 10
    _polling: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    @asynccontextmanager
    async def running(cls, port: int = 0) -> AsyncGenerator[Self]:
        """Serve on loopback while inside."""
        here = cls()
        server = await asyncio.start_server(here._connection, "127.0.0.1", port)
        here.port = server.sockets[0].getsockname()[1]
        try:
            yield here
        finally:
            server.close()

    @property
    def url(self) -> str:
        """For `channels.telegram.apiRoot`."""
        return f"http://127.0.0.1:{self.port}"

    def write(
        self, text: str, *, sender: int = 42, name: str = "Lena", chat: int | None = None, **more: object
    ) -> dict[str, Any]:
        """Let somebody write, to the bot directly or into a group (a negative id); return the message."""
        self._next_message += 1
        kind = {"id": chat, "type": "supergroup", "title": "A group"} if chat is not None else None
        message: dict[str, Any] = {
            "message_id": self._next_message,
            "from": {"id": sender, "is_bot": False, "first_name": name},
            "chat": kind or {"id": sender, "type": "private", "first_name": name},
            "date": 1_800_000_000,
            **({"text": text} if text else {}),
            **more,
        }
        self._add({"message": message})
        return message

    def press(self, message: BotMessage, label: str, *, sender: int = 42) -> None:
        """Let somebody press a button."""
        query: dict[str, Any] = {
            "id": str(self._next_update),
            "from": {"id": sender, "is_bot": False, "first_name": "Lena"},
            "message": {"message_id": message.message_id, "chat": {"id": message.chat}, "text": message.text},
            "chat_instance": "1",
            "data": message.buttons[label],
        }
        self._add({"callback_query": query})

    def fail(self, method: str, *faults: Fault) -> None:
        """Order one fault for each of the next calls."""
        self.faults.setdefault(method, deque()).extend(faults)

    def texts(self, chat: int = 42) -> list[str]:
        """Return what the bot wrote to a chat."""
        return [message.text for message in self.seen if message.chat == chat]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds; looked at whenever the bot calls."""
        async with asyncio.timeout(_PATIENCE_S):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def _add(self, update: dict[str, Any]) -> None:
        self.updates.append({"update_id": self._next_update, **update})
        self._next_update += 1
        self._changed.set()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                fields = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])}
                raw = await reader.readexactly(int(fields.get("content-length", "0")))
                body = await self._answer(lines[0].split()[1], raw)
                if body is None:
                    return
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            return  # hung up, or the server ends
        finally:
            writer.close()

    async def _answer(self, path: str, raw: bytes) -> bytes | None:
        if path.startswith(f"/file/bot{TOKEN}/files/"):
            content = self.files.get(path.rpartition("/")[2])
            return _http(200, content) if content is not None else _http(404, b'{"ok":false,"error_code":404}')
        secret, _slash, method = path.removeprefix("/bot").partition("/")
        if secret != TOKEN:
            return _refusal(401, "Unauthorized")
        words: Mapping[str, Any] = json.loads(raw or b"{}")
        waiting = self.faults.get(method)
        fault = waiting.popleft() if waiting else None
        if fault is not None and fault.code:
            return _refusal(fault.code, fault.description, fault.parameters)
        if fault is not None and not fault.is_done:
            return None
        self.calls.append((method, words))
        act = getattr(self, f"_do_{method.lower()}", None)
        try:
            result = await act(words) if act is not None else None
        except _RefusedCallError as refused:
            return _refusal(refused.code, refused.description)
        finally:
            self._changed.set()
        if act is None:
            return _refusal(404, "Not Found: method not found")
        return None if fault is not None else _http(200, json.dumps({"ok": True, "result": result}).encode())

    async def _do_getme(self, _words: Mapping[str, Any]) -> object:
        return {
            "id": BOT_ID,
            "is_bot": True,
            "first_name": "Homarus",
            "username": BOT_NAME,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
        }

    async def _do_getupdates(self, words: Mapping[str, Any]) -> object:
        if self.webhook:
            raise _RefusedCallError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._polling += 1
        mine = self._polling
        offset = words.get("offset", 0)
        self.updates = [update for update in self.updates if update["update_id"] >= offset]
        self._changed.set()
        until = asyncio.get_running_loop().time() + words.get("timeout", 0)
        while not self.updates and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, 0.005))
            if mine != self._polling:
                raise _RefusedCallError(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
        return self.updates[:100]

    async def _do_sendmessage(self, words: Mapping[str, Any]) -> object:
        chat, text = words["chat_id"], str(words.get("text", "")).strip()
        if chat in self.blocked_by:
            raise _RefusedCallError(403, "Forbidden: bot was blocked by the user")
        if not isinstance(chat, int) or chat == 0:
            raise _RefusedCallError(400, "Bad Request: chat not found")
        if not text:
            raise _RefusedCallError(400, "Bad Request: message text is empty")
        length = len(text.encode("utf-16-le")) // 2
        if length > _MOST_UNITS:
            raise _RefusedCallError(400, "Bad Request: message is too long")
        if words.get("parse_mode") and any(sign in text for sign in ("*", "_", "<", "`")):
            raise _RefusedCallError(
                400, "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 0"
            )
        for entity in words.get("entities", []):
            if entity["offset"] < 0 or entity["length"] <= 0 or entity["offset"] + entity["length"] > length:
                raise _RefusedCallError(400, "Bad Request: can't parse entities: entity is out of the text")
        _check_buttons(words)
        self._next_message += 1
        message = BotMessage(message_id=self._next_message, chat=chat, text=text, words=words)
        self.seen.append(message)
        return {"message_id": message.message_id, "chat": {"id": chat, "type": "private"}, "date": 0, "text": text}

    async def _do_sendchataction(self, _words: Mapping[str, Any]) -> object:
        return True

    async def _do_setmycommands(self, words: Mapping[str, Any]) -> object:
        for one in words["commands"]:
            if not 1 <= len(one["command"]) <= 32:
                raise _RefusedCallError(400, "Bad Request: BOT_COMMAND_INVALID")
        return True

    async def _do_deletewebhook(self, _words: Mapping[str, Any]) -> object:
        self.webhook = ""
        return True

    async def _do_answercallbackquery(self, words: Mapping[str, Any]) -> object:
        if len(str(words.get("text", ""))) > 200:
            raise _RefusedCallError(400, "Bad Request: MESSAGE_TOO_LONG")
        self.answers.append(words)
        return True

    async def _do_editmessagereplymarkup(self, words: Mapping[str, Any]) -> object:
        for place, message in enumerate(self.seen):
            if (message.chat, message.message_id) == (words["chat_id"], words["message_id"]):
                if not message.buttons:
                    raise _RefusedCallError(400, "Bad Request: message is not modified")
                kept = {key: value for key, value in message.words.items() if key != "reply_markup"}
                self.seen[place] = BotMessage(
                    message_id=message.message_id, chat=message.chat, text=message.text, words=kept
                )
        return True

    async def _do_getfile(self, words: Mapping[str, Any]) -> object:
        file_id = str(words["file_id"])
        if file_id not in self.files:
            raise _RefusedCallError(400, "Bad Request: invalid file_id")
        size = len(self.files[file_id])
        if size > 20 * 1024 * 1024:
            raise _RefusedCallError(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": f"files/{file_id}"}


class _RefusedCallError(Exception):
    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


def _check_buttons(words: Mapping[str, Any]) -> None:
    rows: Sequence[Sequence[Mapping[str, str]]] = words.get("reply_markup", {}).get("inline_keyboard", [])
    if any(not 1 <= len(button["callback_data"].encode()) <= 64 for row in rows for button in row):
        raise _RefusedCallError(400, "Bad Request: BUTTON_DATA_INVALID")


def _refusal(code: int, description: str, parameters: Mapping[str, Any] | None = None) -> bytes:
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        body["parameters"] = dict(parameters)
    return _http(code, json.dumps(body).encode())


def _http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
