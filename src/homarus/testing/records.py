"""Small facts by kind and key, in memory."""

import json
from collections.abc import Mapping
from typing import cast

from homarus.domain.content import JsonObject


class FakeRecords:
    """A `domain.ports.Records` that forgets everything when it goes; what was put stands in `kept`."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.kept: dict[tuple[str, str], JsonObject] = {}

    async def get(self, kind: str, key: str) -> JsonObject | None:
        """Return a fact, if it is known."""
        found = self.kept.get((kind, key))
        return None if found is None else _copied(found)

    async def put(self, kind: str, key: str, body: JsonObject) -> None:
        """Keep a fact, in place of what was known."""
        self.kept[kind, key] = _copied(body)

    async def drop(self, kind: str, key: str) -> bool:
        """Forget a fact; tell whether it was known."""
        return self.kept.pop((kind, key), None) is not None

    async def all(self, kind: str) -> Mapping[str, JsonObject]:
        """Return every fact of a kind, in the order of the keys."""
        return {key: _copied(body) for (which, key), body in sorted(self.kept.items()) if which == kind}


def _copied(body: JsonObject) -> JsonObject:
    return cast("JsonObject", json.loads(json.dumps(body, allow_nan=False)))
