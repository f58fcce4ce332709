"""homarus keys: keys for programs that use /v1."""

from argparse import ArgumentParser
from typing import cast

from homarus.cli import actions, show
from homarus.cli.actions import Action
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _, noted

SCOPES = ("models", "chat", "read", "admin", "owner")


def _list(line: Line, options: Options) -> int:
    answer = line.get("/api/v1/keys")
    if options.as_json:
        show.as_json(answer)
        return 0
    rows = [
        {
            _("id"): str(key["key_id"]),
            _("name"): show.clean(str(key["name"])),
            _("begins with"): str(key["prefix"]),
            _("may"): ", ".join(cast("list[str]", key["scopes"])),
            _("last used"): show.day(key["used_at"]),
            _("state"): _("revoked") if key["revoked_at"] else _("valid"),
        }
        for key in cast("list[JsonObject]", answer["keys"])
    ]
    show.table(rows, empty=_("No keys yet. Next: homarus keys add NAME"))
    return 0


def _declare_add(parser: ArgumentParser) -> None:
    parser.add_argument("name", help=_("what it is for, so that you know it again"))
    parser.add_argument(
        "--scope",
        action="append",
        choices=SCOPES,
        help=_(
            "models: ask models, no agent, nothing of yours; chat (default): agents too, which read your workspace and "
            "memory without asking; read: see all conversations, settings and the log; admin: all that a browser can; "
            "owner: what the program writes counts as your own words"
        ),
    )


def _add(line: Line, options: Options) -> int:
    scopes: list[Json] = list(options.own.scope or ["chat"])
    answer = line.post("/api/v1/keys", {"name": options.own.name, "scopes": scopes})
    sentence = _("Keep this key now; it is not shown again:\n{secret}").format(secret=answer["secret"])
    return show.result(options, answer, f"{sentence}\n{_seen(scopes)}")


def _seen(scopes: list[Json]) -> str:
    """Return what a program with these scopes gets to see."""
    if "admin" in scopes:
        return _("The program may do everything that a paired browser can.")
    if "read" in scopes:
        return _("The program may read all conversations, the settings and the log.")
    if "chat" in scopes:
        return _(
            "The program may read what your agents may read: workspace and memory. For models alone: "
            "homarus keys add NAME --scope models"
        )
    return _("The program may ask models and sees nothing of yours.")


def _revoke(line: Line, options: Options) -> int:
    answer = line.delete(f"/api/v1/keys/{options.own.id}")
    return show.result(options, answer, _("{id} no longer works.").format(id=options.own.id))


ACTIONS = (
    Action(name="list", about=noted("keys for programs, without the keys themselves"), run=_list),
    Action(name="add", about=noted("make a key and show it once"), run=_add, declare=_declare_add),
    Action(
        name="revoke",
        about=noted("make a key worthless, at once"),
        run=_revoke,
        declare=actions.named("id", noted("which key")),
    ),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named."""
    return actions.run(options, ACTIONS)
