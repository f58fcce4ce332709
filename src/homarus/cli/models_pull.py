"""homarus models pull: download a model, with a bar; the gateway goes on with it when the terminal is closed."""

from argparse import ArgumentParser
from typing import cast

from homarus.cli import show
from homarus.cli.bars import Bar, Step
from homarus.cli.line import GatewayDownError, Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import OperatorError
from homarus.domain.i18n import _


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("model", help=_("as its server names it: qwen3:8b, hf.co/owner/repository:Q4_K_M"))
    parser.add_argument(
        "--provider", metavar="NAME", help=_("the server that downloads it (default: the first that can)")
    )
    parser.add_argument("--background", action="store_true", help=_("begin and come back at once"))
    parser.add_argument("--stop", action="store_true", help=_("end a download that is under way; what is there stays"))


def run(line: Line, options: Options) -> int:
    """Download, and show how far it is until it is done."""
    name = str(options.own.model)
    if options.own.stop:
        stopped = line.post("/api/v1/models/pulls/stop", {"model": name})
        sentence = _("Stopped. What is there stays: the next `homarus models pull {model}` goes on from it.")
        return show.result(options, stopped, sentence.format(model=name))
    body: dict[str, Json] = {"model": name}
    body |= {"provider": options.own.provider} if options.own.provider else {}
    if options.own.background:
        begun = line.post("/api/v1/models/pull", body)
        sentence = _("{model} is being downloaded. `homarus models pull {name}` shows how far it is.")
        return show.result(options, begun, sentence.format(model=begun["model"], name=name))
    ended = follow(line, body, is_silent=options.as_json)
    if options.as_json:
        show.as_json(ended)
        return 0
    print(_("{model} is here.").format(model=show.clean(str(ended["model"]))))
    show.hint(f"homarus models use {ended['model']}")
    return 0


def follow(line: Line, body: JsonObject, *, is_silent: bool = False) -> JsonObject:
    """Show a download to its end and return how it ended.

    Raises:
        OperatorError: when it failed, with the next step.
    """
    bar = Bar(str(body["model"]))
    ended: JsonObject = {}
    try:
        for frame in line.stream("POST", "/api/v1/models/pull", body):
            ended = frame.data
            if not is_silent and ended["state"] == "running":
                bar.show(_step(ended))
    except KeyboardInterrupt:
        bar.clear()
        sentence = _("The download goes on. `homarus models pull {model}` shows it again, with `--stop` it ends.")
        show.warn(show.clean(sentence.format(model=body["model"])))
        raise
    finally:
        bar.clear()
    return _judged(ended, str(body["model"]))


def _judged(ended: JsonObject, name: str) -> JsonObject:
    match ended.get("state"):
        case "done":
            return ended
        case "failed":
            raise OperatorError(str(ended["because"]), hint=str(ended["hint"]))
        case "stopped":
            raise OperatorError(
                _("The download of {model!r} was stopped.").format(model=name),
                hint=_("What is there stays; `homarus models pull {model}` goes on from it.").format(model=name),
            )
        case _:
            raise GatewayDownError(
                _("The gateway was stopped while it downloaded {model!r}.").format(model=name),
                hint=_("It goes on with its next start: homarus up --background"),
            )


def _step(pull: JsonObject) -> Step:
    return Step(
        status=str(pull["status"]),
        done=cast("int", pull["done_bytes"]),
        total=cast("int", pull["total_bytes"]),
        per_s=cast("float | None", pull["bytes_s"]),
        left_s=cast("float | None", pull["left_s"]),
    )
