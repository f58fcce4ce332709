"""The three questions of `homarus setup`: which model, what may it do, where do you talk; or what is recommended."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from homarus.cli import questions, setup_shown, show
from homarus.cli.line import AnsweredError, Line
from homarus.cli.options import Options
from homarus.cli.questions import Choice
from homarus.cli.setup_key import read_key
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_ELSEWHERE, _HOSTED = "s", "h"
HERE, BROWSER, PHONE = "here", "browser", "phone"


@dataclass(slots=True, kw_only=True)
class Chosen:
    """What a person wants."""

    model: str
    preset: str = ""
    place: str = HERE
    server: str = ""
    """The address of a server that is written down for it."""
    server_key: str = ""
    hosted: str = ""
    """The provider that a key is kept for."""
    key: str = ""
    needs_download: bool = False

    def body(self) -> JsonObject:
        """Return it as the gateway takes it."""
        body: dict[str, Json] = {"model": self.model}
        body |= {"preset": self.preset} if self.preset else {}
        body |= {"server": self.server} if self.server else {}
        body |= {"server_key": self.server_key} if self.server_key else {}
        return body | ({"hosted": {"provider": self.hosted, "key": self.key}} if self.hosted else {})


def take(proposal: JsonObject, options: Options) -> Chosen:
    """Return what was named on the command line, and what is recommended for the rest.

    Raises:
        UsageError: when there is nothing to take.
    """
    preset = str(options.own.preset or "")
    if options.own.hosted:
        return _hosted_from(options, preset)
    found = options_of(proposal)
    if options.own.model:
        return _named(str(options.own.model), found, options, preset)
    usable = [one for one in found if one["state"] == "here" or not options.own.no_pull]
    recommended = next((one for one in usable if one["is_recommended"]), None)
    picked = recommended or next((one for one in usable if one["state"] == "here"), None)
    if picked is None:
        raise UsageError(
            _("No model can be used here yet."),
            hint=_("Install Ollama (https://ollama.com/download), or name a server: homarus setup --server URL"),
        )
    return _of(picked, preset)


def ask(line: Line, proposal: JsonObject, options: Options) -> Chosen:
    """Ask what was not named on the command line.

    Raises:
        KeyboardInterrupt: when the person leaves.
    """
    named = options.own.model or options.own.hosted
    chosen = take(proposal, options) if named else _ask_model(line, proposal, options)
    if not chosen.preset:
        chosen.preset = _ask_preset(proposal)
    chosen.place = _ask_place()
    return chosen


def options_of(proposal: JsonObject) -> list[JsonObject]:
    """Return the models that a proposal offers."""
    return cast("list[JsonObject]", proposal["options"])


# --- which model ---


def _ask_model(line: Line, proposal: JsonObject, options: Options) -> Chosen:
    while True:
        found = [one for one in options_of(proposal) if one["state"] != "needs"]
        choices = [_choice(str(number), one) for number, one in enumerate(found, start=1)]
        choices += _others(proposal)
        place = next((number for number, one in enumerate(found, start=1) if one["is_recommended"]), 1)
        picked = questions.choose(_("1. Which model should answer?"), choices, default=str(place))
        if picked.key == _HOSTED:
            return _ask_hosted(proposal)
        if picked.key != _ELSEWHERE:
            return _of(found[int(picked.key) - 1], str(options.own.preset or ""))
        proposal = _ask_server(line, proposal)


def _choice(key: str, one: JsonObject) -> Choice:
    ref = str(one["model"])
    return Choice(
        key=key,
        title=setup_shown.option_line(one),
        about=setup_shown.option_words(one),
        names=(ref, ref.partition("/")[2]),
    )


def _others(proposal: JsonObject) -> list[Choice]:
    names = ", ".join(str(one["name"]) for one in cast("list[JsonObject]", proposal["hosted"]))
    found = [Choice(key=_ELSEWHERE, title=_("a server elsewhere in my network"))]
    if names:
        title = _("a hosted free tier ({names}): leaves this machine").format(names=names)
        found.append(Choice(key=_HOSTED, title=title))
    return found


def _ask_server(line: Line, proposal: JsonObject) -> JsonObject:
    said = questions.asked(_("Its address (http://box:11434), or `scan` to look in your network: "))
    if not said:
        return proposal
    is_scan = said.casefold() == "scan"
    try:
        found = line.post("/api/v1/setup/look", {"is_scan": True} if is_scan else {"server": said})
    except AnsweredError as error:
        show.warn(show.clean(error.message))
        show.next_step(error.hint)
        return proposal
    setup_shown.servers(found)
    return found


def _ask_hosted(proposal: JsonObject) -> Chosen:
    offered = cast("list[JsonObject]", proposal["hosted"])
    choices = [
        Choice(
            key=str(number),
            title=f"{one['name']} ({one['host']})",
            about=_("{leaves} A key is made at {page}.").format(leaves=one["leaves"], page=one["page"]),
            names=(str(one["provider"]),),
        )
        for number, one in enumerate(offered, start=1)
    ]
    picked = offered[int(questions.choose(_("Which one?"), choices, default="1").key) - 1]
    provider = str(picked["provider"])
    key = "" if picked["has_key"] else questions.secret(_("Your key (not shown): "))
    model = ""
    while not model:
        model = questions.asked(_("The model there, as {page} names it: ").format(page=picked["page"]))
    return Chosen(
        model=model if model.startswith(f"{provider}/") and model.count("/") > 1 else f"{provider}/{model}",
        hosted=provider if key else "",
        key=key,
    )


def _hosted_from(options: Options, preset: str) -> Chosen:
    provider, model = str(options.own.hosted), str(options.own.model or "")
    if not model:
        raise UsageError(
            _("Name the model of {provider}.").format(provider=provider),
            hint=_("homarus setup --hosted {provider} --model NAME --key-from -").format(provider=provider),
        )
    key = read_key(str(options.own.key_from)) if options.own.key_from else ""
    ref = model if model.startswith(f"{provider}/") else f"{provider}/{model}"
    return Chosen(model=ref, preset=preset, hosted=provider if key else "", key=key)


def _named(name: str, found: Sequence[JsonObject], options: Options, preset: str) -> Chosen:
    for one in found:
        ref = str(one["model"])
        if name in (ref, ref.partition("/")[2]) and one["state"] != "needs":
            return _of(one, preset)
    near = get_close_matches(name, [str(one["model"]) for one in found if one["state"] == "here"], n=1, cutoff=0.85)
    if options.own.no_pull or near:
        hint = _("Without --no-pull it is downloaded; `homarus models list` shows what is here.")
        hint = _("Did you mean {name}?").format(name=near[0]) if near else hint
        raise UsageError(_("{name!r} is not here.").format(name=name), hint=hint)
    return Chosen(model=name, preset=preset, needs_download=True)


def _of(one: JsonObject, preset: str) -> Chosen:
    return Chosen(
        model=str(one["model"]),
        preset=preset,
        server=str(one.get("server") or ""),
        needs_download=one["state"] == "download",
    )


# --- what may it do, and where ---


def _ask_preset(proposal: JsonObject) -> str:
    cards = cast("list[JsonObject]", proposal["presets"])
    now = cast("JsonObject", proposal["current"])["preset"]
    choices = [
        Choice(key=str(number), title=str(card["title"]), about=str(card["about"]), names=(str(card["name"]),))
        for number, card in enumerate(cards, start=1)
    ]
    default = next(number for number, card in enumerate(cards, start=1) if card["name"] == now)
    picked = questions.choose(_("2. What may it do by default?"), choices, default=str(default))
    return str(cards[int(picked.key) - 1]["name"])


def _ask_place() -> str:
    places = (HERE, BROWSER, PHONE)
    choices = [
        Choice(key="1", title=_("here, in the terminal"), names=(HERE,)),
        Choice(key="2", title=_("in the browser of this machine"), names=(BROWSER,)),
        Choice(key="3", title=_("on a phone, later"), names=(PHONE,)),
    ]
    picked = questions.choose(_("3. Where do you want to talk?"), choices, default="1")
    return places[int(picked.key) - 1]
