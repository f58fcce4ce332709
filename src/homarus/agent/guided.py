"""The turn of the small built-in model: it sets reminders, saves notes, finds them again and quotes given text.

Rules read plain orders; the model chooses where they cannot tell, and copies the arguments out of the person's own
words. Everything that is said comes from receipts, from quoted lines or from fixed sentences: a model of 135 million
parameters says fluent wrong things, so none of its own words reach a person.
"""

import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from homarus.agent import requests
from homarus.agent.act import act
from homarus.agent.context import Opening
from homarus.agent.quotes import Given, Quote, quotes
from homarus.agent.requests import Order, Reminding
from homarus.agent.rooms import Held, Profile, Replaced, Scene, Told
from homarus.agent.times import times
from homarus.domain import codec
from homarus.domain.acts import Outcome, Receipt
from homarus.domain.content import Json, JsonObject, Message, Role, Text, ToolCall
from homarus.domain.events import Kind
from homarus.domain.i18n import _
from homarus.domain.ids import CallId
from homarus.domain.inference import Answer, Finish, Finished, ModelRef, ModelRequest, Prefill, TextDelta
from homarus.domain.labels import HOUSE, Label, least_trusted
from homarus.domain.turns import Route, Said, Waiting
from homarus.models import guided

_KIND = {Order.REMIND: "alarm", Order.NOTE: "note", Order.RECALL: "search", Order.OTHER: "chat"}
_ORDER = {kind: order for order, kind in _KIND.items()}
_TOOL = {
    Order.REMIND: "remind.set",
    Order.NOTE: "memory.save",
    Order.RECALL: "memory.search",
    Order.FILES: "files.search",
}
_MOST_LINES = 8
_WRAPPER = re.compile(r"^</?untrusted\b.*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Small:
    """The turn while it runs."""

    scene: Scene
    route: Route

    @property
    def request(self) -> str:
        """What the person wrote, on one line, without control tokens."""
        return requests.cleaned(self.scene.turn.inbound.text)

    def can(self, order: Order) -> bool:
        """Whether the agent has the tool for an order."""
        tool = _TOOL.get(order)
        return tool is None or (tool in self.scene.rooms.tools and self.scene.turn.agent.may_use(tool))


async def guided_answer(scene: Scene, _opening: Opening, route: Route) -> Told:
    """Return what came of a message whose model has the tool protocol `guided`.

    The past is not told to the model: it is too small to gain from it.

    Raises:
        ModelCallError: when the engine was needed and did not answer.
        Parked: while a person must decide.
    """
    small = _Small(scene=scene, route=route)
    scene.notice(
        _(
            "Answered by the small built-in model: it sets reminders, saves notes and quotes your text. "
            "Connect Ollama for real answers: `ollama pull qwen3`, then `homarus models list`."
        )
    )
    given = _given(scene)
    order = await _order(small, has_given=bool(given))
    if given and order not in (Order.REMIND, Order.NOTE):
        text = _quoted(small, given)
    else:
        text = await _DO[order](small)
    _say(scene, text)
    scene.gained.append(Message(role=Role.ASSISTANT, parts=(Text(text=text, label=_label(scene)),)))
    return Told(text=text)


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


async def _order(small: _Small, *, has_given: bool) -> Order:
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
    chosen = guided.read_choice(await _ask(small, "guided:choice", request), kinds)
    return _ORDER[chosen] if chosen else Order.OTHER


async def _ask(small: _Small, key: str, request: ModelRequest) -> str:
    """Ask the model once, as one step of the run, and return the text."""
    ref = small.route.model

    async def call() -> JsonObject:
        return {"answer": codec.dump(await _hear(small, request)), "served_by": str(ref)}

    body = await small.scene.run.step(key, call, kind=Kind.MODEL_ANSWERED)
    answer = codec.load(Answer, body["answer"])
    small.scene.answers.append(answer)
    return answer.text


async def _hear(small: _Small, request: ModelRequest) -> Answer:
    scene, began, text = small.scene, monotonic(), ""
    finished, first_ms = Finished(reason=Finish.STOP), 0.0

    def build(_ref: ModelRef, _profile: Profile) -> ModelRequest:
        return request

    alone = replace(small.route, fallbacks=())  # another model would not keep to the grammar
    async with aclosing(scene.rooms.models.answer(alone, build, turn=scene.turn, reach=scene.reach)) as events:
        async for event in events:
            match event:
                case TextDelta():
                    first_ms = first_ms or (monotonic() - began) * 1000
                    text += event.text
                case Held():
                    scene.watch(Waiting(phase=event.phase, total=event.position))
                case Prefill():
                    scene.watch(Waiting(phase="reading", done=event.done_tokens, total=event.total_tokens))
                case Finished():
                    finished = event
                case Replaced():
                    text = ""
                case _:
                    pass
    total_ms = (monotonic() - began) * 1000
    scene.waited_ms += total_ms
    return Answer(
        text=text,
        reasoning="",
        tool_calls=(),
        reason=finished.reason,
        usage=finished.usage,
        model=finished.model,
        prefill_ms=round(finished.prefill_ms or first_ms, 1),
        first_token_ms=round(first_ms, 1),
        total_ms=round(total_ms, 1),
    )


# --- doing it -----------------------------------------------------------------------------------------------------


async def _do(small: _Small, order: Order, arguments: JsonObject, *, key: str = "guided:act") -> str:
    """Run the tool of an order through `act` and return what it said, without our own marks."""
    call = ToolCall(call_id=CallId(f"call_{small.scene.run.run_id}_{key}"), name=_TOOL[order], arguments=arguments)
    result = await act(call, small.scene, key=key)
    small.scene.gained.append(Message(role=Role.ASSISTANT, tool_calls=(call,)))
    small.scene.gained.append(result)
    return "\n".join(line for line in result.text.splitlines() if not _WRAPPER.match(line)).strip()


def _receipt(small: _Small) -> Receipt:
    return small.scene.receipts[-1]


async def _remind(small: _Small) -> str:
    wanted = await _reminding(small)
    if not wanted.when:
        what = _("call Lena") if wanted.is_bare else wanted.text
        return _("When? Say it with one time, for example: Remind me to {what} at 17:00.").format(what=what)
    await _do(small, Order.REMIND, {"text": wanted.text, "when": wanted.when})
    receipt = _receipt(small)
    if receipt.outcome is not Outcome.DONE:
        return _("No reminder was set. {why}").format(why=receipt.summary)
    due = _due(receipt)
    if due is None:
        return _("I will remind you: {what} - {summary}").format(what=wanted.text, summary=receipt.summary)
    return _("I will remind you: {what} - {time}").format(what=wanted.text, time=_clock_time(due))


async def _reminding(small: _Small) -> Reminding:
    """Let the model copy text and time, and keep what the rules agree with; where they differ the rules win.

    Only the rules know that `at noon` is no part of what shall be said, only the model finds an order in free words.
    """
    text = small.request
    ruled = requests.reminding(text)
    if not ruled.when or len(text) > requests.MAX_CHARS:
        return ruled
    answer = await _ask(small, "guided:spans", guided.spans_request(small.route.model, text))
    copied = guided.read_spans(answer, text)
    if copied is None or requests.plain_order(text) is Order.REMIND:
        return ruled
    said = requests.reminding(copied.text).text
    is_whole = said in ruled.text and 2 * len(said) > len(ruled.text) and not times(said)
    return Reminding(text=said if is_whole else ruled.text, when=ruled.when)


def _due(receipt: Receipt) -> datetime | None:
    """Return when the reminder is due as the receipt has it, in the owner's zone."""
    try:
        due = datetime.fromisoformat(str(receipt.facts.get("due_at", "")))
        zone = receipt.facts.get("zone")
        return due.astimezone(ZoneInfo(str(zone))) if zone else due
    except (ValueError, ZoneInfoNotFoundError):
        return None


def _clock_time(due: datetime) -> str:
    return f"{due:%a} {due.day} {due:%b %Y, %H:%M %Z}".strip()


async def _note(small: _Small) -> str:
    text = requests.noted(small.request)
    if not text:
        return _("What shall I note? For example: Note that the spare key is under the blue pot.")
    await _do(small, Order.NOTE, {"text": text})
    receipt = _receipt(small)
    if receipt.outcome is not Outcome.DONE:
        return _("The note was not saved. {why}").format(why=receipt.summary)
    place = receipt.facts.get("place")
    return _("Noted in {place}: {text}").format(place=place, text=text) if place else receipt.summary


async def _recall(small: _Small) -> str:
    words = " ".join(requests.key_words(small.request)) or small.request
    found = await _do(small, Order.RECALL, {"query": words})
    lines = _lines(small, found)
    if lines:
        return _("From your notes:") + "\n\n" + lines
    nothing = _("I found nothing in your notes about {words!r}.").format(words=words)
    return nothing + "\n\n" + _offer()


async def _files(small: _Small) -> str:
    words = requests.key_words(small.request)
    whole = " ".join(words) or small.request
    lines = _lines(small, await _do(small, Order.FILES, {"query": whole}))
    if not lines and len(words) > 1:
        any_word: dict[str, Json] = {"query": "|".join(re.escape(word) for word in words), "regex": True}
        lines = _lines(small, await _do(small, Order.FILES, any_word, key="guided:act:2"))
    if lines:
        return _("From your files:") + "\n\n" + lines
    return _("I found nothing in your files about {words!r}.").format(words=whole)


def _lines(small: _Small, found: str) -> str:
    """Return the lines that a search brought as a list; empty when it brought none."""
    receipt = _receipt(small)
    if receipt.outcome is not Outcome.DONE or not receipt.facts.get("found", 1):
        return ""
    lines = [line.strip() for line in found.splitlines() if line.strip()]
    return "\n".join(f"- {line}" for line in lines[:_MOST_LINES])


async def _other(small: _Small) -> str:
    del small
    return _offer()


def _offer() -> str:
    return _(
        "I am the small built-in model, so I do not chat or give advice. What I can do, offline:\n\n"
        "- Remind me to call Lena at noon\n"
        "- Note that the spare key is under the blue pot\n"
        "- What did I note about the key?\n"
        '- Answer from a text by quoting it: `cat notes.txt | homarus ask "What is due this week?"`\n\n'
        "For real answers connect a model: install Ollama (https://ollama.com), run `ollama pull qwen3`, "
        "then `homarus models list` shows what can be used."
    )


_DO = {
    Order.REMIND: _remind,
    Order.NOTE: _note,
    Order.RECALL: _recall,
    Order.FILES: _files,
    Order.OTHER: _other,
}


# --- quoting ------------------------------------------------------------------------------------------------------


def _quoted(small: _Small, given: Sequence[Given]) -> str:
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
