"""homarus channels: where people are - set up, try, let in, switch off."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from homarus.cli import actions, questions, show
from homarus.cli.actions import Action
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.cli.setup_key import read_key
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _, noted

_ASKED: Mapping[str, tuple[str, ...]] = {
    "telegram": ("botToken",),
    "email": ("address", "imap.host", "smtp.host", "password", "owner"),
}
"""What a channel cannot be without; asked for at a terminal when it is not given."""
_HIDDEN = ("token", "password", "secret")
_ABOUT = {
    "botToken": noted("Bot token (Telegram: write to @BotFather, then /newbot): "),
    "address": noted("Address that the agent has: "),
    "imap.host": noted("IMAP server: "),
    "smtp.host": noted("SMTP server: "),
    "password": noted("Password of that account (often an app password): "),
    "owner": noted("Your own address, whose mail counts as your words: "),
}


def _list(line: Line, options: Options) -> int:
    answer = line.get("/api/v1/channels")
    if options.as_json:
        show.as_json(answer)
        return 0
    rows = [
        {
            _("channel"): str(channel["name"]),
            _("state"): _("well") if channel["is_well"] else _("not well"),
            _("says"): show.clean(str(channel["sentence"])),
        }
        for channel in cast("list[JsonObject]", answer["channels"])
    ]
    names = ", ".join(cast("list[str]", answer["available"]))
    show.table(rows, empty=_("No channel is set up. Next: homarus channels add NAME ({names})").format(names=names))
    for person in cast("list[JsonObject]", answer["people"]):
        what = _("owner") if person["origin"] == "owner" else _("guest")
        told = _("{channel}: {sender} {name} was let in ({what})").format(
            channel=person["channel"], sender=person["sender"], name=person["name"], what=what
        )
        print(show.clean(told))
    for stranger in cast("list[JsonObject]", answer["waiting"]):
        told = _("{channel}: {sender} {name} waits; let in with the code that stands in that chat").format(
            channel=stranger["channel"], sender=stranger["sender"], name=stranger["name"]
        )
        print(show.clean(told))
        show.next_step(f"homarus channels pair {stranger['channel']} CODE")
    return 0


def _declare_add(parser: ArgumentParser) -> None:
    parser.add_argument("name", help=_("telegram, email, or a channel of a plugin"))
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help=_("a setting, as in the configuration"))
    parser.add_argument(
        "--secret",
        action="append",
        metavar="KEY=FILE",
        help=_("a token or a password from the first line of a file; - for standard input"),
    )


def _add(line: Line, options: Options) -> int:
    name = str(options.own.name)
    settings: dict[str, Json] = {}
    for word in cast("list[str]", options.own.set or []):
        setting = _split(word)
        key, value = setting.key, setting.value
        if key.casefold().endswith(_HIDDEN):
            hint = _("Use --secret {key}=FILE, or leave it out to be asked.").format(key=key)
            raise UsageError(_("A secret in a command line can be read by every program here."), hint=hint)
        settings[key] = _read(value)
    for word in cast("list[str]", options.own.secret or []):
        setting = _split(word)
        settings[setting.key] = read_key(setting.value)
    if sys.stdin.isatty() and not options.as_json:
        settings |= _asked(name, settings)
    line.put(f"/api/v1/channels/{name}", {"settings": settings})
    return _told(options, name, line.post(f"/api/v1/channels/{name}/test"))


def _asked(name: str, given: Mapping[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key in _ASKED.get(name, ()):
        if key not in given:
            is_hidden = key.casefold().endswith(_HIDDEN)
            said = questions.secret(_(_ABOUT[key])) if is_hidden else questions.asked(_(_ABOUT[key]))
            if said.strip():
                found[key] = said.strip()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    key: str
    value: str


def _split(word: str) -> _Setting:
    key, equals, value = word.partition("=")
    if not equals or not key.strip():
        raise UsageError(
            _("{word!r} is no setting.").format(word=word), hint=_("Write it as KEY=VALUE, for example owner=12345.")
        )
    return _Setting(key=key.strip(), value=value.strip())


def _read(value: str) -> Json:
    try:
        return cast("Json", json.loads(value))
    except ValueError:
        return value


def _test(line: Line, options: Options) -> int:
    name = str(options.own.name)
    return _told(options, name, line.post(f"/api/v1/channels/{name}/test"))


def _told(options: Options, name: str, answer: Mapping[str, Json]) -> int:
    if options.as_json:
        show.as_json(answer)
    else:
        print(show.clean(f"{name}: {answer['sentence']}"))
        if answer["hint"]:
            show.hint(str(answer["hint"]))
        elif answer["is_well"]:
            says = _("Write to it; who is not known yet is told a code for: homarus channels pair {name} CODE")
            show.next_step(says.format(name=name))
    return 0 if answer["is_well"] else 1


def _declare_pair(parser: ArgumentParser) -> None:
    parser.add_argument("name", help=_("which channel"))
    parser.add_argument("code", help=_("the code that stands in the chat of whoever wants in"))
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--owner", action="store_true", help=_("what they write counts as your own words"))
    who.add_argument("--guest", action="store_true", help=_("they are answered, and can order nothing"))


def _pair(line: Line, options: Options) -> int:
    who = "owner" if options.own.owner else "guest" if options.own.guest else None
    answer = line.post(f"/api/v1/channels/{options.own.name}/pair", {"code": options.own.code, "who": who})
    person = cast("JsonObject", answer["person"])
    told = {"sender": person["sender"], "name": person["name"]}
    if person["origin"] == "owner":
        sentence = _("{sender} {name} is the owner there: what they write counts as your own words.")
    else:
        sentence = _("{sender} {name} is a guest there: they are answered, and can order nothing.")
    return show.result(options, answer, show.clean(sentence.format(**told)))


def _declare_remove(parser: ArgumentParser) -> None:
    parser.add_argument("name", help=_("which channel"))
    parser.add_argument("sender", nargs="?", help=_("an id: only this person is not let in any more"))


def _remove(line: Line, options: Options) -> int:
    if options.own.sender:
        answer = line.delete(f"/api/v1/channels/{options.own.name}/people/{options.own.sender}")
        return show.result(options, answer, _("{id} may no longer come in.").format(id=options.own.sender))
    answer = line.delete(f"/api/v1/channels/{options.own.name}")
    sentence = _("{name} is switched off; its settings stay. To switch it on: homarus channels add {name}")
    return show.result(options, answer, sentence.format(name=options.own.name))


ACTIONS = (
    Action(name="list", about=noted("channels, how they are, and who was let in"), run=_list),
    Action(
        name="add",
        about=noted("set a channel up, or change it; asks for what it needs"),
        run=_add,
        declare=_declare_add,
    ),
    Action(
        name="test",
        about=noted("ask a channel how it is; nothing is sent to anybody"),
        run=_test,
        declare=actions.named("name", noted("which channel")),
    ),
    Action(name="pair", about=noted("let in whoever was told this code"), run=_pair, declare=_declare_pair),
    Action(
        name="remove", about=noted("switch a channel off, or let somebody go"), run=_remove, declare=_declare_remove
    ),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named."""
    return actions.run(options, ACTIONS)
