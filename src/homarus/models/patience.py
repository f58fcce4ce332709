"""How long to wait for the first word of a model: as long as it reads, and no longer than that while another is ready.

A constant cannot be right. A laptop reads a long prompt for minutes, and a server that hangs looks just the same; what
tells them apart is how fast it has read before.
"""

from dataclasses import replace

from homarus.domain.content import Text
from homarus.domain.inference import ModelRequest
from homarus.domain.ports import Timeouts
from homarus.models.providers import HURRY

_CHARS_PER_TOKEN = 3.3
_START_S = 10.0
_LEAST_HURRIED_S = 20.0
_MOST_HURRIED_S = 540.0
_HURRIED_TIMES = 2.0
_PATIENT_TIMES = 3.0


def reading_s(request: ModelRequest, prefill_tokens_s: float | None) -> float | None:
    """Return about how long a model reads a request from its beginning; `None` before its speed was measured."""
    if not prefill_tokens_s:
        return None
    return tokens_in(request) / prefill_tokens_s


def tokens_in(request: ModelRequest) -> int:
    """Return about how many tokens a request has, rather too many."""
    said = sum(len(part.text) for message in request.messages for part in message.parts if isinstance(part, Text))
    tools = sum(len(tool.description) + len(str(tool.parameters)) for tool in request.tools)
    return int((said + tools) / _CHARS_PER_TOKEN) + 1


def limits(usual: Timeouts, request: ModelRequest, *, prefill_tokens_s: float | None, in_hurry: bool) -> Timeouts:
    """Return the limits of one call; `in_hurry` says that another model stands ready."""
    expected_s = reading_s(request, prefill_tokens_s)
    if not in_hurry:
        if expected_s is None:
            return usual
        return replace(usual, first_byte_s=max(usual.first_byte_s, 3 * _START_S + _PATIENT_TIMES * expected_s))
    if expected_s is None:
        return HURRY
    wanted_s = _START_S + _HURRIED_TIMES * expected_s
    return replace(HURRY, first_byte_s=min(max(wanted_s, _LEAST_HURRIED_S), _MOST_HURRIED_S))
