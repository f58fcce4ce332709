"""What `homarus setup` shows: this machine, its servers, the models, what changes, and the first real answer."""

from collections.abc import Sequence
from typing import cast

from homarus.cli import figures, launch, show
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.cli.watched import Watched
from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _, ngettext
from homarus.domain.ids import fresh

_A_MOMENT_S = 3
_LONG_S = 100
HELLO = "Say hello in one sentence, and name one thing that you can do for me."


def machine(proposal: JsonObject) -> None:
    """Print what was found of this machine and its servers."""
    here = cast("JsonObject", proposal["machine"])
    _told(_("this machine"), machine_words(here))
    for sentence in cast("list[str]", here["limits"]):
        _told("", sentence)
    servers(proposal)
    needed = [one for one in cast("list[JsonObject]", proposal["options"]) if one["state"] == "needs"]
    for one in needed[:1]:
        _told(_("would fit"), f"{one['model']}: {one['hint']}")
    if proposal["because"]:
        _told(_("advice"), str(proposal["because"]))
    if not needed and not _has_server(proposal):
        _told("", _("More models run with Ollama (https://ollama.com/download); install it, then: homarus setup"))
    show.warn("")


def _has_server(proposal: JsonObject) -> bool:
    found = [*cast("list[JsonObject]", proposal["engines"]), *_looked(proposal)]
    return any(engine["is_up"] and engine["kind"] != "embedded" for engine in found)


def machine_words(here: JsonObject) -> str:
    """Return a machine in a line."""
    words = [
        str(here["name"]),
        _("{count} cores").format(count=here["cores"]),
        _("{total} memory, {free} free").format(
            total=figures.memory(here["memory_total_bytes"]), free=figures.memory(here["memory_free_bytes"])
        ),
    ]
    words += [
        f"{gpu['name']} {figures.memory(gpu['memory_total_bytes'])}" for gpu in cast("list[JsonObject]", here["gpus"])
    ]
    speed = here.get("bandwidth_gb_s")
    words += [_("reads {speed:.0f} GB/s").format(speed=speed)] if isinstance(speed, int | float) else []
    return ", ".join(words)


def servers(proposal: JsonObject) -> None:
    """Print the servers that were found, and those that do not answer."""
    shown = [*cast("list[JsonObject]", proposal["engines"]), *_looked(proposal)]
    shown = [engine for engine in shown if engine["kind"] != "embedded"]
    for place, engine in enumerate(shown):
        _told(_("servers") if not place else "", _engine_words(engine))
    if not shown:
        _told(_("servers"), _("none found on this machine; the built-in model answers without one"))
    for sentence in cast("list[str]", proposal.get("notes") or []):
        _told("", sentence)


def _looked(proposal: JsonObject) -> list[JsonObject]:
    return [cast("JsonObject", one["engine"]) for one in cast("list[JsonObject]", proposal.get("servers") or [])]


def _engine_words(engine: JsonObject) -> str:
    if not engine["is_up"]:
        return _("{provider} does not answer: {because}").format(
            provider=engine["provider"], because=engine["because"] or "?"
        )
    count = len(cast("list[Json]", engine["models"]))
    words = ngettext(
        "{provider} {version} at {url} ({place}): {count} model",
        "{provider} {version} at {url} ({place}): {count} models",
        count,
    )
    return words.format(
        provider=engine["provider"],
        version=engine["version"] or "",
        url=engine["base_url"],
        place=engine["place"],
        count=count,
    ).replace("  ", " ")


def _told(name: str, words: str) -> None:
    show.warn(show.hanging(name.ljust(13) + " ", words, is_aside=True))


def option_line(one: JsonObject) -> str:
    """Return a model to choose in a line."""
    states = {"here": _("here"), "download": _("download"), "needs": _("needs a server")}
    state = _("loaded") if one["is_loaded"] else states.get(str(one["state"]), "")
    size = figures.size(one["size_bytes"]) if one["size_bytes"] else ""
    pace = figures.pace_range(cast("list[Json]", one["tokens_s"] or []))
    shown = f"{pace} tok/s" if pace != figures.UNKNOWN else ""
    parts = [f"{one['model']!s:<28}", f"{state:<9}", f"{size:>8}", f"{shown:>15}"]
    return "  ".join(parts).rstrip()


def option_words(one: JsonObject) -> str:
    """Return why a model is offered."""
    levels = {"entry": _("entry"), "mid": _("mid"), "heavy": _("heavy")}
    level = levels.get(str(one["level"]), "")
    place = "" if one["place"] in ("", _("this machine")) else str(one["place"])
    mark = _("Recommended.") if one["is_recommended"] else ""
    words = f"{level}: {one['because']}" if level else str(one["because"])
    return " ".join(part for part in (mark, words, waiting_words(one), f"({place})" if place else "") if part)


def waiting_words(one: JsonObject) -> str:
    """Return how long one waits for the first word; nothing where a moment is enough, or nobody knows."""
    wait_s = one.get("first_word_s")
    if not isinstance(wait_s, int | float) or wait_s < _A_MOMENT_S:
        return ""
    if wait_s < _LONG_S:
        return _("The first word of a conversation comes after about {seconds:.0f} s.").format(seconds=wait_s)
    return _("The first word of a conversation comes after about {minutes:.0f} min.").format(minutes=wait_s / 60)


def taken(options: Sequence[JsonObject], model: str) -> None:
    """Print the model that is taken without a question, and why."""
    one = next((one for one in options if one["model"] == model), None)
    if one is not None:
        _told(_("model"), " ".join(option_line(one).split()))
        _told("", option_words(one))
        show.warn("")


def planned(rows: Sequence[JsonObject], *, download: str) -> None:
    """Print what would change."""
    if download:
        print(show.clean(_("{model} would be downloaded, and answer from then on.").format(model=download)))
    if rows or not download:
        changes(rows, is_written=False)


def changes(rows: Sequence[JsonObject], *, is_written: bool) -> None:
    """Print what changed, or would."""
    say = show.warn if is_written else print  # a plan is what was asked for, and may go into a file
    if not rows:
        say(_("Everything is set like this already."))
        return
    say(_("Written to homarus.ui.json5:") if is_written else _("This would be written to homarus.ui.json5:"))
    for row in rows:
        before = "" if row["before"] is None else _(" (was {value})").format(value=_value(row["before"]))
        say(show.clean(f"  {row['key']} = {_value(row['after'])}{before}"))
    if is_written:
        show.warn(show.dim(_("`homarus config undo` takes it back.")))


def _value(value: Json) -> str:
    from json import dumps

    if isinstance(value, dict) and "source" in value:
        return _("the secret {name}").format(name=value.get("id"))
    return dumps(value, ensure_ascii=False)


def first_answer(line: Line, options: Options, model: str) -> JsonObject:
    """Ask the model one thing, show its answer as it comes, and return it with the time that the first word took."""
    if not options.as_json:
        show.warn(show.dim(f"> {HELLO}"))
    body: JsonObject = {
        "text": HELLO,
        "model": model,
        "session": "setup",
        "external_id": fresh("setup"),
        "channel": "cli",
    }
    watched = Watched(options=options)
    for frame in line.stream("POST", "/api/v1/turns", body):
        if watched.note(frame):
            break
    code = 0 if options.as_json else watched.finish()
    reply = watched.ended or {}
    timings = cast("JsonObject", reply.get("timings") or {})
    first_s = cast("float", timings.get("first_token_ms") or 0) / 1000
    if not options.as_json and not code and first_s:
        show.warn(show.dim(_("The first word came after {seconds:.1f} s.").format(seconds=first_s)))
    return {
        "text": reply.get("text") or "",
        "model": model,
        "is_error": bool(reply.get("is_error")) or not reply,
        "hint": reply.get("hint") or "",
        "first_token_s": round(first_s, 3),
    }


def where(line: Line, place: str) -> None:
    """Say how to go on in the place that was chosen."""
    match place:
        case "browser":
            url = str(line.post("/api/v1/pairing")["url"])
            print(_("Open the web chat with this link; it works once, within ten minutes:"))
            print(f"  {show.bold(url)}")
            launch.open_browser(url)
        case "phone":
            print(_("A phone reaches this gateway through a VPN or an SSH tunnel, or a channel that a plugin adds."))
            show.hint("homarus ask")
        case _:
            show.hint(_('homarus ask "What can you do?"'))
    print(show.dim(_("The gateway goes on in the background; `homarus stop` ends it.")))
