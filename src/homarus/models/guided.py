"""Ask a very small model two things only: which of a few kinds a request is, and which words of it are the arguments.

Step one is an enum grammar after a dozen examples; step two lets the model copy word spans of the person's own text
(LLGuidance `substring_words`), so that a name or an amount can be copied but never invented. Grammars fail open: a
server that does not understand one answers freely (measured), so every answer is read again here and refused when it
does not fit. The examples come first and never change, so the engine keeps them in its prefix cache.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from homarus.domain.content import Message, Role, Text, system, user
from homarus.domain.control_tokens import harmless
from homarus.domain.inference import ModelRef, ModelRequest, Sampling
from homarus.domain.labels import HOUSE, OWNER

_SORT = "Sort each message."
_EXAMPLES = (
    ("In 10 minutes tell me to turn off the heater", "alarm"),
    ("The gate code is 1234, keep that", "note"),
    ("Where did I leave my umbrella?", "search"),
    ("Good morning", "chat"),
    ("What is the largest planet?", "chat"),
    ("What was my order number?", "search"),
    ("Let me know at 10 that the bus leaves", "alarm"),
    ("Eva's phone number is 555-0142, I need it later", "note"),
    ("Write a story about a dog", "chat"),
    ("Who is my dentist?", "search"),
    ("How do I bake bread?", "chat"),
    ("Buy me a car", "chat"),
)
KINDS = ("alarm", "note", "search", "chat")
"""What the examples know; a choice is among some of them."""

_COPY = "Copy words of the request. text: what to say. when: the time."
_COPIES = (
    ("Remind me to buy bread tomorrow at 6", "text: buy bread\nwhen: tomorrow at 6"),
    ("In 10 minutes tell me to turn off the heater", "text: turn off the heater\nwhen: In 10 minutes"),
    ("At 9:15 remind me that Eva needs the car", "text: Eva needs the car\nwhen: At 9:15"),
)
_HELD = {"cache_prompt": True, "return_progress": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """What the model copied for a reminder."""

    text: str
    when: str


def choice_request(model: ModelRef, text: str, kinds: Sequence[str]) -> ModelRequest:
    """Return the request for step one; the answer is one of `kinds` (at most four of `KINDS`)."""
    chosen = [kind for kind in KINDS if kind in kinds]
    grammar = "%llguidance {}\nstart: " + " | ".join(json.dumps(kind) for kind in chosen) + "\n"
    return _request(model, _SORT, _EXAMPLES, text, grammar, max_tokens=4)


def read_choice(answer: str, kinds: Sequence[str]) -> str | None:
    """Return the kind that the model chose; `None` when the answer is anything else."""
    word = answer.strip()
    return word if word in kinds else None


def spans_request(model: ModelRef, text: str) -> ModelRequest:
    """Return the request for step two: `text` and `when`, each a run of words of the request."""
    shown = harmless(text)
    words = json.dumps({"substring_words": shown}, ensure_ascii=False)
    grammar = f'%llguidance {{}}\nstart: "text: " SPAN "\\nwhen: " SPAN\nSPAN: %regex {words}\n'
    return _request(model, _COPY, _COPIES, shown, grammar, max_tokens=min(160, 24 + len(shown) // 2))


def read_spans(answer: str, text: str) -> Spans | None:
    """Return what was copied; `None` when a line is missing or holds words that the person did not say."""
    first, _, second = answer.strip().partition("\n")
    said, when = first.removeprefix("text:").strip(), second.removeprefix("when:").strip()
    is_shaped = first.startswith("text:") and second.startswith("when:") and "\n" not in second
    shown = f" {harmless(text)} "
    if not is_shaped or not said or f" {said} " not in shown or f" {when} " not in f"{shown} ":
        return None
    return Spans(text=said, when=when)


def _request(
    model: ModelRef, task: str, examples: Sequence[tuple[str, str]], text: str, grammar: str, *, max_tokens: int
) -> ModelRequest:
    shots: list[Message] = []
    for asked, answered in examples:
        shots.append(user(asked, HOUSE))
        shots.append(Message(role=Role.ASSISTANT, parts=(Text(text=answered),)))
    return ModelRequest(
        model=model,
        messages=(system(task), *shots, user(harmless(text), OWNER)),
        tool_choice="none",
        sampling=Sampling(temperature=0.0, max_tokens=max_tokens),
        grammar=grammar,
        extra=_HELD,
    )
