"""What comes in from Telegram, read into messages: who wrote, what they typed themselves, and what they sent along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from homarus.channels.parts import note, part_of
from homarus.channels.telegram_api import BotApi
from homarus.channels.telegram_settings import TelegramSettings
from homarus.domain.content import Json, JsonObject, Part, Text
from homarus.domain.errors import HomarusError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.labels import Label, Origin
from homarus.domain.ports import Blobs
from homarus.domain.turns import Inbound

_SOUNDS = {"voice": "voice note", "audio": "audio file", "video_note": "video note"}
_FILES = ("document", "video", "animation", "sticker", *_SOUNDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """Who we are there."""

    bot_id: int
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a message stands, and where an answer to it goes."""

    chat: int
    thread: int = 0
    message: int = 0
    """In groups: the message that is answered."""

    @property
    def address(self) -> str:
        """As `Inbound.reply_to` has it; of a direct chat the person's id alone."""
        return f"{self.chat}:{self.thread}:{self.message}" if self.message else str(self.chat)

    @classmethod
    def read(cls, address: str) -> "Spot":
        """Read an address; the id of a chat alone is one.

        Raises:
            ValueError: when it is none.
        """
        chat, _colon, rest = address.partition(":")
        thread, _colon, message = rest.partition(":")
        return cls(chat=int(chat), thread=int(thread or 0), message=int(message or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message that is for us; what was sent along is not fetched yet."""

    message: JsonObject
    spot: Spot
    sender: str
    is_group: bool

    @property
    def external_id(self) -> str:
        """The message's own id: an update's id is drawn anew after a quiet week."""
        return f"{self.spot.chat}:{number(self.message, 'message_id')}"


def number(holder: JsonObject, key: str) -> int:
    """Return a number that must be there.

    Raises:
        KeyError: when it is not.
    """
    found = holder.get(key)
    if isinstance(found, bool) or not isinstance(found, int):
        raise KeyError(key)
    return found


def part(holder: JsonObject, key: str) -> JsonObject | None:
    """Return an object that may be there."""
    found = holder.get(key)
    return cast("JsonObject", found) if isinstance(found, Mapping) else None


def incoming(message: JsonObject, bot: Bot, settings: TelegramSettings) -> Incoming | None:
    """Return a message that is for us; `None` for what bots and other groups say, and for what names somebody else."""
    chat, author = part(message, "chat"), part(message, "from")
    if chat is None or author is None or author.get("is_bot") is True:
        return None
    chat_id, kind = number(chat, "id"), str(chat.get("type", ""))
    sender = str(number(author, "id"))
    if kind == "private":
        return Incoming(message=message, spot=Spot(chat=chat_id), sender=sender, is_group=False)
    if kind not in {"group", "supergroup"} or not _is_answered(chat_id, message, bot, settings):
        return None
    thread = number(message, "message_thread_id") if message.get("is_topic_message") is True else 0
    spot = Spot(chat=chat_id, thread=thread, message=number(message, "message_id"))
    return Incoming(message=message, spot=spot, sender=sender, is_group=True)


def _is_answered(chat_id: int, message: JsonObject, bot: Bot, settings: TelegramSettings) -> bool:
    group = settings.groups.get(str(chat_id)) or settings.groups.get("*")
    if settings.group_policy == "disabled" or group is None or not group.enabled:
        return False
    return not group.require_mention or _is_named(message, bot)


def _is_named(message: JsonObject, bot: Bot) -> bool:
    answered = part(message, "reply_to_message")
    author = part(answered, "from") if answered is not None else None
    if author is not None and author.get("id") == bot.bot_id:
        return True
    text = typed(message)
    units = text.encode("utf-16-le")
    for entity in cast("Sequence[JsonObject]", message.get("entities") or message.get("caption_entities") or ()):
        begin = 2 * number(entity, "offset")
        said = units[begin : begin + 2 * number(entity, "length")].decode("utf-16-le", "replace").casefold()
        user = part(entity, "user")
        if entity.get("type") == "text_mention" and user is not None and user.get("id") == bot.bot_id:
            return True
        if entity.get("type") == "mention" and said == f"@{bot.username}".casefold():
            return True
        if entity.get("type") == "bot_command" and said.endswith(f"@{bot.username}".casefold()):
            return True
    return False


def typed(message: JsonObject) -> str:
    """Return the text of a message or of what it came with."""
    return str(message.get("text") or message.get("caption") or "")


def own_words(message: JsonObject, bot: Bot) -> str:
    """Return what the sender typed: not what was forwarded, and without the bot's name."""
    if "forward_origin" in message:
        return ""
    text = typed(message).strip()
    head, space, rest = text.partition(" ")
    if head.startswith("/"):
        word, _at, name = head.partition("@")
        if name and name.casefold() != bot.username.casefold():
            return ""  # a command for another bot
        return "/help" if word == "/start" else f"{word}{space}{rest}"
    at_name = f"@{bot.username}"
    if text.casefold().startswith(at_name.casefold()):
        return text[len(at_name) :].lstrip(" ,:")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Makes messages of the house out of what came in, fetching what was sent along."""

    api: BotApi
    blobs: Blobs
    bot: Bot
    most_bytes: int

    async def inbound(self, came: Incoming, also: Sequence[JsonObject] = ()) -> Inbound:
        """Return a message with the pictures of its album (`also`)."""
        words, parts = own_words(came.message, self.bot), list(_context(came.message, self.bot))
        for message in (came.message, *also):
            parts += await self._parts(message)
        place = f"group:{came.spot.chat}" if came.is_group else str(came.spot.chat)
        thread = f":{came.spot.thread}" if came.spot.thread else ""
        return Inbound(
            channel="telegram",
            external_id=came.external_id,
            session=SessionKey(f"agent:main:telegram:{place}{thread}"),
            agent=AgentId("main"),
            text=words,
            attachments=tuple(parts),
            reply_to=came.spot.address,
            sender=came.sender,
            sender_name=_name(came.message),
        )

    async def _parts(self, message: JsonObject) -> list[Part]:
        found: list[Part] = []
        sizes = message.get("photo")
        if isinstance(sizes, Sequence) and sizes:
            best = cast("JsonObject", sizes[-1])
            found.append(await self._file("photo", {**best, "mime_type": "image/jpeg", "file_name": "photo.jpg"}))
        for kind in _FILES:
            told = part(message, kind)
            if told is not None and not (kind == "document" and "animation" in message):
                found.append(await self._file(kind, told))
        found += [note(said, "telegram") for said in _spoken_of(message)]
        return found

    async def _file(self, kind: str, told: JsonObject) -> Part:
        media, name = str(told.get("mime_type", "")), str(told.get("file_name") or kind)[:100]
        try:
            content = await self.api.file(str(told["file_id"]), most_bytes=self.most_bytes)
        except HomarusError as error:
            told_of = _("A file {name!r} came along and could not be fetched: {said}")
            return note(told_of.format(name=name, said=error.message), "telegram")
        more = ""
        if kind in _SOUNDS:
            heard = _("It is a {kind} of {seconds} s. Nothing here can hear yet: tell the sender so, and ask for text.")
            more = heard.format(kind=_SOUNDS[kind], seconds=told.get("duration", "?"))
        return await part_of(content, name=name, media=media, blobs=self.blobs, channel="telegram", more=more)


def _context(message: JsonObject, bot: Bot) -> list[Part]:
    """Return words of others that a message brings: what was forwarded, and what it answers."""
    found: list[Part] = []
    if "forward_origin" in message and typed(message):
        found.append(Text(text=typed(message), label=Label(origin=Origin.FILE, source="telegram forwarded message")))
    answered = part(message, "reply_to_message")
    author = part(answered, "from") if answered is not None else None
    if answered is not None and typed(answered) and (author is None or author.get("id") != bot.bot_id):
        found.append(Text(text=typed(answered), label=Label(origin=Origin.FILE, source="telegram quoted message")))
    return found


def _spoken_of(message: JsonObject) -> list[str]:
    """Return in words what is neither text nor a file."""
    found: list[str] = []
    place, contact = part(message, "location"), part(message, "contact")
    if place is not None:
        found.append(f"Location: {place.get('latitude')}, {place.get('longitude')}")
    if contact is not None:
        found.append(f"Contact: {contact.get('first_name', '')} {contact.get('phone_number', '')}".strip())
    poll = part(message, "poll")
    if poll is not None:
        found.append(f"Poll: {poll.get('question', '')}")
    return found


def _name(message: JsonObject) -> str:
    author: Mapping[str, Json] = part(message, "from") or {}
    full = " ".join(str(author[key]) for key in ("first_name", "last_name") if author.get(key))
    username = author.get("username")
    return f"{full} @{username}".strip() if username else full
