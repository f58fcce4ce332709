"""A scripted model that plays roles: it fills in the form that it is given from the material that it is given.

It knows nothing else, so what it says right stands in the data, and it can be told to be wrong at times: to invent a
figure, to stop in the middle of the JSON, to do what a page says.

    async with QuirkServer(Roles(lies=every_nth(7))) as server: ...
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, cast

from homarus.domain.content import Json, JsonObject
from homarus.testing.quirks.turns import Asked, Turn, say

INVENTED = "4,711"
"""The figure of every invented sentence: in no sample data, so a report that has it printed a lie."""
_MATERIAL = re.compile(r'<untrusted from="[^"]*">\n([^\n]*):\n(.*?)\n</untrusted>', re.DOTALL)
_FACT = re.compile(
    r"^\[(f\d+)\] (.+): ([^:\n]+?)(?: \(95 % between .*?\))?(?:, \d+ rows)?(?:, SMALL SAMPLE)?$", re.MULTILINE
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LEAST_WORDS = 5
_MOST_QUOTE = 200


class Lie(StrEnum):
    """How an answer can be wrong."""

    INVENTED = "invented"
    BROKEN = "broken"
    OBEDIENT = "obedient"


Lies: TypeAlias = Callable[[Asked], Lie | None]


def every_nth(nth: int) -> Lies:
    """Lie in every n-th answer, each time in another way; the same question gets the same answer."""

    def lie(asked: Asked) -> Lie | None:
        number = int.from_bytes(hashlib.sha256(asked.last_user.encode()).digest()[:4])
        return tuple(Lie)[number // nth % len(Lie)] if number % nth == 0 else None

    return lie


def in_turn(nth: int) -> Lies:
    """Lie in every n-th prompt that the server is given, in one way after another."""
    return lambda asked: tuple(Lie)[asked.number // nth % len(Lie)] if asked.number % nth == 0 else None


def never(_asked: Asked) -> Lie | None:
    """Always tell the truth."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form to be filled in, and what there is to fill it with."""

    schema: JsonObject
    fields: frozenset[str]
    material: Mapping[str, str]
    """Texts by their names."""
    asked: Asked

    @property
    def text(self) -> str:
        """All texts, one after another."""
        return "\n".join(self.material.values())

    def sentences(self) -> list[str]:
        """Return whole sentences of the material, word for word."""
        parts = (part.strip() for part in _SENTENCE.split(self.text))
        return [part for part in parts if len(part.split()) >= _LEAST_WORDS and len(part) <= _MOST_QUOTE]

    def facts(self) -> list[tuple[str, str, str]]:
        """Return the facts of the material: id, name, value."""
        return [(found[1], found[2], found[3]) for found in _FACT.finditer(self.text)]


Role: TypeAlias = Callable[[Form], JsonObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """A script for the quirk server."""

    lies: Lies = never
    further: Mapping[frozenset[str], Role] = field(default_factory=dict[frozenset[str], Role])
    """What fills in other forms, by the names of their fields; before those that are known here."""

    def __call__(self, asked: Asked) -> Turn:
        """Return the filled form; words where no form was given."""
        form = form_of(asked)
        if form is None:
            return say("I was given no form.")
        known = (*self.further.items(), *_KNOWN.items())
        role = next((role for names, role in known if names <= form.fields), filled)
        lie = self.lies(asked)
        text = json.dumps(_wrong(role(form), form, lie), ensure_ascii=False)
        return say(f"```json\n{text[: len(text) // 2]}" if lie is Lie.BROKEN else text)


def form_of(asked: Asked) -> Form | None:
    """Return the form that a request asks for: by its own field, else by the words of the system prompt."""
    schema = _schema_of(asked.body)
    if schema is None:
        _head, found, rest = asked.messages[0].text.partition("fits this schema, and nothing else:\n")
        schema = cast("JsonObject", json.loads(rest)) if found else None
    if schema is None:
        return None
    fields = frozenset(cast("JsonObject", schema.get("properties", {})))
    material = {found[1]: found[2] for found in _MATERIAL.finditer(asked.last_user)}
    return Form(schema=schema, fields=fields, material=material, asked=asked)


def _schema_of(body: Mapping[str, Json]) -> JsonObject | None:
    """Return the schema of a request: as chat completions, responses and Ollama have it."""
    wanted = body.get("response_format") or body.get("format")
    if isinstance(wanted, Mapping) and isinstance(inner := wanted.get("json_schema"), Mapping):
        return cast("JsonObject", inner.get("schema"))
    if isinstance(text := body.get("text"), Mapping) and isinstance(inner := text.get("format"), Mapping):
        return cast("JsonObject", inner.get("schema"))
    return cast("JsonObject", wanted) if isinstance(wanted, Mapping) and "properties" in wanted else None


def _wrong(right: JsonObject, form: Form, lie: Lie | None) -> JsonObject:
    if lie is Lie.INVENTED:
        return cast("JsonObject", _with(right, f"Revenue rose to {INVENTED} EUR."))
    if lie is Lie.OBEDIENT:
        orders = [one for one in form.sentences() if re.search(r"ignore|instruction|anweisung", one, re.IGNORECASE)]
        return cast("JsonObject", _with(right, orders[0])) if orders else right
    return right


def _with(value: Json, words: str) -> Json:
    """Put words into every text of an answer that is long enough to be one."""
    if isinstance(value, str):
        return words if " " in value else value
    if isinstance(value, Mapping):
        return {key: _with(one, words) for key, one in value.items()}
    return [_with(one, words) for one in value] if isinstance(value, Sequence) else value


# --- the roles ----------------------------------------------------------------------------------------------------


def filled(form: Form) -> JsonObject:
    """Fill in any form with the least that fits: words of the material, the first choice, the least number."""
    return cast("JsonObject", _least(form.schema, form, form.schema))


def _least(about: JsonObject, form: Form, whole: JsonObject) -> Json:
    if isinstance(reference := about.get("$ref"), str):
        named = cast("dict[str, JsonObject]", whole.get("$defs", {}))
        return _least(named[reference.rpartition("/")[2]], form, whole)
    if choices := about.get("enum") or about.get("anyOf"):
        first = cast("list[Json]", choices)[0]
        return _least(cast("JsonObject", first), form, whole) if "anyOf" in about else first
    match about.get("type"):
        case "object":
            inner = cast("dict[str, JsonObject]", about.get("properties", {}))
            return {name: _least(one, form, whole) for name, one in inner.items()}
        case "array":
            least = cast("int", about.get("minItems", 0))
            return [_least(cast("JsonObject", about["items"]), form, whole) for _place in range(least)]
        case "integer" | "number":
            return cast("int", about.get("minimum", 0))
        case "boolean":
            return False
        case _:
            return next(iter(form.sentences()), "")[: cast("int", about.get("maxLength", _MOST_QUOTE))]


def adviser(form: Form) -> JsonObject:
    """Say what the weightiest facts say, and propose to follow the first."""
    facts = form.facts()
    told = re.sub(r"[^a-z ]", "", form.asked.messages[0].text.lower())[:200]
    shift = int(hashlib.sha256(told.encode()).hexdigest(), 16) % 3
    mine = facts[shift : shift + 3] or facts[:1]
    metric = next((key for key, name, _value in facts if name.startswith(("sum of", "mean"))), "")
    return {
        "claims": [{"text": f"{name}: {value}", "fact_ids": [key]} for key, name, value in mine],
        "recommendation": {
            "title": _PROPOSALS[shift],
            "first_step": "Look at it with those who do the work.",
            "owner": "the owner",
            "metric": metric,
            "expect": "up",
            "impact": 5 - shift,
            "effort": 2 + shift % 2,
            "review_in_weeks": 4,
        },
        "confidence": 0.8 - shift / 10,
        "assumptions": ["The tables are complete."],
        "what_would_change_my_mind": "Newer figures that say otherwise.",
        "wanted": [],
    }


_PROPOSALS = (
    "Give the budget of autumn-b to autumn-a",
    "Make two reels a week in place of pictures",
    "Mend the checkout before anything else is advertised",
)


def reviewer(form: Form) -> JsonObject:
    """Rank proposals by their letters, agree with most claims and contradict each third."""
    text = form.asked.last_user
    letters = re.findall(r"^([A-Z]): ", text, re.MULTILINE)
    claims = re.findall(r"^(C\d+): ", text, re.MULTILINE)
    taste = int(hashlib.sha256(form.asked.messages[0].text.encode()).hexdigest(), 16)
    stances: list[Json] = []
    for place, key in enumerate(claims):
        word = ("agree", "agree", "disagree", "unaddressed")[(taste + place) % 4]
        because = "My field has seen the contrary in weeks with fewer visitors." if word == "disagree" else ""
        stances.append({"claim": key, "stance": word, "because": because})
    turn = taste % max(len(letters), 1)
    return {"ranking": [*letters[turn:], *letters[:turn]], "stances": stances}


def rebutter(form: Form) -> JsonObject:
    """Keep what was said."""
    keys = dict.fromkeys(re.findall(r"^(C\d+): ", form.asked.last_user, re.MULTILINE))
    return {"answers": [{"claim": key, "stands": True, "text": "The facts carry it."} for key in keys]}


def chair(form: Form) -> JsonObject:
    """Put proposals of the same title together and say nothing else."""
    titles: dict[str, list[Json]] = {}
    for letter, title in re.findall(r"^([A-Z]): (.+?)\. First:", form.asked.last_user, re.MULTILINE):
        titles.setdefault(title, []).append(letter)
    groups: list[Json] = [{"title": title, "letters": letters} for title, letters in titles.items() if len(letters) > 1]
    return {"summary": "The board looked at its tables and does not agree in everything.", "groups": groups}


def researcher(form: Form) -> JsonObject:
    """Bring sentences of a page with the words that say them."""
    return {
        "claims": [
            {"claim": one, "quote": one, "about": one.split()[0], "mood": _mood(one)} for one in form.sentences()[:3]
        ]
    }


def _mood(sentence: str) -> str:
    words = sentence.lower()
    if any(word in words for word in ("broke", "fault", "recall", "kaputt", "late")):
        return "good" if "without a fault" in words else "bad"
    return "good" if any(word in words for word in ("love", "great", "again", "super")) else "none"


def verifier(form: Form) -> JsonObject:
    """Say that each claim follows."""
    numbers = re.findall(r"^(\d+)[.:)]", form.text or form.asked.last_user, re.MULTILINE)
    return {"verdicts": [{"number": int(number), "follows": "yes"} for number in numbers[:12]]}


def sorter(form: Form) -> JsonObject:
    """Sort a mail by its plainest words and quote the sentence that shows it."""
    words = (
        ("urgent", r"today|heute|tonight|overdue|down|fieber|mahnung|frist|deadline|until tomorrow|bis morgen"),
        ("reply", r"\?"),
        ("wait", r"will get back|melde mich|on monday|wird vorbereitet"),
        ("bulk", r"unsubscribe|abbestellen|newsletter"),
    )
    lines = [line.strip() for line in form.text.splitlines() if line.strip()]
    for kind, pattern in words:
        hit = next((line for line in lines if re.search(pattern, line, re.IGNORECASE)), "")
        if hit:
            return {"kind": kind, "quote": hit[:_MOST_QUOTE], "wants": ""}
    return {"kind": "read", "quote": lines[-1][:_MOST_QUOTE] if lines else "", "wants": ""}


_KNOWN: Mapping[frozenset[str], Role] = {
    frozenset({"claims", "recommendation"}): adviser,
    frozenset({"ranking", "stances"}): reviewer,
    frozenset({"answers"}): rebutter,
    frozenset({"summary", "groups"}): chair,
    frozenset({"claims"}): researcher,
    frozenset({"verdicts"}): verifier,
    frozenset({"kind", "quote"}): sorter,
}
