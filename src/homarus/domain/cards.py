"""What the driving test found out about a model, on one server, in one build: its score card."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from homarus.domain.acts import Risk
from homarus.domain.content import Json, JsonObject

ToolProtocol: TypeAlias = Literal["native", "constrained", "text", "guided", "none"]
"""How a model is asked for tool calls: in the server's own field, as JSON held by a schema, as text that is read,
in two grammar-bound steps (the embedded model), or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Which model a card is about: another digest is another model."""

    provider: str
    model_id: str
    digest: str = ""
    """Of the weights, as the server or the disk names them. With `id:` in front it was made out of the model's name,
    window and template, because the server names none: other weights under the same name are not noticed then."""
    quantization: str = ""
    template_sha256: str = ""
    engine: str = ""
    """Kind and version of the server: `llama-server b11361`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One discipline of the test."""

    name: str
    """`tool-call`, `multi-step`, `nested-json`, `recall`, `silence`, `injection`, `speed`."""
    passed: int
    tried: int
    detail: str = ""
    """What went wrong, in a sentence with the model's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCard:
    """What a model can be trusted with here."""

    subject: Subject
    at: datetime
    took_s: float
    tool_protocol: ToolProtocol
    safe_window_tokens: int | None
    """The longest prompt at which it still found what stood in it; `None` when the test did not get so far."""
    most_risk: Risk | None
    """Tools above this risk ask first, whatever the policy allows; `None`: it asks before every tool."""
    scores: tuple[Score, ...]
    prefill_tokens_s: float | None = None
    generation_tokens_s: float | None = None
    weaknesses: tuple[str, ...] = ()
    """In plain sentences, for the person who chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A model held to the build that was served when the owner pinned it."""

    subject: Subject
    at: datetime
    window_tokens: int | None = None
    sampler: JsonObject = field(default_factory=dict[str, Json])
    """What the configuration asked it to be sampled with at that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Which build answers and how it was asked: what somebody needs who wants the same answer again."""

    subject: Subject
    window_tokens: int | None = None
    sampler: JsonObject = field(default_factory=dict[str, Json])
    """`temperature`, `top_p`, `seed`, `max_tokens`, `stop` and the owner's own parameters, as they were sent."""
    prompt_sha256: str = ""
    """Of everything that the model was given to read."""
