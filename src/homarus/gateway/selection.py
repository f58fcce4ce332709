"""Which model the owner chose: for one session by a fact in the log, for the house by the configuration."""

from collections.abc import Callable
from typing import Protocol

from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import SessionKey
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Store

HOUSE_KEY = "agents.defaults.model.primary"


class Changeable(Protocol):
    """A configuration that can be changed."""

    def set(self, key: str, value: str | None, *, by: str) -> object:
        """Write a setting."""
        ...


class Selection:
    """Remembers the owner's choice of a model."""

    def __init__(
        self, store: Store, configuration: Changeable, *, announce: Callable[[ModelRef], None] = lambda _ref: None
    ) -> None:
        """Keep choices in the log and the configuration; `announce` has a chosen model loaded while its owner types."""
        self._store = store
        self._configuration = configuration
        self._announce = announce
        self._chosen: dict[SessionKey, ModelRef | None] = {}

    async def of_session(self, session: SessionKey) -> ModelRef | None:
        """Return the model chosen for a session, `None` when it follows the house."""
        if session not in self._chosen:
            events = await self._store.of_session(session, kinds=(Kind.MODEL_SELECTED,))
            name = str(events[-1].body.get("model") or "") if events else ""
            self._chosen[session] = ModelRef.parse(name) if name else None
        return self._chosen[session]

    def forget(self, session: SessionKey | None) -> None:
        """Read anew what was chosen for a session: another gateway has changed it."""
        if session is not None:
            self._chosen.pop(session, None)

    async def choose(self, ref: ModelRef | None, *, session: SessionKey | None, by: str) -> None:
        """Choose a model for a session, or for the house when no session is named; `None` goes back to the house's.

        Raises:
            ConfigError: when the configuration cannot be changed.
        """
        if session is None:
            self._configuration.set(HOUSE_KEY, str(ref) if ref else None, by=by)
        else:
            self._chosen[session] = ref
        body = {"model": str(ref) if ref else "", "scope": "session" if session else "house", "by": by}
        await self._store.append(NewEvent(kind=Kind.MODEL_SELECTED, body=body, session=session))
        if ref is not None:
            self._announce(ref)
