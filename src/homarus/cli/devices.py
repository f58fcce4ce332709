"""homarus devices: browsers that are paired, a link for a new one, and an end to trust."""

from argparse import ArgumentParser
from typing import cast

from homarus.cli import actions, show
from homarus.cli.actions import Action
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import JsonObject
from homarus.domain.i18n import _, noted


def _list(line: Line, options: Options) -> int:
    answer = line.get("/api/v1/devices")
    if options.as_json:
        show.as_json(answer)
        return 0
    rows = [
        {
            _("id"): str(device["device_id"]),
            _("name"): show.clean(str(device["name"])),
            _("paired"): show.day(device["paired_at"]),
            _("seen"): show.day(device["seen_at"]),
            _("state"): _("revoked") if device["revoked_at"] else _("paired"),
        }
        for device in cast("list[JsonObject]", answer["devices"])
    ]
    show.table(rows, empty=_("No browser is paired yet. Next: homarus devices pair"))
    return 0


def _pair(line: Line, options: Options) -> int:
    answer = line.post("/api/v1/pairing")
    sentence = _("Open this link once, within {minutes:.0f} minutes:\n{url}").format(
        minutes=cast("float", answer["expires_in_s"]) / 60, url=answer["url"]
    )
    return show.result(options, answer, sentence)


def _revoke(line: Line, options: Options) -> int:
    answer = line.delete(f"/api/v1/devices/{options.own.id}")
    return show.result(options, answer, _("{id} may no longer come in.").format(id=options.own.id))


ACTIONS = (
    Action(name="list", about=noted("browsers that are paired"), run=_list),
    Action(name="pair", about=noted("print a link that pairs one browser"), run=_pair),
    Action(
        name="revoke",
        about=noted("take a browser's right away, at once"),
        run=_revoke,
        declare=actions.named("id", noted("which browser")),
    ),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named."""
    return actions.run(options, ACTIONS)
