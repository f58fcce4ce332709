"""A playbook in one file: what a table of the workspace says this week, in words that stand on its figures.

Copy it to `HOMARUS_HOME/plugins/`, approve it with `homarus plugin approve weekly_figures`, start the gateway again,
and run it: `homarus playbooks run weekly_figures --set file=sales.csv`.
"""

import csv
import io

from pydantic import BaseModel, ConfigDict, Field

from homarus.domain.errors import ModelCallError
from homarus.domain.findings import ActionItem, Fact, Grounds, Level, Missing, Report
from homarus.domain.marks import playbook
from homarus.domain.playbooks import BadAnswerError, House, Prose
from homarus.domain.sources import NoDataError


class Settings(BaseModel):
    """What it is told. Docstrings become the form in the browser and `homarus playbooks show`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    file: str = "sales.csv"
    """A table with a header, below the workspace."""
    column: str = "revenue"
    """Which column is added up."""
    unit: str = Field(default="EUR", max_length=12)
    """What it is counted in."""


@playbook(
    "weekly_figures",
    settings=Settings,
    title="Weekly figures",
    does="Adds up a table and says in two sentences what it shows.",
    risk="Saves one draft; sends nothing.",
    schedule="every friday 16:00",
    minutes=1,
)
async def run(house: House[Settings]) -> Report:
    """Read, state, write, check: a step for each, so that a crash costs at most one of them."""
    facts = await _facts(house)
    await house.say("writing", done=1, total=2)
    prose = await _prose(house, facts)
    await house.artifact("figures.csv", "\n".join(f"{fact.name},{fact.value}" for fact in facts))
    note = await house.effect(
        "note", "memory.save", {"text": prose.text}, target="your notes of today", level=Level.SELF
    )
    return Report(
        title="Weekly figures",
        summary=prose.text.split("\n")[0],
        text=f"# Weekly figures\n\n{prose.marked}\n\nNote: {note.state.value}.",
        actions=_actions(facts),
        tiles={facts[0].name: f"{facts[0].value} {facts[0].unit}".strip()},
        is_degraded=house.is_degraded,
        facts_used=len(facts),
        rejected=len(prose.rejected),
    )


async def _facts(house: House[Settings]) -> tuple[Fact, ...]:
    """State what the table says, each figure with the rows and the query that it is from."""
    kept = await house.read("table", house.settings.file)
    rows = list(csv.DictReader(io.StringIO((await house.blob(kept.sha256)).decode("utf-8-sig"))))
    column, unit = house.settings.column, house.settings.unit
    values = [float(row[column]) for row in rows if (row.get(column) or "").strip()]
    if not values:
        raise NoDataError(
            f"{house.settings.file!r} has no figures in a column {column!r}.", hint="Name another column with --set."
        )
    for number in range(len(rows) - len(values)):
        house.miss(Missing(what=f"a row without {column}", because=f"{number + 1} of {len(rows)} rows are empty"))

    def grounds(how: str) -> Grounds:
        return Grounds(how=how, source=kept.url, snapshot=kept.sha256, rows=len(values), label=kept.label)

    return (
        await house.fact(f"{column} total", round(sum(values), 2), unit=unit, grounds=grounds(f"sum of {column}")),
        await house.fact(f"{column} best row", max(values), unit=unit, grounds=grounds(f"largest {column}")),
        await house.fact("rows", len(values), unit="rows", grounds=grounds("rows with a figure")),
    )


async def _prose(house: House[Settings], facts: tuple[Fact, ...]) -> Prose:
    """Have a model write; without one that is good enough, fill a template. Both are held against the facts."""
    from homarus.playbooks.core.writing import written

    if not house.is_degraded:
        try:
            prose = await written(house, "words", "Say in two sentences what the figures show.", facts=facts)
        except (BadAnswerError, ModelCallError) as error:
            house.miss(Missing(what="the model's words", because=error.message, hint=error.hint))
        else:
            if prose.text.strip():
                return prose
    total, best, count = facts
    template = (
        f"The {total.name} is {total.value} {total.unit} [{total.fact_id}], from {count.value} rows [{count.fact_id}]. "
        f"The {best.name} has {best.value} {best.unit} [{best.fact_id}]."
    )
    return await house.checked("template", template)


def _actions(facts: tuple[Fact, ...]) -> tuple[ActionItem, ...]:
    total = facts[0]
    if isinstance(total.value, str) or total.value > 0:
        return ()
    return (
        ActionItem(
            key="weekly_figures:nothing-sold",
            title="Look why nothing came in this week",
            because="The total is not above zero.",
            evidence=(total.fact_id,),
            urgency=4,
            impact=4,
        ),
    )
