"""The house that a playbook is given: the contract of `domain.playbooks.House`, over ports."""

from typing import TypeVar

from pydantic import BaseModel

from homarus.domain.findings import Missing, Report
from homarus.domain.playing import Play, Ports
from homarus.playbooks.core.doing import Doing
from homarus.playbooks.core.ledger import Ledger

S = TypeVar("S", bound=BaseModel)


class PlaybookHouse(Doing[S]):
    """Implements `domain.playbooks.House`. Make one with `await opened(play, ports, settings)`."""

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What could not be read or done so far."""
        return tuple(self._missing)

    @property
    def partial(self) -> Report | None:
        """What is handed over when a limit is met now."""
        return self._partial

    async def give_back(self) -> None:
        """Put the watermarks back that this run moved: it failed, so the next one must read the same again."""
        for moved in reversed(self._moved):
            readings = self._ports.books.readings
            await readings.give_back(self._play.playbook, moved.place, was=moved.was, now=moved.now)

    async def close(self) -> None:
        """Write down what is not in the books yet; whoever opened the house calls it at the end."""
        await self._write_facts()


async def opened(play: Play, ports: Ports, settings: S) -> PlaybookHouse[S]:
    """Return the house of a run, knowing what earlier legs of it wrote; a retry knows the facts of what it retries."""
    findings = ports.books.findings
    written = await findings.facts(play.run_id)
    if not written and play.retry_of:
        written = await findings.facts(play.retry_of)
        await findings.put_facts(play.run_id, written)
    return PlaybookHouse(play, ports, settings, Ledger(written))
