"""All books of the house on its database."""

from homarus.state.books.findings import StoredFindings
from homarus.state.books.outgoing import StoredOutgoing
from homarus.state.books.owned import StoredItems, StoredNotebook, StoredRules
from homarus.state.books.readings import StoredReadings
from homarus.state.database import Database


class StoredBooks:
    """Implements `domain.books.Books`."""

    def __init__(self, store: Database) -> None:
        """Open the books of a database."""
        self._findings = StoredFindings(store)
        self._outgoing = StoredOutgoing(store)
        self._readings = StoredReadings(store)
        self._notebook = StoredNotebook(store)
        self._rules = StoredRules(store)
        self._items = StoredItems(store)

    @property
    def findings(self) -> StoredFindings:
        """What runs found."""
        return self._findings

    @property
    def outgoing(self) -> StoredOutgoing:
        """What is on its way."""
        return self._outgoing

    @property
    def readings(self) -> StoredReadings:
        """How far sources were read."""
        return self._readings

    @property
    def notebook(self) -> StoredNotebook:
        """What runs leave for later ones."""
        return self._notebook

    @property
    def rules(self) -> StoredRules:
        """The owner's standing rules."""
        return self._rules

    @property
    def items(self) -> StoredItems:
        """What the owner may want to do."""
        return self._items
