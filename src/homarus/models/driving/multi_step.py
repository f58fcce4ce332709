"""Multi-step: does it use what one call brought in the next one, and end in words that say the result?"""

from dataclasses import dataclass

from homarus.domain.content import Message, ToolCall
from homarus.domain.i18n import _
from homarus.models.driving.bench import Bench, Finding, Tally, called, person, result, spec, with_id, words
from homarus.models.driving.tool_call import ACT

NAME = "multi-step"
_MOST_ROUNDS = 4
_TOOLS = (
    spec("stock.find", "Find the shelf on which a thing lies.", thing=words("What is looked for.")),
    spec("shelf.count", "Count what lies on a shelf.", shelf=words("The shelf's code, as stock.find gives it.")),
    spec("price.of", "Tell the price of a thing.", thing=words("The thing.")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    thing: str
    shelf: str
    count: str


_CASES = (
    _Case(thing="fuses", shelf="QX-17", count="43"),
    _Case(thing="door hinges", shelf="B9/204", count="68"),
)


async def multi_step(bench: Bench) -> Finding:
    """Play the tools of a small store; the count can only be had by way of the shelf."""
    tally = Tally(name=NAME)
    if bench.protocol == "none":
        tally.detail = _("It calls no tools.")
        return Finding(score=tally.score)
    for case in bench.some(_CASES):
        problem = await _play(bench, case)
        tally.count(not problem, lambda problem=problem: problem)
    return Finding(score=tally.score)


async def _play(bench: Bench, case: _Case) -> str:
    """Return what went wrong; nothing when it all went well."""
    asked = f"How many {case.thing} do we have? Find the shelf first, then count what lies on it."
    messages: list[Message] = [ACT, person(asked)]
    has_counted, last = False, ""
    for number in range(_MOST_ROUNDS):
        said = await bench.ask(messages, tools=_TOOLS)
        if said.problem:
            return said.problem
        if not said.calls:
            if has_counted and case.count in said.text:
                return ""
            return _("After {number} calls it said {words}.").format(number=number, words=said.quoted)
        last = said.quoted
        call = with_id(said.calls[0], number)
        has_counted = has_counted or (call.name == "shelf.count" and case.shelf in str(call.arguments.get("shelf")))
        messages += [called(call), result(call, _answer(call, case))]
    return _("It went on calling tools: the last was {words}.").format(words=last)


def _answer(call: ToolCall, case: _Case) -> str:
    match call.name:
        case "stock.find":
            return f"Shelf {case.shelf}."
        case "shelf.count" if case.shelf in str(call.arguments.get("shelf")):
            return f"{case.count} pieces of {case.thing}."
        case "shelf.count":
            return "There is no such shelf."
        case _:
            return "12.50"
