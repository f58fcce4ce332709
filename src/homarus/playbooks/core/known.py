"""What prose is held against, worked out once per run: of each fact what it carries, of each text its plain form."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from homarus.domain.findings import Fact
from homarus.playbooks.core.carried import Carried
from homarus.playbooks.core.quoting import plain

MOST_LETTERS = 8_000_000
"""Of plain texts that are kept: the next check needs the same ones."""


class Known:
    """Keeps facts as sentences are held against them, and the texts that were read."""

    def __init__(self, most_letters: int = MOST_LETTERS) -> None:
        """Know nothing yet."""
        self._carried: dict[str, Carried] = {}
        self._plain: OrderedDict[str, str] = OrderedDict()
        self._letters = 0
        self._most = most_letters

    def carried(self, fact: Fact) -> Carried:
        """Return what a fact carries; the same fact is worked out once."""
        found = self._carried.get(fact.fact_id)
        if found is None or found.fact is not fact:
            found = self._carried[fact.fact_id] = Carried(fact)
        return found

    def unread(self, digests: Iterable[str]) -> set[str]:
        """Return the texts that are not here."""
        return {digest for digest in digests if digest not in self._plain}

    def texts(self, digests: Iterable[str], new: Mapping[str, str]) -> dict[str, str]:
        """Return texts as quotations are compared; `new` are those that were just read."""
        made = {digest: plain(text) for digest, text in new.items()}
        found = {one: made.get(one, self._plain.get(one)) for one in sorted({*digests, *made})}
        for digest, text in made.items():
            self._keep(digest, text)
        return {digest: text for digest, text in found.items() if text is not None}

    def _keep(self, digest: str, text: str) -> None:
        self._letters += len(text) - len(self._plain.pop(digest, ""))
        self._plain[digest] = text
        while self._letters > self._most:
            self._letters -= len(self._plain.popitem(last=False)[1])
