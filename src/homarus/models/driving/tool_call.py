"""Tool call: does it call the right tool with the right arguments, and in which protocol do its calls come through?

The protocols are tried from the best to the plainest, and the first in which calls come through is taken for the rest
of the test: a model that prints its calls as text under one protocol is often well under the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from homarus.domain.cards import ToolProtocol
from homarus.domain.i18n import _
from homarus.models.driving.bench import Bench, Finding, Said, Tally, has, house, person, spec, words

NAME = "tool-call"
_ORDER: tuple[ToolProtocol, ...] = ("native", "constrained", "text")
_ENOUGH = 0.75
"""The share of the calls that must come through."""
LAMP = spec(
    "lamp.switch",
    "Switch the lamp of a room on or off.",
    room=words("The room."),
    is_on={"type": "boolean", "description": "True for on."},
)
PARCEL = spec("parcel.track", "Tell where a parcel is.", number=words("The parcel's number."))
WEATHER = spec("weather.at", "Tell the weather of a place.", place=words("The place."))
TOOLS = (LAMP, PARCEL, WEATHER)
ACT = house("You are an assistant that acts with tools. Call a tool when one fits; answer in words when none does.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    ask: str
    tool: str
    expected: Mapping[str, object]


_CASES = (
    _Case(ask="Please switch the cellar lamp on.", tool="lamp.switch", expected={"room": "cellar", "is_on": True}),
    _Case(ask="Where is my parcel 7K-2204 now?", tool="parcel.track", expected={"number": "7K-2204"}),
    _Case(ask="Do I need an umbrella in Trondheim today?", tool="weather.at", expected={"place": "Trondheim"}),
    _Case(ask="The attic light can go off now.", tool="lamp.switch", expected={"room": "attic", "is_on": False}),
)
_WORDS_ONLY = "In one sentence: why does bread dough rise?"


async def tool_call(bench: Bench) -> Finding:
    """Try the protocols in order; the score is of the one that is taken, else of the last."""
    lost: list[str] = []
    tally = Tally(name=NAME)
    for protocol in _ORDER:
        bench.protocol = protocol
        tally = Tally(name=NAME)
        await _calls(bench, tally)
        if tally.passed >= _ENOUGH * tally.tried:
            await _knows_when_not_to(bench, tally)
            detail = _("Calls come through as {protocol}.").format(protocol=protocol)
            tally.detail = " ".join([*lost, detail, *([tally.detail] if tally.passed < tally.tried else [])])
            return Finding(score=tally.score, protocol=protocol)
        lost.append(_("As {protocol}: {detail}").format(protocol=protocol, detail=tally.detail))
        if bench.left_s <= 0:
            break
    bench.protocol = "none"
    tally.detail = " ".join(lost)
    return Finding(score=tally.score, protocol="none")


async def _calls(bench: Bench, tally: Tally) -> None:
    for case in bench.some(_CASES):
        said = await bench.ask([ACT, person(case.ask)], tools=TOOLS)
        is_good = any(call.name == case.tool and has(call.arguments, **case.expected) for call in said.calls)
        tally.count(is_good, lambda case=case, said=said: _wrong(case, said))
        if not tally.passed and tally.tried >= 2:  # noqa: PLR2004 - two in a row are no accident
            return


async def _knows_when_not_to(bench: Bench, tally: Tally) -> None:
    said = await bench.ask([ACT, person(_WORDS_ONLY)], tools=TOOLS)
    tally.count(
        not said.calls and bool(said.text.strip()),
        lambda: _("Asked for a sentence, it said {words}.").format(words=said.quoted),
    )


def _wrong(case: _Case, said: Said) -> str:
    return _("Asked “{ask}”, it said {words}.").format(ask=case.ask, words=said.quoted)
