"""Simpson's paradox: what is worse over all, and better in every part. Told before somebody acts on the totals.

E. H. Simpson, "The interpretation of interaction in contingency tables", JRSS B 13 (1951), 238-241.
"""
# ruff: noqa: S608 - names were made by `names`, words are quoted by `text`

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from homarus.domain.i18n import _
from homarus.playbooks.board.evidence.estimates import FEW, wilson
from homarus.playbooks.board.evidence.plan import Plan, Share
from homarus.playbooks.board.evidence.stated import Draft
from homarus.playbooks.board.evidence.words import text
from homarus.playbooks.board.tables.asking import Asking
from homarus.playbooks.board.tables.names import spelled
from homarus.playbooks.board.tables.shapes import Column, Table

_MOST_LEVELS = 8
_FEWEST_STRATA = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    hits: float = 0.0
    tries: float = 0.0

    @property
    def rate(self) -> float:
        return self.hits / self.tries if self.tries else 0.0

    def plus(self, other: "_Cell") -> "_Cell":
        return _Cell(hits=self.hits + other.hits, tries=self.tries + other.tries)


async def reversals(asking: Asking, table: Table, plan: Plan) -> list[Draft]:
    """Return facts about every pair of segments whose order turns round inside another segment."""
    drafts: list[Draft] = []
    few = [segment for segment in plan.segments if segment.distinct <= _MOST_LEVELS]
    for share in plan.shares:
        for outer, inner in permutations(few, 2):
            if outer.name in share.columns or inner.name in share.columns:
                continue
            cells = await _cells(asking, table, share, outer, inner)
            levels = sorted({level for level, _part in cells})
            for one, two in combinations(levels, 2):
                if turned := _turned(cells, one, two):
                    drafts += _told(table, share, outer, inner, turned, cells)
    return drafts


async def _cells(
    asking: Asking, table: Table, share: Share, outer: Column, inner: Column
) -> dict[tuple[str, str], _Cell]:
    rows = await asking.ours(
        f"SELECT CAST({outer.name} AS VARCHAR), CAST({inner.name} AS VARCHAR), {share.hits}, {share.tries} "
        f"FROM {table.name} WHERE {outer.name} IS NOT NULL AND {inner.name} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return {(str(row[0]), str(row[1])): _Cell(hits=float(row[2] or 0), tries=float(row[3] or 0)) for row in rows.rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turned:
    """`better` has the higher share in every part, and the lower one over all."""

    better: str
    worse: str
    parts: tuple[str, ...]


def _turned(cells: Mapping[tuple[str, str], _Cell], one: str, two: str) -> _Turned | None:
    parts = sorted({part for level, part in cells if level == one} & {part for level, part in cells if level == two})
    kept = [part for part in parts if min(cells[one, part].tries, cells[two, part].tries) >= FEW]
    if len(kept) < _FEWEST_STRATA:
        return None
    over_all = {level: _sum(cells, level, kept) for level in (one, two)}
    spans = [wilson(cell.hits, cell.tries) for cell in over_all.values()]
    if not spans[0].is_apart(spans[1]):
        return None
    loser, winner = sorted((one, two), key=lambda level: over_all[level].rate)
    if all(cells[loser, part].rate > cells[winner, part].rate for part in kept):
        return _Turned(better=loser, worse=winner, parts=tuple(kept))
    return None


def _sum(cells: Mapping[tuple[str, str], _Cell], level: str, parts: Sequence[str]) -> _Cell:
    total = _Cell()
    for part in parts:
        total = total.plus(cells[level, part])
    return total


def _told(
    table: Table, share: Share, outer: Column, inner: Column, turned: _Turned, cells: Mapping[tuple[str, str], _Cell]
) -> list[Draft]:
    stem = f"{table.name}_{share.name}_{outer.name}_by_{inner.name}"
    drafts = [
        Draft(
            name=f"{stem}_turns_round",
            value=turned.better,
            says=_(
                "Simpson's paradox in {table}: which {outer} has the higher {share} in every {inner}, although {worse} "
                "looks better over all"
            ).format(
                table=table.name,
                outer=outer.title,
                inner=inner.title,
                share=share.name.replace("_", " "),
                worse=turned.worse,
            ),
            sql=(
                f"SELECT {outer.name}, {inner.name}, round(100.0 * {share.hits} / {share.tries}, 2) FROM {table.name} "
                "GROUP BY ALL ORDER BY ALL"
            ),
            columns=(outer.name, inner.name, *share.columns),
            rows=int(sum(cell.tries for cell in cells.values())),
            weight=4,
            is_shared=True,
        )
    ]
    for level in (turned.better, turned.worse):
        for part in ("", *turned.parts):
            cell = cells[level, part] if part else _sum(cells, level, turned.parts)
            drafts.append(_figure(table, share, outer, inner, level, part, cell))
    return drafts


def _figure(table: Table, share: Share, outer: Column, inner: Column, level: str, part: str, cell: _Cell) -> Draft:
    span = wilson(cell.hits, cell.tries)
    where = f"CAST({outer.name} AS VARCHAR) = {text(level)}"
    where += f" AND CAST({inner.name} AS VARCHAR) = {text(part)}" if part else ""
    inside = _(" and {inner} is {part}").format(inner=inner.title, part=part) if part else ""
    return Draft(
        name=f"{table.name}_{share.name}_{spelled(level, otherwise='other')}"
        + (f"_{spelled(part, otherwise='other')}" if part else ""),
        value=round(100 * cell.rate, 2),
        says=_("{share} in {table} where {outer} is {level}").format(
            share=share.name.replace("_", " "), table=table.name, outer=outer.title, level=level
        )
        + inside,
        unit="%",
        low=round(100 * span.low, 2),
        high=round(100 * span.high, 2),
        rows=int(cell.tries),
        is_small=cell.tries < FEW,
        sql=f"SELECT round(100.0 * {share.hits} / {share.tries}, 2) FROM {table.name} WHERE {where}",
        columns=(outer.name, inner.name, *share.columns),
        weight=3,
        is_shared=True,
    )
