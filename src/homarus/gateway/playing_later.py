"""The one part of playbooks that is there from the start: it makes the rest when somebody asks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homarus.domain.tooling import Account
    from homarus.gateway.answering import Answering
    from homarus.gateway.discover import Discovery
    from homarus.gateway.facts import Finding
    from homarus.gateway.house import House
    from homarus.gateway.playing.playing import Playing
    from homarus.state.database import Database


class PlayingLater:
    """The playbooks of a house."""

    def __init__(self, home: Path, store: "Database", *, discovery: "Discovery") -> None:
        self._home = home
        self._store = store
        self._discovery = discovery
        self._playing: Playing | None = None
        self.house: House | None = None
        """Set once it is built."""
        self.answering: Answering | None = None
        """Set once it is built, in a house that has agents."""

    def __call__(self) -> "Playing":
        """Return them, loaded and made the first time."""
        if self._playing is None:
            self._playing = self._made()
        return self._playing

    def accounts(self) -> "Mapping[str, Account]":
        """Return what the owner configured to be read, as places that tools write to."""
        if self.house is None or not self.house.settings().sources:
            return {}
        return self().sources.accounts()

    async def probed(self) -> "Sequence[Finding]":
        """Say how the sources are that the owner configured, and of which effects nobody knows."""
        if self.house is None or self.answering is None:
            return ()
        from homarus.gateway.playing.findings import findings_of

        return await findings_of(self())

    def _made(self) -> "Playing":
        from homarus.gateway.playing.playing import Playing
        from homarus.gateway.playing.sources import ConfiguredSources
        from homarus.state.blobs import Blobs
        from homarus.state.books.stored import StoredBooks

        house = self.house
        assert house is not None
        books, blobs = StoredBooks(self._store), Blobs(self._home / "blobs")
        configuration = house.configuration
        sources = ConfiguredSources(
            discovery=self._discovery,
            sections=lambda: configuration.loaded.reading.extra,
            written=lambda: configuration.current.sources,
            readings=books.readings,
            store=self._store,
            door=house.door,
            blobs=blobs,
            clock=house.clock,
        )
        return Playing(
            home=self._home,
            books=books,
            blobs=blobs,
            sources=sources,
            clock=house.clock,
            settings=house.settings,
            answering=self.answering,
            errands=house.errands,
            desk=house.desk,
            runs=lambda: house.jobs().runs,
        )
