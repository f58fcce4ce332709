"""homarus models list, show, load, unload, rm: what servers have, hold in memory, and are told to do."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import cast
from urllib.parse import quote

from homarus.cli import asking, figures, show
from homarus.cli.line import Line
from homarus.cli.options import Options, tokens
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import NeedsYouError
from homarus.domain.i18n import _

_STATES = {
    "loaded": lambda: _("loaded"),
    "loading": lambda: _("loading"),
    "sleeping": lambda: _("asleep"),
    "failed": lambda: _("failed"),
}


def list_all(line: Line, options: Options) -> int:
    """Print every model with what its server says of it, then servers that do not answer."""
    models = cast("list[JsonObject]", line.get("/api/v1/models")["models"])
    engines = cast("list[JsonObject]", line.get("/api/v1/engines")["engines"])
    if options.as_json:
        show.as_json({"models": list(models), "engines": list(engines)})
        return 0
    served = {f"{engine['provider']}/{row['model_id']}": row for engine in engines for row in _rows(engine)}
    usable = [model for model in models if not model.get("because")]
    show.table([_row(model, served) for model in usable], empty=_("No model can be used."))
    for model in models:
        if model.get("because"):
            print(show.dim(_("skipped  {ref}: {because}").format(ref=model["ref"], because=model["because"])))
    for engine in engines:
        if not engine["is_up"] and engine["because"]:
            print(show.dim(_("no answer  {because}").format(because=engine["because"])))
    show.hint("homarus models use PROVIDER/ID")
    return 0


def _rows(engine: JsonObject) -> list[JsonObject]:
    return cast("list[JsonObject]", engine["models"])


def _row(model: JsonObject, served: dict[str, JsonObject]) -> dict[str, str]:
    ref = str(model["ref"])
    now = served.get(ref) or served.get(f"{ref}:latest") or {}
    state = str(now.get("state") or "")
    aliases = cast("list[str]", model.get("aliases") or [])
    return {
        _("model"): ref,
        _("state"): _STATES[state]() if state in _STATES else "",
        _("unloads"): figures.until(now.get("expires_at")),
        _("window"): figures.tokens(model.get("window_tokens")),
        _("size"): figures.size(now.get("size_bytes")) if now.get("size_bytes") else "",
        _("place"): str(model["place"]),
        _("also called"): ", ".join(aliases),
        _("sees pictures"): _("yes") if "image" in cast("list[str]", model.get("inputs") or []) else "",
    }


def declare_one(parser: ArgumentParser) -> None:
    """Name the model."""
    parser.add_argument("model", help=_("provider/id or an alias"))


def declare_load(parser: ArgumentParser) -> None:
    """Name the arguments of `load`."""
    declare_one(parser)
    parser.add_argument(
        "--context", metavar="N", type=tokens, help=_("the context to load it with (default: as the server does)")
    )


def load(line: Line, options: Options) -> int:
    """Load a model and wait until it can answer."""
    body: dict[str, Json] = {"model": options.own.model}
    body |= {"window_tokens": options.own.context} if options.own.context else {}
    if not options.as_json:
        show.warn(show.dim(_("Loading {model} ...").format(model=options.own.model)))
    answer = line.post("/api/v1/models/load", body)
    window = next((row.get("window_tokens") for row in _loaded(answer)), None)
    return show.result(options, answer, _loaded_words(str(answer["model"]), window, options.own.context))


def _loaded_words(model: str, window: Json, wanted: int | None) -> str:
    sentence = _("{model} is loaded with a context of {window} tokens.") if window else _("{model} is loaded.")
    if wanted and isinstance(window, int) and window < wanted:
        sentence = _(
            "{model} is loaded with a context of {window} tokens, not {wanted}: its server gave no more.\n"
            "Next: homarus models fit {model} --context {wanted}"
        )
    return sentence.format(model=model, window=figures.tokens(window), wanted=figures.tokens(wanted).replace(",", ""))


def _loaded(answer: JsonObject) -> Iterator[JsonObject]:
    model_id = str(answer["model"]).partition("/")[2]
    for row in _rows(cast("JsonObject", answer["engine"])):
        if row["model_id"] in (model_id, f"{model_id}:latest") and row["state"] == "loaded":
            yield row


def unload(line: Line, options: Options) -> int:
    """Take a model out of memory."""
    answer = line.post("/api/v1/models/unload", {"model": options.own.model})
    return show.result(options, answer, _("{model} is unloaded, and its memory is free.").format(model=answer["model"]))


def declare_remove(parser: ArgumentParser) -> None:
    """Name the arguments of `rm`."""
    declare_one(parser)
    parser.add_argument("--yes", action="store_true", help=_("do not ask"))


def remove(line: Line, options: Options) -> int:
    """Delete a model from its server's disk, after a yes."""
    name = str(options.own.model)
    if not options.own.yes:
        _require_yes(name)
    answer = line.post("/api/v1/models/remove", {"model": name})
    return show.result(options, answer, _("{model} is deleted.").format(model=answer["model"]))


def _require_yes(name: str) -> None:
    hint = _("Say that you mean it: homarus models rm {model} --yes").format(model=name)
    if not asking.can_ask():
        raise NeedsYouError(_("Deleting {model!r} needs your yes.").format(model=name), hint=hint)
    if not asking.yes(_("Delete {model} from the disk of its server?").format(model=name)):
        raise NeedsYouError(_("Nothing was deleted."), hint=hint)


def show_one(line: Line, options: Options) -> int:
    """Print what is known of one model."""
    answer = line.get(f"/api/v1/models/show?model={quote(str(options.own.model), safe='')}")
    if options.as_json:
        show.as_json(answer)
        return 0
    for name, value in _facts(answer):
        print(f"{show.dim(name.ljust(14))} {show.clean(value)}")
    return 0


def _facts(answer: JsonObject) -> Iterator[tuple[str, str]]:
    facts = cast("JsonObject", answer.get("facts") or {})
    served = cast("JsonObject", answer.get("served") or {})
    profile = cast("JsonObject", answer.get("profile") or {})
    rows: dict[str, Json] = {
        _("model"): answer["model"],
        _("place"): answer["place"],
        _("state"): served.get("state"),
        _("built as"): facts.get("architecture"),
        _("parameters"): f"{cast('int', count) / 1e9:.1f} B" if (count := facts.get("parameters")) else "",
        _("quantisation"): facts.get("quantization") or served.get("quantization"),
        _("weights"): figures.size(bytes_) if (bytes_ := facts.get("weights_bytes")) else "",
        _("window"): figures.tokens(profile.get("window_tokens")),
        _("loaded window"): figures.tokens(window) if (window := served.get("window_tokens")) else "",
        _("trained for"): figures.tokens(trained) if (trained := served.get("trained_tokens")) else "",
        _("unloads"): figures.until(served.get("expires_at")),
        _("can"): ", ".join(cast("list[str]", facts.get("abilities") or served.get("abilities") or [])),
        _("tool calls"): profile.get("tool_protocol"),
        _("digest"): facts.get("digest") or served.get("digest"),
        _("licence"): str(facts.get("licence") or "").partition("\n")[0],
        _("pinned"): _("yes, since {day}").format(day=show.day(pin.get("at"))) if (pin := _part(answer, "pin")) else "",
        _("driving test"): _tested(_part(answer, "card")),
    }
    yield from ((name, str(value)) for name, value in rows.items() if value)


def _part(answer: JsonObject, name: str) -> JsonObject:
    return cast("JsonObject", answer.get(name) or {})


def _tested(card: JsonObject) -> str:
    if not card:
        return _("not yet: homarus models test")
    scores = cast("list[JsonObject]", card["scores"])
    passed, tried = (sum(cast("int", score[key]) for score in scores) for key in ("passed", "tried"))
    return _("{passed} of {tried} on {day}").format(passed=passed, tried=tried, day=show.day(card["at"]))
