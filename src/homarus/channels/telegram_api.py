"""Calls to Telegram's Bot API (9.x) over the door. The token stands in the address, so no address is ever quoted."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ConnectionFailedError, NotAcceptedError, Stage
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Outbound, Purpose, Timeouts

_MOST_BYTES = 16 * 1024 * 1024
_LONGEST_PAUSE_S = 30.0
"""A pause that Telegram asks for is kept here up to this; a longer one is the outbox's."""
_TRIES = 3
_LONGEST = 200


class TokenError(NotAcceptedError):
    """Telegram does not know the token."""


class TakenError(ConnectionFailedError):
    """Somebody else receives for this bot."""


class MarkupError(NotAcceptedError):
    """Telegram cannot read how a text is marked; the same text without marks goes."""


class MovedError(NotAcceptedError):
    """A group has become another one, with another id."""

    def __init__(self, message: str, *, hint: str, chat: int) -> None:
        """Keep where it is now."""
        super().__init__(message, hint=hint)
        self.chat = chat


@dataclass(slots=True, kw_only=True)
class BotApi:
    """One bot."""

    door: Door
    root: str
    token: str = field(repr=False)

    async def call(self, method: str, words: Mapping[str, Json] | None = None, *, wait_s: float = 0) -> Any:
        """Call a method and return its result; a short pause that Telegram asks for is kept.

        Raises:
            TokenError: when the token is not known.
            TakenError: when somebody else receives for this bot.
            NotAcceptedError: when it is refused, and would be again.
            ConnectionFailedError: with how far it came; at `Stage.CONNECT` when surely nothing was done.
        """
        for left in range(_TRIES - 1, -1, -1):
            answer = await self._asked(method, words or {}, wait_s)
            pause_s = _pause_s(answer)
            if pause_s is None:
                return _result(answer)
            if not left or pause_s > _LONGEST_PAUSE_S:
                raise ConnectionFailedError(
                    Stage.CONNECT,
                    _("Telegram wants a pause of {pause:.0f} s.").format(pause=pause_s),
                    hint=_("It is tried again by itself."),
                )
            await asyncio.sleep(pause_s)
        raise AssertionError  # the last try returns or raises

    async def file(self, file_id: str, *, most_bytes: int) -> bytes:
        """Return a file that somebody sent, at most so long.

        Raises:
            NotAcceptedError: when it is too long, or Telegram gives it to nobody.
        """
        found = cast("JsonObject", await self.call("getFile", {"file_id": file_id}))
        size = found.get("file_size")
        if isinstance(size, int) and size > most_bytes:
            raise _too_long(most_bytes)
        url = f"{self.root}/file/bot{self.token}/{found.get('file_path', '')}"
        outbound = Outbound(method="GET", url=url, purpose=Purpose.CHANNEL)
        try:
            async with asyncio.timeout(120), self.door.open(outbound) as inlet:
                content = await inlet.read(most_bytes + 1)
                status = inlet.status
        except ConnectionFailedError as error:
            raise self._clean(error) from None  # its cause may hold the address
        if status != 200:  # noqa: PLR2004 - HTTP's word for well
            raise NotAcceptedError(
                _("Telegram does not give the file (HTTP {status}).").format(status=status),
                hint=_("Send it again."),
            )
        if len(content) > most_bytes:
            raise _too_long(most_bytes)
        return content

    async def _asked(self, method: str, words: Mapping[str, Json], wait_s: float) -> JsonObject:
        outbound = Outbound(
            method="POST",
            url=f"{self.root}/bot{self.token}/{method}",
            purpose=Purpose.CHANNEL,
            headers={"Content-Type": "application/json"},
            body=json.dumps(words).encode(),
            timeouts=replace(Timeouts(), first_byte_s=wait_s + 20),
        )
        try:
            async with asyncio.timeout(wait_s + 45), self.door.open(outbound) as inlet:
                raw, status = await inlet.read(_MOST_BYTES), inlet.status
        except ConnectionFailedError as error:
            raise self._clean(error) from None  # its cause may hold the address
        except TimeoutError:
            sentence, hint = _("Telegram was silent for too long."), _("It is tried again by itself.")
            raise ConnectionFailedError(Stage.IDLE, sentence, hint=hint, is_timeout=True) from None
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            return cast("JsonObject", answer)
        raise ConnectionFailedError(
            Stage.FIRST_BYTE,
            _("What answers for Telegram is not its Bot API (HTTP {status}).").format(status=status),
            hint=_("Check `channels.telegram.apiRoot`, and what stands between here and there."),
        )

    def _clean(self, error: ConnectionFailedError) -> ConnectionFailedError:
        """Return an error without the token, whatever quoted the address."""
        said = error.message.replace(self.token, "…")
        return ConnectionFailedError(
            error.stage, said, hint=error.hint.replace(self.token, "…"), is_timeout=error.is_timeout
        )


def _pause_s(answer: JsonObject) -> float | None:
    parameters = answer.get("parameters")
    after = parameters.get("retry_after") if isinstance(parameters, Mapping) else None
    return float(after) if answer.get("error_code") == 429 and isinstance(after, int | float) else None  # noqa: PLR2004


def _result(answer: JsonObject) -> object:
    if answer.get("ok") is True:
        return answer.get("result")
    code, said = answer.get("error_code"), str(answer.get("description", ""))[:_LONGEST]
    told = said.lower()
    if code in {401, 404}:
        hint = _("Get the token from @BotFather and set it: homarus channels add telegram")
        raise TokenError(_("Telegram does not know this bot's token: {said}").format(said=said), hint=hint)
    if code == 409:  # noqa: PLR2004 - conflict
        raise _taken(told, said)
    if code == 400 and ("parse entit" in told or "entity" in told):  # noqa: PLR2004 - bad request
        raise MarkupError(said, hint=_("It goes without marks."))
    parameters = answer.get("parameters")
    moved = parameters.get("migrate_to_chat_id") if isinstance(parameters, Mapping) else None
    if isinstance(moved, int):
        raise MovedError(said, hint=_("It is sent to the group's new id."), chat=moved)
    if isinstance(code, int) and code >= 500:  # noqa: PLR2004 - the server's own trouble
        sentence, hint = _("Telegram has trouble of its own: {said}"), _("It is tried again by itself.")
        raise ConnectionFailedError(Stage.CUT, sentence.format(said=said), hint=hint)
    hint = _("The person may have blocked the bot or left the group.") if code == 403 else _("See `homarus logs`.")  # noqa: PLR2004
    raise NotAcceptedError(_("Telegram refuses: {said}").format(said=said), hint=hint)


def _taken(told: str, said: str) -> TakenError:
    if "webhook" in told:
        sentence = _("Telegram sends this bot's messages to a webhook: {said}")
        hint = _("If nothing of yours needs it: homarus config set channels.telegram.dropWebhook true")
    else:
        sentence = _("Another program receives this bot's messages: {said}")
        hint = _("Stop the other one (an old OpenClaw?), or make a bot of its own for homarus with @BotFather.")
    return TakenError(Stage.CONNECT, sentence.format(said=said), hint=hint)


def _too_long(most_bytes: int) -> NotAcceptedError:
    sentence = _("The file is longer than {limit} MB.").format(limit=most_bytes // 1_000_000)
    return NotAcceptedError(sentence, hint=_("`channels.telegram.mediaMaxMb` allows up to 20."))
