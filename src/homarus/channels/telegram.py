"""Telegram: a bot that is asked for its messages over the house's own door; nothing of this machine need be reachable.

A batch is confirmed only when its last message is written down, so that `kill -9` loses nothing; what then comes twice
is known by its id. Telegram knows no keys for what is sent: a send that was cut off is told, not repeated.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from homarus.channels.telegram_api import BotApi, MarkupError, MovedError, TakenError, TokenError
from homarus.channels.telegram_settings import TelegramSettings
from homarus.channels.telegram_text import Piece, pieces_of
from homarus.channels.telegram_updates import Bot, Incoming, Reader, Spot, incoming, number, part
from homarus.domain.acts import Approval, Decision
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ConfigError, ConnectionFailedError, HomarusError, NotAcceptedError, Stage
from homarus.domain.i18n import _
from homarus.domain.ids import ApprovalId
from homarus.domain.marks import channel
from homarus.domain.ports import Health
from homarus.domain.seats import Pressed, Seat
from homarus.domain.turns import Inbound, Reply

_LOG = logging.getLogger(__name__)
_POLL_S = 50
_MOST_FAILURES = 4
"""Polls that may fail in a row before the owner is told; a network that comes and goes is nobody's news."""
_MENU = (
    ("status", "what runs and what waits"),
    ("stop", "stop the answer that is under way"),
    ("model", "which model answers here"),
    ("new", "start afresh"),
    ("approve", "answer a question"),
    ("help", "everything that can be said"),
)
_PRINT = 16
"""Letters of a call's fingerprint that a button carries."""
_MOST_KEPT = 64


@dataclass(slots=True)
class _Under:
    """A reply that is being sent in several messages: how far it came, so that what arrived is not sent again."""

    sent: list[int] = field(default_factory=list[int])


@channel("telegram", settings=TelegramSettings)
class Telegram:
    """Implements `domain.ports.Channel` on the Bot API."""

    has_keys = False
    greets_strangers = True

    def __init__(self, settings: TelegramSettings, *, seat: Seat | None = None) -> None:
        """Take the settings and what the house lends."""
        if seat is None:
            raise ConfigError(_("Telegram needs a running house."), hint="homarus up")
        if not settings.token:
            hint = _("Get one from @BotFather and set it: homarus channels add telegram")
            raise ConfigError(_("`channels.telegram` has no bot token."), hint=hint)
        self._settings = settings
        self._seat = seat
        self._api = BotApi(door=seat.door, root=settings.api_root, token=settings.token)
        self._under: dict[str, _Under] = {}

    async def receive(self) -> AsyncIterator[Inbound]:
        """Yield messages; the next poll confirms the last ones."""
        bot = await self._begin()
        most_bytes = int(self._settings.media_max_mb * 1_000_000)
        reader = Reader(api=self._api, blobs=self._seat.blobs, bot=bot, most_bytes=most_bytes)
        offset: int | None = None
        while True:
            updates = await self._updates(offset)
            albums = _albums(updates)
            for update in updates:
                inbound = await self._read(update, bot, reader, albums)
                if inbound is not None:
                    yield inbound
                offset = number(update, "update_id") + 1

    async def send(self, reply: Reply, *, to: str, idempotency_key: str) -> str:
        """Send a reply in as many messages as it takes; return the id of the first.

        Raises:
            NotAcceptedError: when that chat cannot be written to.
            ConnectionFailedError: at `Stage.CONNECT` or before when nothing arrived; later, nobody knows.
        """
        prefix = f"{self._settings.response_prefix} " if self._settings.response_prefix else ""
        pieces = pieces_of(prefix + reply.text, limit=self._settings.text_chunk_limit)
        return await self._deliver(pieces, _spot(to), idempotency_key)

    async def ask(self, question: Reply, approval: Approval, *, to: str, idempotency_key: str) -> str:
        """Show a question with a button for yes and one for no; errors are as of `send`."""
        pieces = pieces_of(question.text, limit=self._settings.text_chunk_limit)
        bound = f"{approval.approval_id}:{approval.fingerprint[:_PRINT]}"
        buttons: Json = [
            [
                {"text": _("Allow once"), "callback_data": f"once:{bound}"},
                {"text": _("Deny"), "callback_data": f"deny:{bound}"},
            ]
        ]
        return await self._deliver(pieces, _spot(to), idempotency_key, under={"inline_keyboard": buttons})

    async def working(self, to: str) -> None:
        """Show for five seconds that something is written."""
        spot = _spot(to)
        words: dict[str, Json] = {"chat_id": spot.chat, "action": "typing"}
        if spot.thread:
            words["message_thread_id"] = spot.thread
        await self._api.call("sendChatAction", words)

    async def probe(self) -> Health:
        """Ask who we are there."""
        try:
            me = cast("JsonObject", await self._api.call("getMe"))
        except HomarusError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        sentence = _("It is @{name} on Telegram.").format(name=me.get("username", "?"))
        ignored = self._settings.not_followed()
        if ignored:
            sentence += " " + _("Read and not followed: {names}.").format(names=", ".join(ignored))
        return Health(is_well=True, sentence=sentence)

    async def _begin(self) -> Bot:
        me = cast("JsonObject", await self._api.call("getMe"))
        if self._settings.drop_webhook:
            await self._api.call("deleteWebhook", {"drop_pending_updates": False})
        menu: list[Json] = [{"command": name, "description": _(about)} for name, about in _MENU]
        own = self._settings.custom_commands
        menu += [{"command": one.command.lstrip("/"), "description": one.description} for one in own]
        try:
            await self._api.call("setMyCommands", {"commands": menu})
        except NotAcceptedError as error:
            _LOG.warning("channel telegram: the menu was not taken: %s", error.message)
        return Bot(bot_id=number(me, "id"), username=str(me.get("username", "")))

    async def _updates(self, offset: int | None) -> Sequence[JsonObject]:
        """Wait for what is new; `offset` confirms everything before it."""
        words: dict[str, Json] = {"timeout": _POLL_S, "allowed_updates": ["message", "callback_query"]}
        if offset is not None:
            words["offset"] = offset
        for failures in range(1, _MOST_FAILURES + 1):
            try:
                return cast("Sequence[JsonObject]", await self._api.call("getUpdates", words, wait_s=_POLL_S))
            except (TokenError, TakenError):
                raise
            except ConnectionFailedError as error:
                if failures == _MOST_FAILURES:
                    raise
                _LOG.info("channel telegram: %s", error.message)
            await asyncio.sleep(failures**2)
        raise AssertionError  # the last failure is raised

    async def _read(
        self, update: JsonObject, bot: Bot, reader: Reader, albums: dict[str, list[JsonObject]]
    ) -> Inbound | None:
        try:
            pressed = part(update, "callback_query")
            if pressed is not None:
                await self._pressed(pressed)
                return None
            message = part(update, "message")
            came = incoming(message, bot, self._settings) if message is not None else None
            return None if came is None else await self._inbound(came, reader, albums)
        except (KeyError, TypeError, ValueError) as error:
            # One odd message must not keep the others from coming, for ever.
            _LOG.warning("channel telegram: update %s cannot be read: %r", update.get("update_id"), error)
            return None

    async def _inbound(self, came: Incoming, reader: Reader, albums: dict[str, list[JsonObject]]) -> Inbound | None:
        album = albums.get(str(came.message.get("media_group_id", "")), [])
        if album and album[0] is not came.message:
            return None  # it comes with the first picture
        if not await self._seat.knows(came.sender, came.is_group):
            if came.is_group:
                return None
            # For strangers nothing is fetched; the house says whether they are told a code.
            bare: JsonObject = {key: came.message[key] for key in ("message_id", "from", "chat")}
            return await reader.inbound(
                Incoming(message={**bare, "text": "?"}, spot=came.spot, sender=came.sender, is_group=False)
            )
        return await reader.inbound(came, album[1:])

    async def _pressed(self, query: JsonObject) -> None:
        """Carry out a press, say what came of it, and take the buttons away when that is settled."""
        author, message = part(query, "from"), part(query, "message")
        words = str(query.get("data", "")).split(":")
        if author is None or len(words) != 3 or words[0] not in {"once", "deny"}:  # noqa: PLR2004 - decision, id, print
            return
        pressed = Pressed(
            sender=str(number(author, "id")),
            approval_id=ApprovalId(words[1]),
            fingerprint=words[2],
            decision=Decision(words[0]),
        )
        came = await self._seat.press(pressed)
        try:
            answer: dict[str, Json] = {
                "callback_query_id": str(query["id"]),
                "text": came.sentence[:200],
                "show_alert": True,
            }
            await self._api.call("answerCallbackQuery", answer)
            if came.is_settled and message is not None:
                chat = part(message, "chat") or {}
                where: dict[str, Json] = {"chat_id": number(chat, "id"), "message_id": number(message, "message_id")}
                await self._api.call("editMessageReplyMarkup", where)
        except ConnectionFailedError as error:
            # A press is answered within seconds or never; what was decided is written down.
            _LOG.info("channel telegram: a press was not answered: %s", error.message)

    async def _deliver(self, pieces: Sequence[Piece], spot: Spot, key: str, *, under: JsonObject | None = None) -> str:
        sent = self._remembered(key).sent
        for place, piece in enumerate(pieces):
            if place < len(sent):
                continue  # it arrived when this was tried before
            words = self._words(piece, spot, is_first=place == 0)
            if under is not None and place == len(pieces) - 1:
                words["reply_markup"] = under
            try:
                sent.append(await self._message(words))
            except NotAcceptedError as error:
                if not sent:
                    raise
                raise ConnectionFailedError(Stage.CUT, error.message, hint=error.hint) from error
        self._under.pop(key, None)
        return str(sent[0]) if sent else key

    def _remembered(self, key: str) -> _Under:
        while len(self._under) >= _MOST_KEPT:
            self._under.pop(next(iter(self._under)))
        return self._under.setdefault(key, _Under())

    def _words(self, piece: Piece, spot: Spot, *, is_first: bool) -> dict[str, Json]:
        words: dict[str, Json] = {
            "chat_id": spot.chat,
            "text": piece.text,
            "link_preview_options": {"is_disabled": not self._settings.link_preview},
        }
        if piece.stretches:
            words["entities"] = cast("Json", piece.entities())
        if spot.thread:
            words["message_thread_id"] = spot.thread
        mode = self._settings.reply_to_mode
        if spot.message and (mode == "all" or (mode == "first" and is_first)):
            words["reply_parameters"] = {"message_id": spot.message, "allow_sending_without_reply": True}
        return words

    async def _message(self, words: dict[str, Json]) -> int:
        try:
            answer = await self._api.call("sendMessage", words)
        except MarkupError:
            words.pop("entities", None)
            answer = await self._api.call("sendMessage", words)
        except MovedError as moved:
            words["chat_id"] = moved.chat
            answer = await self._api.call("sendMessage", words)
        return number(cast("JsonObject", answer), "message_id")


def _albums(updates: Sequence[JsonObject]) -> dict[str, list[JsonObject]]:
    """Return the messages of each album that came in one batch, in order."""
    found: dict[str, list[JsonObject]] = {}
    for update in updates:
        message = part(update, "message")
        if message is not None and message.get("media_group_id"):
            found.setdefault(str(message["media_group_id"]), []).append(message)
    return found


def _spot(to: str) -> Spot:
    try:
        return Spot.read(to)
    except ValueError as error:
        raise NotAcceptedError(
            _("{to!r} is no chat of Telegram.").format(to=to),
            hint=_("It is a number: your own id for a direct chat. /whoami in the chat tells it."),
        ) from error
