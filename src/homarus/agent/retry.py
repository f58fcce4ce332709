"""Name what running a message again would repeat, before anybody does it."""

from collections.abc import Sequence

from homarus.domain import codec
from homarus.domain.acts import Outcome, Receipt, Risk, ToolTraits
from homarus.domain.content import ToolCall
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _

_HARMLESS = frozenset({Risk.READ, Risk.REACH})


def would_repeat(events: Sequence[Event]) -> tuple[str, ...]:
    """Return what a turn has done or may have done, one sentence each; empty when running it again is harmless.

    `events` are those of the turn. What was only read is not named; an effect without an outcome is, because it may
    have happened.
    """
    intended: dict[str, ToolCall] = {}
    traits: dict[str, ToolTraits] = {}
    receipts: dict[str, Receipt] = {}
    for event in events:
        if event.kind is Kind.TOOL_INTENDED:
            call = codec.load(ToolCall, event.body["call"])
            intended[call.call_id] = call
            traits[call.call_id] = codec.load(ToolTraits, event.body["traits"])
        elif event.kind is Kind.TOOL_FINISHED:
            receipt = codec.load(Receipt, event.body["receipt"])
            receipts[receipt.call_id] = receipt
    done: list[str] = []
    for call_id, call in intended.items():
        receipt = receipts.get(call_id)
        if traits[call_id].risk in _HARMLESS:
            continue
        if receipt is None or receipt.outcome is Outcome.UNKNOWN:
            done.append(_("{tool} was under way; nobody knows whether it happened.").format(tool=call.name))
        elif receipt.outcome is Outcome.DONE:
            done.append(receipt.summary)
    return tuple(done)
