"""homarus models fit: how much memory a model needs at every context, whether it fits, how fast it would be."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from homarus.cli import figures, show
from homarus.cli.line import Line
from homarus.cli.options import Options, positive, tokens
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_MANY = 12
"""So many models of the catalog are shown; the rest with --all."""


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument(
        "model", nargs="?", help=_("provider/id, a tag (qwen3:8b) or a .gguf file; without one, the catalog")
    )
    parser.add_argument("--context", metavar="N", type=tokens, help=_("also at this context, in tokens"))
    parser.add_argument("--parallel", metavar="N", type=positive, help=_("requests at once (default: 1)"))
    parser.add_argument("--kv", metavar="TYPE", help=_("type of the key-value cache: f16 (default), q8_0, q4_0"))
    parser.add_argument("--machine", metavar="FILE", help=_("another machine, described in a JSON file; - reads it"))
    parser.add_argument("--all", action="store_true", help=_("the whole catalog, also what does not fit"))


def run(line: Line, options: Options) -> int:
    """Ask, and print what came."""
    own = options.own
    body: dict[str, Json] = {"model": _name(own.model), "context": own.context, "parallel": own.parallel, "kv": own.kv}
    if not own.machine and line.get("/api/v1/machine")["calibrated_at"] is None:
        show.status(_("measuring this machine, about a second ..."))
        line.post("/api/v1/machine/calibrate")
        show.clear_status()
    body["machine"] = _described(str(own.machine)) if own.machine else None
    answer = line.post("/api/v1/models/fit", {name: value for name, value in body.items() if value is not None})
    if options.as_json:
        show.as_json(answer)
        return 0
    _print_machine(cast("JsonObject", answer["machine"]))
    if answer["model"] is not None:
        _print_one(cast("JsonObject", answer["model"]))
    else:
        _print_catalog(cast("list[JsonObject]", answer["catalog"]), is_whole=bool(own.all))
        _print_recommended(cast("JsonObject", answer["recommended"]))
    return 0


def _name(model: str | None) -> str | None:
    """Return a model's name; a file's whole path, for the gateway has a folder of its own."""
    if model is None or not model.lower().endswith(".gguf"):
        return model
    path = Path(model).expanduser().absolute()
    return str(path) if path.exists() or model.startswith(("/", "~", ".")) else model


def _no_number(word: str) -> Json:
    raise ValueError(_("{word} is no number").format(word=word))


def _described(name: str) -> Json:
    import json
    import sys

    try:
        text = sys.stdin.read() if name == "-" else Path(name).expanduser().read_text(encoding="utf-8")
        found = cast("Json", json.loads(text, parse_constant=_no_number))
        reason = "" if isinstance(found, dict) else _("not an object in braces")
    except OSError as error:
        raise UsageError(
            _("{name!r} cannot be read: {reason}.").format(name=name, reason=error.strerror or error),
            hint=_("Give a JSON file, or - for standard input."),
        ) from error
    except ValueError as error:
        found, reason = None, str(error)
    if reason:
        example = '{"memory": "16 GB", "cores": 8, "gpus": [{"name": "RTX 3060", "memory": "12 GB"}]}'
        raise UsageError(
            _("{name!r} is no description in JSON: {error}.").format(name=name, error=reason),
            hint=_("Describe the machine like {example}.").format(example=example),
        )
    return found


def _print_machine(machine: JsonObject) -> None:
    from homarus.cli.setup_shown import machine_words

    print(show.dim(machine_words(machine)))
    for sentence in cast("list[str]", machine["limits"]):
        print(show.dim(show.clean(sentence)))


# --- one model ---


def _print_one(found: JsonObject) -> None:
    fit = cast("JsonObject", found["fit"])
    sources = {
        "server": _("as its server describes it"),
        "file": _("as the file describes it"),
        "catalog": _("as the catalog describes it"),
    }
    about = ", ".join(str(part) for part in (fit["quantization"], sources[str(found["source"])]) if part)
    print(f"{show.bold(str(fit['model']))}  {show.dim(about)}")
    levels = cast("list[JsonObject]", fit["levels"])
    show.table([_level_row(level, fit) for level in levels], empty=_("It has no context that could be counted."))
    for sentence in _sentences(fit, levels):
        print(show.hanging("", sentence))


def _level_row(level: JsonObject, fit: JsonObject) -> dict[str, str]:
    memory = cast("JsonObject", level["memory"])
    speed = cast("JsonObject | None", level["speed"])
    asked = cast("JsonObject | None", fit["asked"])
    is_asked = asked is not None and asked["context_tokens"] == level["context_tokens"]
    return {
        _("context"): figures.tokens(level["context_tokens"]) + (" *" if is_asked else ""),
        _("weights"): figures.memory(memory["weights"]),
        _("KV"): figures.memory(cast("int", memory["kv"]) + cast("int", memory["state"])),
        _("compute"): figures.memory(cast("int", memory["compute"]) + cast("int", memory["base"])),
        _("total"): figures.memory(level["total_bytes"]),
        _("verdict"): _verdict(level),
        _("on"): _place(level),
        _("writes/s"): _range(speed, "generation"),
        _("reads/s"): _range(speed, "prefill"),
    }


def _verdict(level: JsonObject) -> str:
    return {"fits": _("fits"), "tight": _("tight"), "no": _("no")}[str(level["verdict"])]


def _place(level: JsonObject) -> str:
    return {"gpu": _("GPU"), "split": _("GPU+RAM"), "cpu": _("RAM")}.get(str(level["where"]), "")


def _range(speed: JsonObject | None, name: str) -> str:
    if speed is None:
        return ""
    between = cast("JsonObject", speed[name])
    return figures.pace_range([between["low"], between["high"]])


def _sentences(fit: JsonObject, levels: list[JsonObject]) -> Iterator[str]:
    asked = cast("JsonObject | None", fit["asked"])
    shown = asked or next(
        (level for level in reversed(levels) if level["verdict"] == "fits"), levels[0] if levels else None
    )
    if shown is not None:
        yield _("At {context}: {because}").format(
            context=figures.tokens(shown["context_tokens"]), because=shown["because"]
        )
    if fit["largest_tokens"]:
        yield _("The largest context that fits is {tokens}.").format(tokens=figures.tokens(fit["largest_tokens"]))
    helped = next((level for level in levels if level["fits_with"]), None)
    if helped is not None:
        yield _("With --kv {kv} it would fit at {tokens}.").format(
            kv=helped["fits_with"], tokens=figures.tokens(helped["context_tokens"])
        )
    speed = cast("JsonObject | None", shown["speed"]) if shown is not None else None
    if speed is not None:
        yield str(speed["because"])
    if not fit["is_exact"] and fit["because"]:
        yield _("Not exact: {because}").format(because=fit["because"])


# --- the catalog ---


def _print_catalog(rows: list[JsonObject], *, is_whole: bool) -> None:
    fitting = [row for row in rows if row["fit"] is not None and _level(row)["verdict"] != "no"]
    here = [row for row in fitting[_MANY:] if row["have"]]
    shown = rows if is_whole else [*fitting[:_MANY], *here]
    show.table([_catalog_row(row) for row in shown], empty=_("No model of the catalog fits on this machine."))
    left = len(rows) - len(shown)
    if shown:
        told = _("Memory at a context of {tokens} tokens; tokens written a second, from at least to at most.")
        print(show.dim(told.format(tokens=figures.tokens(_level(fitting[0])["context_tokens"]) if fitting else "?")))
    if left:
        print(show.dim(_("{count} more with --all; one in detail: homarus models fit MODEL").format(count=left)))


def _print_recommended(found: JsonObject) -> None:
    print()
    print(show.hanging("", str(found["because"])))
    words = {"entry": _("entry"), "mid": _("mid"), "heavy": _("heavy")}
    for tier, word in words.items():
        choice = cast("JsonObject | None", found[tier])
        if choice is not None:
            row = cast("JsonObject", choice["row"])
            print(show.hanging(f"{word:<6} ", f"{row['id']}: {choice['because']}"))
            print(show.dim(f"       {choice['command']}"))


def _level(row: JsonObject) -> JsonObject:
    fit = cast("JsonObject", row["fit"])
    return cast("JsonObject", fit["asked"] or cast("list[Json]", fit["levels"])[0])


def _catalog_row(row: JsonObject) -> dict[str, str]:
    about = cast("JsonObject", row["row"])
    if row["fit"] is None:
        return {_("model"): str(about["id"]), _("verdict"): _("runs elsewhere") if _is_cloud(about) else _("unknown")}
    level = _level(row)
    return {
        _("model"): str(about["id"]),
        _("verdict"): _verdict(level),
        _("on"): _place(level),
        _("needs"): figures.memory(level["total_bytes"]),
        _("up to"): figures.tokens(cast("JsonObject", row["fit"])["largest_tokens"] or None).replace(
            figures.UNKNOWN, ""
        ),
        _("writes/s"): _range(cast("JsonObject | None", level["speed"]), "generation"),
        _("can"): ", ".join(word for word in cast("list[str]", about["abilities"]) if word != "completion"),
        _("here"): _("yes") if row["have"] else "",
    }


def _is_cloud(about: JsonObject) -> bool:
    return str(about.get("ollama") or "").endswith("cloud")


# --- the catalog, asked of the servers ---


def declare_refresh(parser: ArgumentParser) -> None:
    """Name the arguments of `refresh`."""
    parser.add_argument(
        "--suggestions", action="store_true", help=_("also let Ollama ask ollama.com what it recommends; leaves here")
    )


def refresh(line: Line, options: Options) -> int:
    """Ask every server how its models are built."""
    answer = line.post("/api/v1/models/refresh", {"asks_ollama_com": bool(options.own.suggestions)})
    if options.as_json:
        show.as_json(answer)
        return 0
    for name in cast("list[str]", answer["models"]):
        print(show.clean(name))
    for name, because in cast("dict[str, str]", answer["failed"]).items():
        print(show.dim(f"{name}: {because}"))
    for one in cast("list[JsonObject]", answer["suggested"]):
        print(
            show.clean(
                _("recommended by Ollama: {model}  {words}").format(model=one["model"], words=one["description"])
            )
        )
    show.hint("homarus models fit")
    return 0
