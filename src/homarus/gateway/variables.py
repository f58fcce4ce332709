"""The variables that hold now, wherever they are set."""

from collections.abc import Iterator, Mapping

from homarus.gateway.configure import Configuration


class Variables(Mapping[str, str]):
    """The variables that hold now: of the process, of `.env` and of `env.vars`."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def __getitem__(self, name: str) -> str:
        """Return a variable."""
        return self._configuration.loaded.reading.variables[name]

    def __iter__(self) -> Iterator[str]:
        """Name all variables."""
        return iter(self._configuration.loaded.reading.variables)

    def __len__(self) -> int:
        """Count them."""
        return len(self._configuration.loaded.reading.variables)
