"""The turn of the small built-in model: it sets reminders, saves notes, finds them again and quotes given text.

Rules read plain orders; the model chooses where they cannot tell, and copies the arguments out of the person's own
words. Everything that is said comes from receipts, from quoted lines or from fixed sentences: a model of 135 million
parameters says fluent wrong things, so none of its own words reach a person.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from homarus.agent import guided_alarms, requests
from homarus.agent.context import Opening
from homarus.agent.pasted import split
from homarus.agent.quotes import Given, Quote, quotes
from homarus.agent.requests import Order
from homarus.agent.rooms import Past, Scene, Told
from homarus.agent.small import Small, ask, do, receipt_of
from homarus.domain.acts import Outcome
from homarus.domain.content import Json, Message, Role, Text
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE, Label, least_trusted
from homarus.domain.turns import Route, Said
from homarus.models import guided

_KIND = {Order.REMIND: "alarm", Order.NOTE: "note", Order.RECALL: "search", Order.OTHER: "chat"}
_ORDER = {kind: order for order, kind in _KIND.items()}
_MOST_LINES = 8
_TOLD_AGAIN_AFTER = timedelta(days=1)


async def guided_answer(scene: Scene, opening: Opening, route: Route) -> Told:
    """Return what came of a message whose model has the tool protocol `guided`.

    The past is not told to the model: it is too small to gain from it.

    Raises:
        ModelCallError: when the engine was needed and did not answer.
        Parked: while a person must decide.
    """
    small = Small(scene=scene, route=route)
    given = _given(scene)
    question = pasted.question if (pasted := split(scene.turn.inbound.text)) and not given else ""
    if pasted and question:
        small = replace(small, words=question)
        given = (Given(name=_("the text you gave"), text=pasted.text),)
    text = await _answer(small, given)
    if _offer(route) not in text:
        _introduce(scene, opening.past)
    _say(scene, text)
    scene.gained.append(Message(role=Role.ASSISTANT, parts=(Text(text=text, label=_label(scene)),)))
    return Told(text=text)


async def _answer(small: Small, given: Sequence[Given]) -> str:
    if given and not small.request:
        return _("I got text but no question. Type what to do with it, for example: {example}").format(
            example='`cat notes.txt | homarus ask "What is due this week?"`'
        )
    order = await _order(small, has_given=bool(given))
    if given and order not in (Order.REMIND, Order.NOTE, Order.CANCEL):
        return _quoted(small, given)
    return await _DO[order](small)


def _introduce(scene: Scene, past: Past) -> None:
    """Say who answers: once in a session, and again after a day."""
    notice = _(
        "Answered by the small built-in model: it sets reminders, saves notes and quotes your text. "
        "For real answers, let homarus find what this machine can run: `homarus setup`."
    )
    now = scene.turn.accepted_at or scene.rooms.clock.now()
    told = [turn.at for turn in past.turns if turn.at is not None and notice in turn.notices]
    if not told or now - max(told) >= _TOLD_AGAIN_AFTER:
        scene.notice(notice)


def _given(scene: Scene) -> tuple[Given, ...]:
    texts = [part for part in scene.turn.inbound.attachments if isinstance(part, Text) and part.text.strip()]
    return tuple(Given(name=_name(part.label), text=part.text) for part in texts)


def _name(label: Label) -> str:
    """Return what a person calls the place: `notes.txt`, not `file notes.txt`."""
    name = label.source.removeprefix("file ").strip()
    return name if name and name != "stdin" else _("the text you gave")


def _label(scene: Scene) -> Label:
    """Return the label of the answer: as private and as foreign as anything that it may quote."""
    worst = least_trusted(scene.labels)
    return HOUSE if worst.is_trusted else replace(worst, reach=scene.reach)


def _say(scene: Scene, text: str) -> None:
    for piece in re.findall(r"\s*\S+\s*", text):
        scene.watch(Said(text=piece))


# --- what is it? --------------------------------------------------------------------------------------------------


async def _order(small: Small, *, has_given: bool) -> Order:
    plain = requests.plain_order(small.request)
    if plain is not None and small.can(plain):
        return plain
    if has_given:
        return Order.OTHER
    possible = [order for order in requests.possible_orders(small.request) if small.can(order)]
    if len(possible) < 2:  # noqa: PLR2004 - one is no choice
        return Order.OTHER
    kinds = [_KIND[order] for order in possible]
    request = guided.choice_request(small.route.model, small.request, kinds)
    chosen = guided.read_choice(await ask(small, "guided:choice", request), kinds)
    return _ORDER[chosen] if chosen else Order.OTHER


# --- doing it -----------------------------------------------------------------------------------------------------


async def _note(small: Small) -> str:
    text = requests.noted(small.request)
    if not text:
        return _("What shall I note? For example: Note that the spare key is under the blue pot.")
    await do(small, Order.NOTE, {"text": text})
    receipt = receipt_of(small)
    if receipt.outcome is not Outcome.DONE:
        return _("The note was not saved. {why}").format(why=receipt.summary)
    place = receipt.facts.get("place")
    return _("Noted in {place}: {text}").format(place=place, text=text) if place else receipt.summary


async def _recall(small: Small) -> str:
    words = " ".join(requests.key_words(small.request)) or small.request
    found = await do(small, Order.RECALL, {"query": words})
    lines = _lines(small, found)
    if lines:
        return _("From your notes:") + "\n\n" + lines
    nothing = _("I found nothing in your notes about {words!r}.").format(words=words)
    return nothing + "\n\n" + _offer(small.route)


async def _files(small: Small) -> str:
    words = requests.key_words(small.request)
    whole = " ".join(words) or small.request
    lines = _lines(small, await do(small, Order.FILES, {"query": whole}))
    if not lines and len(words) > 1:
        any_word: dict[str, Json] = {"query": "|".join(re.escape(word) for word in words), "regex": True}
        lines = _lines(small, await do(small, Order.FILES, any_word, key="guided:act:2"))
    if lines:
        return _("From your files:") + "\n\n" + lines
    return _("I found nothing in your files about {words!r}.").format(words=whole)


def _lines(small: Small, found: str) -> str:
    """Return the lines that a search brought as a list; empty when it brought none."""
    receipt = receipt_of(small)
    if receipt.outcome is not Outcome.DONE or not receipt.facts.get("found", 1):
        return ""
    lines = [line.strip() for line in found.splitlines() if line.strip()]
    return "\n".join(f"- {line}" for line in lines[:_MOST_LINES])


async def _other(small: Small) -> str:
    return _offer(small.route)


def _offer(route: Route) -> str:
    return _abilities() + "\n\n" + _how_to_a_better_one(route)


def _how_to_a_better_one(route: Route) -> str:
    """Return the step to a model that talks; where one is chosen and cannot be asked, that one is to be mended."""
    if route.instead_of:
        words = _(
            "Your model {model} cannot be asked now, so I answer. `homarus doctor models` says why and what to do."
        )
        return words.format(model=route.instead_of)
    return _(
        "For real answers connect a model: install Ollama (https://ollama.com/download), run `ollama pull qwen3:8b`, "
        "then `homarus models list` shows what can be used."
    )


def _abilities() -> str:
    return _(
        "I am the small built-in model, so I do not chat or give advice. What I can do, offline:\n\n"
        "- Remind me to call Lena at noon\n"
        "- What reminders do I have?\n"
        "- Note that the spare key is under the blue pot\n"
        "- What did I note about the key?\n"
        '- Answer from a text by quoting it: `cat notes.txt | homarus ask "What is due this week?"`'
    )


_DO = {
    Order.REMIND: guided_alarms.remind,
    Order.LIST: guided_alarms.tell_waiting,
    Order.CANCEL: guided_alarms.cancel,
    Order.CLOCK: guided_alarms.tell_time,
    Order.NOTE: _note,
    Order.RECALL: _recall,
    Order.FILES: _files,
    Order.OTHER: _other,
}


# --- quoting ------------------------------------------------------------------------------------------------------


def _quoted(small: Small, given: Sequence[Given]) -> str:
    question = small.request
    found = quotes(question, given, small.scene.rooms.clock.now().date())
    if not found:
        return _("No line of {names} fits the question.").format(names=", ".join(text.name for text in given)) + (
            "\n\n"
            + _("I only quote lines that share words or days with it; connect a model for more: `homarus models list`.")
        )
    return "\n\n".join(_block(name, [quote for quote in found if quote.name == name]) for name in _names(found))


def _names(found: Sequence[Quote]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(quote.name for quote in found))


def _block(name: str, found: Sequence[Quote]) -> str:
    head = _("Quoted from {name}:").format(name=name)
    return "\n".join(
        [head, "", *(_("- line {line}: {text}").format(line=q.line, text=q.text.lstrip("-*# ")) for q in found)]
    )
