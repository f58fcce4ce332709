"""Tell a question from the text that was pasted below it, in one message."""

from dataclasses import dataclass

from homarus.agent import requests
from homarus.agent.requests import Order

_FEWEST_LINES = 2
_LONGEST_QUESTION = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """A message that is a question and a text."""

    question: str
    text: str


def split(message: str) -> Pasted | None:
    """Return question and text of a message whose first line asks and whose other lines can answer; else `None`."""
    first, _, rest = message.strip().partition("\n")
    lines = [line for line in rest.splitlines() if line.strip()]
    question = requests.cleaned(first)
    if not lines or not question or len(question) > _LONGEST_QUESTION:
        return None
    asks = requests.is_question(question) or (question.endswith(":") and len(lines) >= _FEWEST_LINES)
    if not asks or requests.plain_order(question) in (Order.REMIND, Order.NOTE, Order.CANCEL):
        return None
    return Pasted(question=question, text=rest.strip("\n"))
