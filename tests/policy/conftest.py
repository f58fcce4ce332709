"""Calls as the policy sees them."""

from collections.abc import Callable

import pytest

from homarus.domain.acts import ProposedCall, Risk, ToolTraits
from homarus.domain.content import JsonObject, ToolCall
from homarus.domain.ids import CallId
from homarus.domain.labels import HOUSE, OWNER, Label, Origin

WEB = Label(origin=Origin.WEB, source="web.fetch https://evil.example")

Propose = Callable[..., ProposedCall]


@pytest.fixture
def web() -> Label:
    return WEB


@pytest.fixture
def propose() -> Propose:
    """Return a function that makes a call of a tool `t` with a risk."""

    def make(
        risk: Risk,
        arguments: JsonObject | None = None,
        *,
        key: tuple[str, ...] = (),
        words: str = "",
        labels: tuple[Label, ...] = (HOUSE, OWNER),
        is_headless: bool = False,
    ) -> ProposedCall:
        return ProposedCall(
            call=ToolCall(call_id=CallId("c"), name="t", arguments=arguments or {}),
            traits=ToolTraits(name="t", risk=risk, key_arguments=frozenset(key)),
            labels=labels,
            owner_words=words,
            is_headless=is_headless,
        )

    return make
