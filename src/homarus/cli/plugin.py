"""homarus plugin: files that add a tool, a provider or a channel; each runs only as you approved it."""

import shlex
from argparse import ArgumentParser
from pathlib import Path

from homarus.cli import actions, plugin_check, show
from homarus.cli.actions import Action
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _, noted
from homarus.gateway import plugin_approvals
from homarus.gateway.plugin_approvals import PluginFile


def _as_json(found: PluginFile) -> JsonObject:
    return {
        "name": found.name,
        "path": str(found.path),
        "sha256": found.sha256,
        "is_approved": found.is_approved,
        "is_changed": found.is_changed,
    }


def _list(_line: Line, options: Options) -> int:
    found = plugin_approvals.files(options.home)
    if options.as_json:
        rows: list[Json] = [_as_json(plugin) for plugin in found]
        show.as_json({"plugins": rows})
        return 0
    table = [
        {
            _("plugin"): plugin.name,
            _("state"): _state(plugin),
            _("sha256"): plugin.sha256[:12],
        }
        for plugin in found
    ]
    show.table(table, empty=_("No plugins in {folder}.").format(folder=options.home / "plugins"))
    return 0


def _state(plugin: PluginFile) -> str:
    if plugin.is_approved:
        return _("approved")
    return _("changed since it was approved") if plugin.is_changed else _("not approved")


def _named(options: Options) -> str:
    """Return the name of a file in the folder of plugins; a file elsewhere is another one, whatever its name is."""
    given, folder = Path(options.own.name).expanduser(), options.home / "plugins"
    if given.parent != Path() and given.absolute().parent.resolve() != folder.resolve():
        raise UsageError(
            _("{file} does not lie in {folder}, and only what lies there can run.").format(file=given, folder=folder),
            hint=f"cp {shlex.quote(str(given))} {shlex.quote(str(folder))}/",
        )
    return given.name


def _approve(line: Line, options: Options) -> int:
    found = plugin_approvals.approve(options.home, _named(options))
    sentence = _("{name} may run as it is now (sha256 {digest}); it has all rights of the house.")
    return _done(line, options, found, sentence)


def _revoke(line: Line, options: Options) -> int:
    found = plugin_approvals.revoke(options.home, _named(options))
    return _done(line, options, found, _("{name} is not loaded any more from the next start on."))


def _done(line: Line, options: Options, found: PluginFile, sentence: str) -> int:
    code = show.result(options, _as_json(found), sentence.format(name=found.name, digest=found.sha256[:12]))
    if line.is_up() and not options.as_json:
        show.hint(_("homarus stop, then homarus up: plugins are read at the start"))
    return code


ACTIONS = (
    Action(name="list", about=noted("files in the plugins folder, and which may run"), run=_list),
    Action(
        name="approve",
        about=noted("let a file run, as it is now; read it first"),
        run=_approve,
        declare=actions.named("name", noted("which file")),
    ),
    Action(
        name="revoke",
        about=noted("let a file not run any more"),
        run=_revoke,
        declare=actions.named("name", noted("which file")),
    ),
    Action(
        name="check",
        about=noted("hold a file to what tools, providers and channels promise; it runs for that"),
        run=plugin_check.run,
        declare=actions.named("name", noted("which file; also one that is not in the folder yet")),
    ),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named; no gateway is needed."""
    return actions.chosen(options, ACTIONS).run(Line(options.home), options)
