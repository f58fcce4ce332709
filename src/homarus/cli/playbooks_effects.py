"""Effects, standing rules and sources in a terminal."""

from argparse import ArgumentParser
from typing import cast
from urllib.parse import quote

from homarus.cli import show as shown
from homarus.cli.asking import yes
from homarus.cli.jobs_show import effect_state
from homarus.cli.line import Line
from homarus.cli.options import Options, positive
from homarus.cli.playbooks_run import settings_in
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_FAILED, NotFoundError, UsageError
from homarus.domain.i18n import _


def declare_effects(parser: ArgumentParser) -> None:
    """Name what is done with which effect."""
    parser.add_argument("what", nargs="?", choices=("list", "settle"), default="list", help=_("list or settle"))
    parser.add_argument("id", nargs="?", default="", help=_("to settle: an effect"))
    parser.add_argument("state", nargs="?", choices=("sent", "failed"), help=_("to settle: what you found"))
    parser.add_argument("--state", dest="states", default="", metavar="STATES", help=_("unknown,draft ..."))
    parser.add_argument("--run", default="", metavar="RUN", help=_("only of this run"))


def effects(line: Line, options: Options) -> int:
    """Print effects, or settle one."""
    own = options.own
    if own.what == "settle":
        if not own.id or not own.state:
            raise UsageError(
                _("Settle which effect, as what?"), hint=_("homarus playbooks effects settle EFFECT sent|failed")
            )
        answer = line.post(f"/api/v1/effects/{quote(own.id, safe='')}/settle", {"state": own.state})
        return shown.result(options, answer, _("Settled: {state}.").format(state=str(answer["state"])))
    answer = line.get(f"/api/v1/effects?state={quote(own.states)}&run={quote(own.run)}")
    if options.as_json:
        shown.as_json(answer)
        return 0
    rows = [
        {
            _("effect"): str(effect["effect_id"]),
            _("what"): str(effect["kind"]),
            _("to"): str(effect["target"]),
            _("state"): effect_state(effect),
            _("because"): str(effect["because"] or effect["approval"]),
        }
        for effect in cast("list[JsonObject]", answer["effects"])
    ]
    shown.table(rows, empty=_("There is none."))
    if any(row[_("state")] == "unknown" for row in rows):
        shown.aside(_("Of an unknown one nobody knows whether it happened. Look at the other side, then settle it."))
        shown.next_step("homarus playbooks effects settle EFFECT sent|failed")
    return 0


def declare_rules(parser: ArgumentParser) -> None:
    """Name what is done with which rule."""
    parser.add_argument("what", nargs="?", choices=("list", "add", "revoke"), default="list", help=_("what to do"))
    parser.add_argument("id", nargs="?", default="", help=_("add: the tool, as mail.send; revoke: the rule"))
    parser.add_argument("--to", action="append", default=[], metavar="WHO", help=_("a recipient; *@example.org"))
    parser.add_argument(
        "--template",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=_("what an argument must be; * is any text"),
    )
    parser.add_argument("--per-day", type=positive, default=1, metavar="N", help=_("how often a day (default: 1)"))
    parser.add_argument("--until", default="", metavar="DATE", help=_("2026-12-31; without it, until it is revoked"))
    parser.add_argument("--playbook", default="", metavar="NAME", help=_("only of this playbook"))
    parser.add_argument("--words", default="", metavar="TEXT", help=_("your own name for it"))
    parser.add_argument("--yes", action="store_true", help=_("sign it without being asked again"))


def rules(line: Line, options: Options) -> int:
    """Print rules, make and sign one, or take one back."""
    own = options.own
    if own.what == "revoke":
        answer = line.post(f"/api/v1/rules/{quote(own.id or '-', safe='')}/revoke")
        return shown.result(options, answer, _("Taken back."))
    if own.what == "add":
        return _add(line, options)
    answer = line.get("/api/v1/rules")
    if options.as_json:
        shown.as_json(answer)
        return 0
    used = cast("dict[str, int]", answer["used"])
    rows = [_rule_row(rule, used) for rule in cast("list[JsonObject]", answer["rules"])]
    shown.table(rows, empty=_("There are no standing rules: whatever others see waits for your yes."))
    return 0


def _rule_row(rule: JsonObject, used: dict[str, int]) -> dict[str, str]:
    state = _("revoked") if rule["revoked_at"] else _("signed") if rule["signed_at"] else _("not signed")
    who = ", ".join(cast("list[str]", rule["recipients"]))
    return {
        _("rule"): str(rule["rule_id"]),
        _("tool"): str(rule["tool"]),
        _("to"): who or "-",
        _("today"): f"{used.get(str(rule['rule_id']), 0)}/{rule['per_day']}",
        _("state"): state,
        _("words"): str(rule["words"]),
    }


def _add(line: Line, options: Options) -> int:
    own = options.own
    if not own.id:
        raise UsageError(
            _("A rule for which tool?"),
            hint=_("homarus playbooks rules add mail.send --to ann@example.org --template 'subject=Weekly *'"),
        )
    body: dict[str, Json] = {
        "tool": own.id,
        "recipients": list(own.to),
        "template": settings_in(own.template),
        "per_day": int(own.per_day),
        "playbook": own.playbook,
        "words": own.words,
    }
    if own.until:
        body["until"] = own.until if "T" in own.until else f"{own.until}T23:59:59"
    rule = line.post("/api/v1/rules", body)
    if not own.yes and not options.as_json:
        print(shown.clean(_says(rule)))
        if not yes(_("Sign this? Then it happens without asking you.")):
            line.post(f"/api/v1/rules/{rule['rule_id']}/revoke")
            shown.aside(_("Not signed; it covers nothing."))
            return EXIT_FAILED
    signed = line.post(f"/api/v1/rules/{rule['rule_id']}/sign")
    return shown.result(options, signed, _("Signed: {id}").format(id=str(signed["rule_id"])))


def _says(rule: JsonObject) -> str:
    who = ", ".join(cast("list[str]", rule["recipients"])) or _("nobody by name")
    lines = [_("{tool}, at most {count} a day, to: {who}").format(tool=rule["tool"], count=rule["per_day"], who=who)]
    template = cast("JsonObject", rule["template"])
    lines += [f"  {name} = {value}" for name, value in template.items()]
    if rule["until"]:
        lines.append(_("until {when}").format(when=rule["until"]))
    return "\n".join(lines)


def declare_sources(parser: ArgumentParser) -> None:
    """Name the source."""
    parser.add_argument("name", nargs="?", default="", help=_("only this one"))
    parser.add_argument("--probe", action="store_true", help=_("look whether each can be read"))


def sources(line: Line, options: Options) -> int:
    """Print sources; with `--probe`, look at each."""
    own = options.own
    found = cast("list[dict[str, Json]]", line.get("/api/v1/sources")["sources"])
    if own.name:
        found = [one for one in found if one["name"] == own.name]
        if not found:
            raise NotFoundError(
                _("There is no source {name!r}.").format(name=own.name), hint=_("See them: homarus playbooks sources")
            )
    if own.probe:
        for one in found:
            shown.status(str(one["name"]))
            answer = line.post(f"/api/v1/sources/{quote(str(one['name']), safe='')}/probe")
            one["health"] = answer["health"]
        shown.clear_status()
    is_well = all(cast("JsonObject", one.get("health") or {"is_well": True})["is_well"] for one in found)
    if options.as_json:
        shown.as_json({"sources": found})
        return 0 if is_well else EXIT_FAILED
    shown.table([_source_row(one) for one in found], empty=_("No source is configured."))
    if not found:
        shown.next_step(_("write one under `sources` in homarus.json5, or try a playbook with --set sample=true"))
    for one in found:
        health = cast("JsonObject", one.get("health") or {})
        if health and not health["is_well"]:
            shown.aside(f"{one['name']}: {health['sentence']}")
            shown.hint(str(health["hint"]))
    return 0 if is_well else EXIT_FAILED


def _source_row(one: JsonObject) -> dict[str, str]:
    state, health = cast("JsonObject", one["state"]), cast("JsonObject | None", one.get("health"))
    row = {
        _("source"): str(one["name"]),
        _("kind"): str(one["kind"]),
        _("read last"): shown.day(state["last_ok"]) if state["last_ok"] else _("never"),
        _("trouble"): str(state["last_error"] or "-"),
    }
    return row if health is None else {**row, _("now"): str(health["sentence"])}
