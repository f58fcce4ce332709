"""From files to the fact table: done once per run, and taken from the journal when the run is played again."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.findings import Grounds, Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label, least_trusted
from homarus.domain.playbooks import House
from homarus.playbooks.board.evidence.collecting import collected
from homarus.playbooks.board.evidence.stated import Draft, Stated
from homarus.playbooks.board.files import Kept
from homarus.playbooks.board.roster import Expert, visible
from homarus.playbooks.board.settings import Settings
from homarus.playbooks.board.tables.asking import Asking, seat
from homarus.playbooks.board.tables.loading import File, Loaded, load
from homarus.playbooks.board.tables.shapes import Found, Table

EVERYTHING = "board"
"""The seat that sees every table: for the board's own questions and for scoring."""
_MOST_FACTS = 40
"""Of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known before anybody has an opinion."""

    tables: tuple[Table, ...]
    found: tuple[Found, ...]
    stated: tuple[Stated, ...]
    missing: tuple[Missing, ...] = ()

    def table(self, name: str) -> Table | None:
        """Return a table by its name."""
        return next((table for table in self.tables if table.name == name), None)


class Desk:
    """The tables, opened when a query is really asked and not before; gone with the run's last line."""

    def __init__(
        self, house: House[Settings], files: Sequence[Kept], experts: Sequence[Expert], *, today: date
    ) -> None:
        """Know what to load."""
        self._house = house
        self._files = files
        self._experts = experts
        self._today = today
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._asking: Asking | None = None
        self._loaded: Loaded | None = None
        self._one = asyncio.Lock()
        """Loading happens once, however many ask at a time."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._asking:
            self._asking.close()
        if self._folder:
            self._folder.cleanup()

    @property
    def label(self) -> Label:
        """The label of whatever comes out of the tables."""
        return least_trusted(kept.label for kept in self._files)

    async def asking(self) -> Asking:
        """Return the open tables.

        Raises:
            NoDataError: when none of the files is a table.
        """
        async with self._one:
            if self._asking is None:
                await self._open()
            assert self._asking is not None
            return self._asking

    async def loaded(self) -> Loaded:
        """Return what the files were."""
        await self.asking()
        assert self._loaded is not None
        return self._loaded

    async def _open(self) -> None:
        files = [
            File(path=kept.path, sha256=kept.sha256, content=await self._house.blob(kept.sha256))
            for kept in self._files
        ]
        self._folder = tempfile.TemporaryDirectory(prefix="homarus-board-")
        folder = Path(self._folder.name)
        stale_days = self._house.settings.stale_days
        self._loaded = await asyncio.to_thread(load, files, folder, today=self._today, stale_days=stale_days)
        tables = self._loaded.tables
        seats = {expert.name: visible(expert, tables) for expert in self._experts}
        seats[EVERYTHING] = {table.name: [column.name for column in table.columns] for table in tables}
        await asyncio.to_thread(seat, folder, seats)
        self._asking = Asking(folder, seats=seats, limit_s=self._house.settings.query_seconds)


async def examined(house: House[Settings], desk: Desk) -> Evidence:
    """Make the fact table, once.

    Raises:
        NoDataError: when there is nothing to make it of.
    """

    async def look() -> JsonObject:
        loaded, asking = await desk.loaded(), await desk.asking()
        stated: list[Stated] = []
        for found in loaded.found:
            stated += [
                await state(house, draft, _named(loaded.tables, found.table), desk.label) for draft in _of(found)
            ]
        for table in loaded.tables:
            for draft in (await collected(asking, table))[:_MOST_FACTS]:
                stated.append(await state(house, draft, table, desk.label))
        return codec.dump(
            Evidence(tables=loaded.tables, found=loaded.found, stated=tuple(stated), missing=loaded.missing)
        )

    evidence = codec.load(Evidence, await house.step("facts", look, said=_("What the tables say")))
    for missing in evidence.missing:
        house.miss(missing)
    return evidence


def _named(tables: Sequence[Table], name: str) -> Table | None:
    return next((table for table in tables if table.name == name), None)


def _of(found: Found) -> list[Draft]:
    """Return the figures of an oddity as facts, so that its sentence can be said."""
    return [
        Draft(
            name=f"{found.table}_{name}",
            value=value,
            says=f"{found.table}: {name.replace('_', ' ')}",
            weight=1,
            is_shared=True,
        )
        for name, value in found.figures.items()
    ]


async def state(house: House[Settings], draft: Draft, table: Table | None, label: Label) -> Stated:
    """Write a draft down as a fact of the run.

    The file is named by its hash but not given as the snapshot: then words in a cell could be quoted as if they were
    true, and every sentence that is checked would read the whole table.
    """
    fact = await house.fact(
        draft.name,
        draft.value,
        unit=draft.unit,
        grounds=Grounds(
            how=draft.sql,
            source=f"{table.source}, SHA-256 {table.sha256[:12]}" if table else "",
            low=draft.low,
            high=draft.high,
            rows=draft.rows or None,
            label=label,
        ),
    )
    return Stated(
        fact_id=fact.fact_id,
        name=draft.name,
        value=draft.value,
        says=draft.says,
        unit=draft.unit,
        low=draft.low,
        high=draft.high,
        rows=draft.rows,
        sql=draft.sql,
        table=table.name if table else "",
        columns=draft.columns,
        weight=draft.weight,
        is_small=draft.is_small,
        is_shared=draft.is_shared,
    )


def shown_to(expert: Expert, evidence: Evidence, *, most: int) -> list[Stated]:
    """Return the facts that an expert is given: the shared ones and those of its own columns, the weightiest first."""
    sees = visible(expert, evidence.tables)
    own = [
        stated
        for stated in evidence.stated
        if not stated.is_shared and stated.table in sees and set(stated.columns) <= set(sees[stated.table])
    ]
    shared = [stated for stated in evidence.stated if stated.is_shared]
    kept = sorted(own, key=lambda stated: -stated.weight)[:most]
    return sorted([*kept, *shared], key=lambda stated: (-stated.weight, stated.is_shared))


def with_more(evidence: Evidence, stated: Sequence[Stated]) -> Evidence:
    """Return the evidence with facts that were asked for later."""
    known = {fact.fact_id for fact in evidence.stated}
    return replace(evidence, stated=(*evidence.stated, *(one for one in stated if one.fact_id not in known)))
