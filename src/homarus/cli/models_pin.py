"""homarus models pin: hold a model to the build that is served now, so that another one is never silently used."""

from argparse import ArgumentParser
from typing import cast

from homarus.cli import figures, show
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import JsonObject
from homarus.domain.errors import EXIT_FAILED
from homarus.domain.i18n import _


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("model", nargs="?", help=_("provider/id or an alias; without one, show the pins there are"))
    parser.add_argument("--drop", action="store_true", help=_("let it go again"))


def run(line: Line, options: Options) -> int:
    """Pin, let go, or show the pins; 1 when a pinned model is served as another build."""
    if options.own.model is None:
        return _list(line, options)
    answer = line.post("/api/v1/models/pin", {"model": options.own.model, "drop": bool(options.own.drop)})
    if not answer["is_pinned"]:
        return show.result(options, answer, _("{model} is pinned no more.").format(model=answer["model"]))
    subject = cast("JsonObject", cast("JsonObject", answer["pin"])["subject"])
    sentence = _("{model} is pinned to {digest} ({quantisation}, {engine}). Another build is refused from now on.")
    return show.result(
        options,
        answer,
        sentence.format(
            model=answer["model"],
            digest=str(subject["digest"])[:19],
            quantisation=subject["quantization"] or figures.UNKNOWN,
            engine=subject["engine"] or figures.UNKNOWN,
        ),
    )


def _list(line: Line, options: Options) -> int:
    answer = line.get("/api/v1/models/pins")
    rows = cast("list[JsonObject]", answer["pins"])
    if options.as_json:
        show.as_json(answer)
    else:
        show.table([_row(row) for row in rows], empty=_("Nothing is pinned. Next: homarus models pin PROVIDER/ID"))
        for row in rows:
            if row["because"]:
                print(show.clean(f"{row['model']}: {row['because']}"))
    return EXIT_FAILED if any(row["is_refused"] for row in rows) else 0


def _row(row: JsonObject) -> dict[str, str]:
    pin = cast("JsonObject", row["pin"])
    subject = cast("JsonObject", pin["subject"])
    state = _("refused") if row["is_refused"] else _("changed") if row["because"] else _("as pinned")
    return {
        _("model"): str(row["model"]),
        _("state"): state,
        _("digest"): str(subject["digest"])[:19],
        _("quantisation"): str(subject["quantization"]),
        _("server"): str(subject["engine"]),
        _("since"): show.day(pin["at"]),
    }
