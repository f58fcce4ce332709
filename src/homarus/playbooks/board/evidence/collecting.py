"""Ask a table for the figures that matter: totals, the last weeks against those before, segments and shares."""
# ruff: noqa: S608 - names were made by `names`, words are quoted by `_text`; the statements are shown to the owner

from collections.abc import Sequence
from dataclasses import replace

from homarus.domain.i18n import _
from homarus.playbooks.board.evidence.estimates import FEW, Interval, bootstrapped, normal, wilson
from homarus.playbooks.board.evidence.plan import Plan, Share, is_money, planned
from homarus.playbooks.board.evidence.simpson import reversals
from homarus.playbooks.board.evidence.stated import Draft
from homarus.playbooks.board.evidence.windows import Measure, windows
from homarus.playbooks.board.evidence.words import rounded, text
from homarus.playbooks.board.tables.asking import Asking, Cell
from homarus.playbooks.board.tables.names import spelled
from homarus.playbooks.board.tables.shapes import Column, Table

_MOST_DRAWN = 100
"""Of more values the mean is normal enough."""


async def collected(asking: Asking, table: Table) -> list[Draft]:
    """Return the drafts of a table's facts, the weightiest first."""
    plan = planned(table)
    drafts = _known(table)
    for column in plan.measures:
        for measure in await _currencies(asking, table, column):
            drafts += await _total(asking, measure)
            drafts += await windows(asking, measure)
            parts = {share.part for share in plan.shares}
            for segment in plan.segments:
                means = await _segments(asking, measure, segment)
                drafts += [replace(mean, weight=1) for mean in means] if column.name in parts else means
    for share in plan.shares:
        drafts += await _shares(asking, table, share, plan)
    turned = await reversals(asking, table, plan)
    parts = {draft.columns[0] for draft in turned}
    drafts = [_warned(draft) if parts & set(draft.columns) else draft for draft in drafts]
    return sorted(_once([*turned, *drafts]), key=lambda draft: -draft.weight)


def _warned(draft: Draft) -> Draft:
    """Return a figure over all that turns round in every part as what it is: no reason to act."""
    return replace(draft, weight=0, says=draft.says + _(" (misleading: it turns round inside the parts)"))


def _once(drafts: Sequence[Draft]) -> list[Draft]:
    """Return each figure once; others of the same name get a number, as `yes` of two columns."""
    kept: dict[str, Draft] = {}
    for draft in drafts:
        name, number = draft.name, 2
        while name in kept and kept[name].sql != draft.sql:
            name, number = f"{draft.name}_{number}", number + 1
        kept.setdefault(name, replace(draft, name=name))
    return list(kept.values())


def _known(table: Table) -> list[Draft]:
    name = table.name
    drafts = [
        Draft(
            name=f"{name}_rows",
            value=table.rows,
            says=_("rows in {table}").format(table=name),
            rows=table.rows,
            sql=f"SELECT count(*) FROM {name}",
            is_shared=True,
        )
    ]
    for word, day, says in (
        ("min", table.first, _("first day in {table}").format(table=name)),
        ("max", table.last, _("last day in {table}").format(table=name)),
    ):
        if day:
            drafts.append(
                Draft(
                    name=f"{name}_{'first' if word == 'min' else 'last'}_day",
                    value=day.isoformat(),
                    says=says,
                    sql=f"SELECT CAST({word}({table.day}) AS DATE) FROM {name}",
                    columns=(table.day,),
                    is_shared=True,
                )
            )
    return drafts


async def _currencies(asking: Asking, table: Table, column: Column) -> list[Measure]:
    """Return a column as it is asked for: once per currency where there are several."""
    if not table.currency or not is_money(column):
        return [Measure(table=table, column=column)]
    rows = await asking.ours(
        f"SELECT {table.currency}, count(*) FROM {table.name} WHERE {table.currency} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3"
    )
    return [Measure(table=table, column=column, currency=str(row[0])) for row in rows.rows]


async def _total(asking: Asking, measure: Measure) -> list[Draft]:
    sql = f"SELECT round(sum({measure.column.name}), 2) FROM {measure.table.name} WHERE {measure.where}"
    value = rounded((await asking.ours(sql)).rows[0][0])
    if value is None:
        return []
    return [
        Draft(
            name=f"{measure.name}_total",
            value=value,
            says=_("sum of {column} in {table}, all of it").format(
                column=measure.column.title, table=measure.table.name
            ),
            unit=measure.unit,
            rows=measure.table.rows - measure.column.empty,
            sql=sql,
            columns=(measure.column.name,),
            weight=1,
        )
    ]


async def _segments(asking: Asking, measure: Measure, segment: Column) -> list[Draft]:
    """Return the best and the worst segment's mean, where they surely differ."""
    cell = measure.column.name
    rows = await asking.ours(
        f"SELECT CAST({segment.name} AS VARCHAR), avg({cell}), stddev_samp({cell}), count({cell}) "
        f"FROM {measure.table.name} WHERE {segment.name} IS NOT NULL AND {measure.where} GROUP BY 1 "
        f"HAVING count({cell}) > 1 ORDER BY 2 DESC, 1"
    )
    if len(rows.rows) < 2:  # noqa: PLR2004 - one is compared with nothing
        return []
    ends = (rows.rows[0], rows.rows[1], rows.rows[-1])
    top, next_one, last = [await _mean_span(asking, measure, segment, row) for row in ends]
    if not top.is_apart(last):
        return []
    best = _mean(measure, segment, rows.rows[0], top, is_winner=top.is_apart(next_one))
    return [best, _mean(measure, segment, rows.rows[-1], last, is_winner=None)]


def _mean(measure: Measure, segment: Column, row: tuple[Cell, ...], span: Interval, *, is_winner: bool | None) -> Draft:
    """Return a segment's mean; `is_winner` is None for the worst one."""
    count, cell = int(_float(row[3])), measure.column.name
    told = _("mean {column} per row of {table} where {segment} is {word}").format(
        column=measure.column.title, table=measure.table.name, segment=segment.title, word=row[0]
    )
    return Draft(
        name=f"{measure.name}_mean_{spelled(str(row[0]), otherwise='other')}",
        value=rounded(round(_float(row[1]), 2)) or 0,
        says=told + (_(" (the highest of all)") if is_winner else ""),
        unit=measure.unit,
        low=round(span.low, 2),
        high=round(span.high, 2),
        rows=count,
        is_small=count < FEW,
        sql=f"SELECT round(avg({cell}), 2) FROM {measure.table.name} "
        f"WHERE CAST({segment.name} AS VARCHAR) = {text(row[0])} AND {measure.where}",
        columns=(cell, segment.name),
        weight=1 if is_winner is None else 3 if is_winner and count >= FEW else 2,
    )


async def _mean_span(asking: Asking, measure: Measure, segment: Column, row: tuple[Cell, ...]) -> Interval:
    count, cell = int(_float(row[3])), measure.column.name
    if count > _MOST_DRAWN:
        return normal(_float(row[1]), _float(row[2]), count)
    values = await asking.ours(
        f"SELECT {cell} FROM {measure.table.name} WHERE CAST({segment.name} AS VARCHAR) = {text(row[0])} "
        f"AND {measure.where} AND {cell} IS NOT NULL ORDER BY 1 LIMIT {_MOST_DRAWN}"
    )
    return bootstrapped([_float(one[0]) for one in values.rows], seed=f"{measure.name}{row[0]}")


def _float(value: Cell) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


async def _shares(asking: Asking, table: Table, share: Share, plan: Plan) -> list[Draft]:
    rows = (await asking.ours(f"SELECT {share.hits}, {share.tries} FROM {table.name}")).rows
    hits, tries = _float(rows[0][0]), _float(rows[0][1])
    if tries <= 0:
        return []
    drafts = [_share(table, share, hits, tries, where="", told="", tail="", weight=2)]
    for segment in plan.segments:
        if segment.name in share.columns:
            continue
        parts = await asking.ours(
            f"SELECT CAST({segment.name} AS VARCHAR), {share.hits}, {share.tries} FROM {table.name} "
            f"WHERE {segment.name} IS NOT NULL GROUP BY 1 HAVING {share.tries} > 0 "
            f"ORDER BY {share.hits} * 1.0 / {share.tries} DESC, 1"
        )
        if len(parts.rows) < 2:  # noqa: PLR2004 - one is compared with nothing
            continue
        ends = [parts.rows[0], parts.rows[-1]]
        spans = [wilson(_float(row[1]), _float(row[2])) for row in ends]
        if not spans[0].is_apart(spans[1]):
            continue
        drafts += [
            _share(
                table,
                share,
                _float(row[1]),
                _float(row[2]),
                where=f" WHERE CAST({segment.name} AS VARCHAR) = {text(row[0])}",
                told=_(" where {segment} is {word}").format(segment=segment.title, word=row[0]),
                tail=f"_{spelled(str(row[0]), otherwise='other')}",
                weight=2 if place == "best" else 1,
            )
            for row, place in zip(ends, ("best", "worst"), strict=True)
        ]
    return drafts


def _share(
    table: Table, share: Share, hits: float, tries: float, *, where: str, told: str, tail: str, weight: int
) -> Draft:
    span = wilson(hits, tries)
    return Draft(
        name=f"{table.name}_{share.name}{tail}",
        value=round(100 * hits / tries, 2),
        says=_("{part} in {table}").format(part=share.name.replace("_", " "), table=table.name) + told,
        unit="%",
        low=round(100 * span.low, 2),
        high=round(100 * span.high, 2),
        rows=int(tries),
        is_small=tries < FEW,
        sql=f"SELECT round(100.0 * {share.hits} / {share.tries}, 2) FROM {table.name}{where}",
        columns=share.columns,
        weight=weight,
    )
