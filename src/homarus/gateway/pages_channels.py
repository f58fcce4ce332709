"""The page of channels: which there are and how they are, who may write, who waits at the door, setting one up."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from homarus.domain.i18n import _
from homarus.gateway.operations import house_of
from homarus.gateway.pages_render import page


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something that a channel cannot be without."""

    key: str
    label: str
    about: str = ""
    is_secret: bool = False


def _needed() -> Mapping[str, tuple[Field, ...]]:
    return {
        "telegram": (
            Field(
                key="botToken",
                label=_("Bot token"),
                about=_("Write /newbot to @BotFather in Telegram; it answers with the token."),
                is_secret=True,
            ),
        ),
        "email": (
            Field(key="address", label=_("Address that the agent has")),
            Field(key="imap.host", label=_("IMAP server")),
            Field(key="smtp.host", label=_("SMTP server")),
            Field(key="password", label=_("Password, often an app password"), is_secret=True),
            Field(key="owner", label=_("Your own address"), about=_("Mail from there counts as your words.")),
        ),
    }


async def channels(request: web.Request) -> web.StreamResponse:
    """Return the channels, who was let in, who waits, and forms for those that are not set up."""
    house = house_of(request)
    known = house.channels
    states = known.states() if known is not None else ()
    names = known.names() if known is not None else ()
    running = {state.name for state in states}
    fields = _needed()
    return await page(
        request,
        "channels.html",
        here="channels",
        title=_("Channels"),
        states=states,
        waiting=await known.introductions.waiting() if known is not None else (),
        people=await known.introductions.acquaintances() if known is not None else (),
        forms={name: fields[name] for name in names if name in fields and name not in running},
        others=[name for name in names if name not in fields and name not in running],
    )
