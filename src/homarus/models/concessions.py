"""What a server refused once and is not sent again: a field that it does not know, a system message without a place.

Servers that speak "the same" API refuse requests (400) for one field that another one wants. Each refusal that names
such a field costs one request; the next ones leave it out. What the owner set by hand is never left out: a setting
that has no effect would be worse than an error that names it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from homarus.domain.content import Json, JsonObject, Message, Role, Text
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.labels import HOUSE

MOST = 4
"""How many refusals of one request are met with a concession."""
_OPTIONAL = (
    "chat_template_kwargs",
    "enable_thinking",
    "parallel_tool_calls",
    "reasoning",
    "reasoning_effort",
    "return_progress",
    "seed",
    "stop",
    "stream_options",
    "temperature",
    "tool_choice",
    "top_p",
)
"""Fields that an answer can do without."""
_LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_REFUSALS = frozenset({Failure.BAD_REQUEST, Failure.SERVER_ERROR})
"""What a template that raises an error looks like: servers disagree on whose fault it is."""
_UNKNOWN = re.compile(
    r"unsupported|unrecogni[sz]ed|unknown|unexpected|not (?:supported|permitted|allowed|recogni[sz]ed)|"
    r"does not support|extra (?:inputs|fields)|no longer supported",
    re.IGNORECASE,
)
_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt)s? (?:is |are )?(?:not |un)(?:supported|allowed)|"
    r"does not support (?:the )?system|only user(?:,| and| or)[\w ,]{0,30} roles? (?:is|are) supported",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concessions:
    """How requests to one model of one server differ from what is usual."""

    folds_system: bool = False
    """Whether the system message goes into the first message of the user."""
    without: frozenset[str] = frozenset()
    """Fields that are left out."""
    swaps_limit: bool = False
    """Whether the longest answer stands in the other of the two fields for it."""

    def after(self, error: ModelCallError, sent: Iterable[str], *, own: Iterable[str]) -> "Concessions | None":
        """Return what to concede after a refusal, `None` when it names nothing that can be.

        `sent` are the fields of the request, `own` those that the owner set.
        """
        said = error.message
        if error.failure in _REFUSALS and not self.folds_system and _NO_SYSTEM.search(said):
            return replace(self, folds_system=True)
        if error.failure is not Failure.BAD_REQUEST or not _UNKNOWN.search(said):
            return None
        may = set(sent) - set(own)
        limit = next((name for name in _LIMITS if name in may and _names(said, name)), None)
        if limit is not None and not self.swaps_limit:
            return replace(self, swaps_limit=True)
        named = {name for name in _OPTIONAL if name in may and _names(said, name)} - self.without
        return replace(self, without=self.without | named) if named else None

    def messages(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """Return the messages as the server takes them."""
        if not self.folds_system or not messages or messages[0].role is not Role.SYSTEM:
            return messages
        orders, *rest = messages
        if rest and rest[0].role is Role.USER:
            first = replace(rest[0], parts=(Text(text=orders.text, label=HOUSE), *rest[0].parts))
            return (first, *rest[1:])
        return (Message(role=Role.USER, parts=orders.parts), *rest)

    def tail(self, tail: JsonObject) -> dict[str, Json]:
        """Return the fields behind the messages as the server takes them."""
        named = {_LIMITS.get(name, name) if self.swaps_limit else name: value for name, value in tail.items()}
        return {name: value for name, value in named.items() if name not in self.without}


def _names(said: str, field: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(field)}(?![\w])", said) is not None
