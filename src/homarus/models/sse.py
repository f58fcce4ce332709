"""Server-sent events out of bytes, as servers really send them. Source: WHATWG HTML section 9.2.6."""

from dataclasses import dataclass

from homarus.models.lines import Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class SseEvent:
    """One event; comments and ids are dropped."""

    data: str
    name: str = ""


class SseReader:
    """Takes pieces of a body, gives events; unlike a browser it also gives a last event that nothing ended."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._name = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> list[SseEvent]:
        """Return the events that are whole now.

        Raises:
            ModelCallError: when a line is longer than anybody would send.
        """
        return [event for line in self._lines.feed(piece) if (event := self._take(line)) is not None]

    def close(self) -> list[SseEvent]:
        """Return what is left when the body ends."""
        events = [event for line in [*self._lines.close(), ""] if (event := self._take(line)) is not None]
        self._name, self._data = "", []
        return events

    def _take(self, line: str) -> SseEvent | None:
        if not line:
            name, data = self._name, self._data
            self._name, self._data = "", []
            return SseEvent(name=name, data="\n".join(data)) if any(data) else None
        field, _colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value
        return None
