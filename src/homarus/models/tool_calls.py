"""Collect tool calls that come in pieces, whatever a server makes of ids, indexes and arguments."""

import json
from dataclasses import dataclass
from typing import cast

from homarus.domain.content import Json, JsonObject, ToolCall
from homarus.domain.ids import CallId, fresh
from homarus.models.depth import TOO_DEEP, is_deep
from homarus.models.letters import all_whole, whole_letters
from homarus.models.tool_names import ToolNames


@dataclass(slots=True)
class _Open:
    index: int | None
    call_id: str
    name: str
    arguments: str = ""
    whole: JsonObject | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the arguments so far are one JSON object."""
        return self.whole is not None or (bool(self.arguments.strip()) and read_arguments(self.arguments) is not None)


class CallCollector:
    """Takes pieces of calls in the order in which they come; gives whole calls at the end."""

    def __init__(self, names: ToolNames) -> None:
        """Take the names of the tools that were offered."""
        self._names = names
        self._open: list[_Open] = []

    def __len__(self) -> int:
        """Return how many calls have begun."""
        return len(self._open)

    def add(self, *, index: Json, call_id: Json, name: Json, arguments: Json) -> None:
        """Take one piece; any of its fields may be missing."""
        said_id = call_id if isinstance(call_id, str) else ""
        said_name = name if isinstance(name, str) else ""
        entry = self._entry(index if isinstance(index, int) else None, said_id, said_name)
        entry.call_id = entry.call_id or said_id
        entry.name = entry.name or said_name
        if isinstance(arguments, str):
            entry.arguments += arguments
        elif isinstance(arguments, dict):
            entry.whole = arguments
        elif arguments is not None:
            entry.arguments += json.dumps(arguments)

    def settle(self, index: int, arguments: Json) -> None:
        """Take the whole arguments of a call in place of the pieces that came before."""
        for entry in self._open:
            if entry.index == index and isinstance(arguments, dict):
                entry.whole = arguments
            elif entry.index == index and isinstance(arguments, str) and arguments.strip():
                entry.arguments = arguments

    def _entry(self, index: int | None, call_id: str, name: str) -> _Open:
        """Return the call that a piece belongs to; a new one when id or name say so, whatever the index."""
        candidates = [entry for entry in self._open if index is None or entry.index == index]
        if call_id:
            same = [entry for entry in candidates if entry.call_id == call_id]
            if same and not (name and index is None and same[-1].is_complete):
                return same[-1]
            candidates = [entry for entry in candidates if not entry.call_id and not name]
        elif name:
            candidates = [entry for entry in candidates if entry.name in ("", name) and not entry.is_complete]
        if candidates:
            return candidates[-1]
        entry = _Open(index=index, call_id=call_id, name=name)
        self._open.append(entry)
        return entry

    def finish(self) -> list[ToolCall]:
        """Return the calls in the order in which they began; each with an id of its own."""
        taken: set[str] = set()
        calls: list[ToolCall] = []
        for entry in self._open:
            call_id = entry.call_id if entry.call_id and entry.call_id not in taken else fresh("call")
            taken.add(call_id)
            calls.append(self._call(entry, call_id))
        return calls

    def _call(self, entry: _Open, call_id: str) -> ToolCall:
        arguments = entry.whole if entry.whole is not None else read_arguments(entry.arguments)
        malformed = whole_letters(entry.arguments) if arguments is None else None
        if is_deep(arguments):
            arguments, malformed = None, TOO_DEEP
        return ToolCall(
            call_id=CallId(whole_letters(call_id)),
            name=self._names.real(whole_letters(entry.name)),
            arguments={whole_letters(key): all_whole(value) for key, value in (arguments or {}).items()},
            malformed=malformed,
        )


def read_arguments(raw: str) -> JsonObject | None:
    """Return arguments as an object, or nothing when they are none.

    No text is no arguments; JSON inside a JSON string is unwrapped; the same object sent twice counts once.
    """
    text = raw.strip()
    if not text:
        return {}
    try:
        value: Json
        value, end = cast("tuple[Json, int]", json.JSONDecoder(parse_constant=_refuse).raw_decode(text))
        if text[end:].strip() not in ("", text[:end]):
            return None
        if isinstance(value, str):
            value = cast("Json", json.loads(value)) if value.strip() else {}
    except (ValueError, RecursionError):
        return None
    if value is None:
        return {}
    return value if isinstance(value, dict) else None


def _refuse(word: str) -> None:
    raise ValueError(word)
