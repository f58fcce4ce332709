"""Show playbooks in a terminal, and run them."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import cast
from urllib.parse import quote

from homarus.cli import jobs_show
from homarus.cli import show as shown
from homarus.cli.jobs_work import followed
from homarus.cli.line import Line
from homarus.cli.options import Options, positive
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _


def listing(line: Line, options: Options) -> int:
    """Print all playbooks."""
    answer = line.get("/api/v1/playbooks")
    if options.as_json:
        shown.as_json(answer)
        return 0
    cards = cast("list[JsonObject]", answer["playbooks"])
    for card in cards:
        _print_card(card)
    if not cards:
        print(_("There are no playbooks."))
        return 0
    shown.next_step("homarus playbooks show NAME")
    return 0


def _print_card(card: JsonObject) -> None:
    title = shown.clean(str(card["title"]))
    print(shown.bold(shown.clean(str(card["name"]))) + (f"  {title}" if title != card["name"] else ""))
    print(shown.hanging("  ", str(card["does"])))
    lines = [_("Needs {what}").format(what=needs)] if (needs := _needs(card)) else [_("Needs nothing more.")]
    if card["schedule"]:
        lines.append(_("Usually {schedule}").format(schedule=card["schedule"]))
    for text in lines:
        print(shown.dim(shown.hanging("  ", text)))


def _needs(card: JsonObject) -> str:
    open_needs = [need for need in cast("list[JsonObject]", card["needs"]) if not need["is_met"]]
    return ", ".join(str(need["what"]) for need in open_needs)


def show(line: Line, options: Options) -> int:
    """Print a playbook with its settings."""
    card = line.get(path_of(options.own.name))
    if options.as_json:
        shown.as_json(card)
        return 0
    print(shown.bold(shown.clean(str(card["title"]))) + f"  {card['name']}")
    for text in (card["does"], card["risk"]):
        if text:
            print(shown.hanging("  ", str(text)))
    print()
    shown.table(_setting_rows(card), empty=_("It has no settings."), wraps=True)
    for need in cast("list[JsonObject]", card["needs"]):
        if not need["is_met"]:
            shown.aside(_("Needs {what}").format(what=need["what"]))
            shown.hint(str(need["hint"]))
    has_sample = "sample" in cast("JsonObject", cast("JsonObject", card["form"]).get("properties", {}))
    sample = " --set sample=true" if has_sample and _needs(card) else ""
    shown.next_step(f"homarus playbooks run {card['name']}{sample}")
    return 0


def _setting_rows(card: JsonObject) -> list[dict[str, str]]:
    form, now = cast("JsonObject", card["form"]), cast("JsonObject", card["settings"])
    required = cast("list[str]", form.get("required", []))
    rows: list[dict[str, str]] = []
    for name, about in cast("dict[str, JsonObject]", form.get("properties", {})).items():
        value = now.get(name, about.get("default"))
        text = _("(needed)") if name in required and name not in now else json.dumps(value, ensure_ascii=False)
        rows.append({_("setting"): name, _("now"): text, _("about"): str(about.get("description") or "")})
    return rows


def declare_run(parser: ArgumentParser) -> None:
    """Name the playbook and what differs from its configuration."""
    parser.add_argument("name", help=_("a playbook"))
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help=_("a setting, for this run")
    )
    parser.add_argument("--dry-run", action="store_true", help=_("show what it would do elsewhere, and do none of it"))
    parser.add_argument("--follow", action="store_true", help=_("watch it to its end; this is what happens anyway"))
    parser.add_argument("--detach", action="store_true", help=_("do not wait for its end"))
    parser.add_argument("--tokens", type=positive, metavar="N", help=_("use at most this many tokens"))
    parser.add_argument("--minutes", type=positive, metavar="N", help=_("work at most this long, then hand over"))
    parser.add_argument("--usd", type=float, metavar="USD", help=_("cost at most this much"))
    parser.add_argument("--joules", type=float, metavar="J", help=_("use at most this much energy"))


def run_one(line: Line, options: Options) -> int:
    """Start a run and watch it."""
    own = options.own
    budget: dict[str, Json] = {}
    if own.tokens:
        budget["tokens"] = int(own.tokens)
    if own.minutes:
        budget["seconds"] = int(own.minutes) * 60
    limits = {"cost_usd": own.usd, "joules": own.joules}
    budget.update({name: limit for name, limit in limits.items() if limit is not None})
    body: JsonObject = {"settings": settings_in(own.settings), "is_dry": bool(own.dry_run), "budget": budget}
    answer = line.post(f"{path_of(own.name)}/run", body)
    code = followed(line, options, answer, is_detached=bool(own.detach))
    if not options.as_json and not own.detach:
        run_id = str(cast("JsonObject", answer["run"])["run_id"])
        if cast("JsonObject", line.get(jobs_show.path_of(run_id))["run"])["report"]:
            shown.next_step(f"homarus playbooks export {run_id} --form html")
    return code


def settings_in(pairs: Sequence[str]) -> dict[str, Json]:
    """Return settings of `key=value` words; a value that is JSON is that, any other is text.

    Raises:
        UsageError: when a word has no `=`.
    """
    found: dict[str, Json] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or not key.strip():
            raise UsageError(
                _("{word!r} is not KEY=VALUE.").format(word=pair[:60]), hint=_("For example: --set question='Why?'")
            )
        found[key.strip()] = _value(value)
    return found


def _value(text: str) -> Json:
    try:
        return cast("Json", json.loads(text))
    except ValueError:
        return text


def path_of(name: str) -> str:
    """Return the address of a playbook."""
    return f"/api/v1/playbooks/{quote(name, safe='')}"
