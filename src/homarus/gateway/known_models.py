"""Name models for slash commands."""

from homarus.domain.errors import HomarusError
from homarus.domain.inference import ModelRef
from homarus.models.desk import Desk


class KnownModels:
    """Names of models for slash commands."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def names(self) -> tuple[str, ...]:
        """Return `provider/id` of every model that can be used."""
        return tuple(str(candidate.ref) for candidate in await self._desk.listing() if candidate.unusable is None)

    async def resolve(self, name: str) -> ModelRef:
        """Return the model that a name or an alias stands for.

        Raises:
            NotFoundError: with the nearest names, when there is none.
        """
        return self._desk.catalog().find(name).ref

    async def window_of(self, name: str) -> int | None:
        """Return how many tokens a model can hold, `None` when there is no such model any more."""
        try:
            return (await self._desk.profile(self._desk.find(name).ref)).window_tokens
        except HomarusError:
            return None
