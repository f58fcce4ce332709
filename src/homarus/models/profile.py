"""What an agent must know of a model to write a prompt for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from homarus.domain.acts import Risk
from homarus.domain.cards import ScoreCard, ToolProtocol
from homarus.models.catalog import Candidate
from homarus.models.compat import Compat

_PROTOCOLS: Mapping[str, ToolProtocol] = {
    "native": "native",
    "constrained": "constrained",
    "text": "text",
    "none": "none",
}
"""What `compat.toolProtocol` can be; without it, the server and the driving test decide."""
_ENTRY_BELOW_TOKENS = 12_000
_UNKNOWN_LOCAL_TOKENS = 8_192
_UNKNOWN_HOSTED_TOKENS = 128_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A model as prompts are made for it."""

    window_tokens: int
    """The context that its server really gives it, or will be asked for."""
    max_output_tokens: int | None
    inputs: tuple[str, ...]
    tool_protocol: ToolProtocol
    tier: Literal["embedded", "entry", "full"]
    place: str
    is_local: bool
    prefill_tokens_s: float | None = None
    """How fast it reads a prompt here, once that was measured."""
    thinks: bool | None = None
    """Whether it thinks before it answers, where its server or the owner says so."""
    most_risk: Risk | None = Risk.RUN
    """Tools above this risk ask first, whatever the policy allows: what the driving test trusts the model with."""


def profile_of(
    candidate: Candidate,
    *,
    at_most: int | None = None,
    given: int | None = None,
    prefill_tokens_s: float | None = None,
) -> Profile:
    """Return the profile of a candidate, after its server was asked where that is possible.

    `at_most` is what the owner lets any model's window be used up to, `given` the context that was chosen for it.
    """
    known = given if given is not None else _window(candidate)
    window = min(known, at_most) if at_most is not None else known
    tier: Literal["embedded", "entry", "full"] = "entry" if window < _ENTRY_BELOW_TOKENS else "full"
    return Profile(
        window_tokens=window,
        max_output_tokens=candidate.info.max_output_tokens,
        inputs=candidate.info.inputs,
        tool_protocol=_tools(candidate),
        tier="embedded" if candidate.is_embedded else tier,
        place=candidate.place,
        is_local=candidate.is_local,
        prefill_tokens_s=prefill_tokens_s,
        thinks=candidate.info.has_reasoning,
    )


def with_card(profile: Profile, card: ScoreCard, *, is_stale: bool = False) -> Profile:
    """Return a profile with what the driving test found out about just this build.

    Of a card that `is_stale` only the distrust stays: a server's word about its version or digest takes none away.
    """
    if is_stale:
        return replace(profile, most_risk=_stricter(profile.most_risk, card.most_risk))
    safe = card.safe_window_tokens
    is_refused = profile.tool_protocol != "native" and card.tool_protocol == "native"
    return replace(
        profile,
        window_tokens=profile.window_tokens if safe is None else min(profile.window_tokens, safe),
        tool_protocol=profile.tool_protocol if is_refused else card.tool_protocol,
        most_risk=card.most_risk,
        prefill_tokens_s=profile.prefill_tokens_s or card.prefill_tokens_s,
    )


def _stricter(one: Risk | None, two: Risk | None) -> Risk | None:
    return None if one is None or two is None else min(one, two, key=tuple(Risk).index)


def _window(candidate: Candidate) -> int:
    known = candidate.window_tokens
    if known is not None:
        return known
    return _UNKNOWN_LOCAL_TOKENS if candidate.is_local else _UNKNOWN_HOSTED_TOKENS


def _tools(candidate: Candidate) -> ToolProtocol:
    if candidate.is_embedded:
        return "guided"
    compat = Compat.of(candidate.endpoint) if candidate.endpoint is not None else None
    if compat is not None and (said := _PROTOCOLS.get(compat.word("toolProtocol"))):
        return said
    is_said = compat is None or compat.is_on("supportsTools", default=True)
    return "native" if is_said and candidate.info.has_tools is not False else "text"
