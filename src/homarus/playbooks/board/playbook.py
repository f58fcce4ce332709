"""Ask the advisory board: eight experts over your own tables, figures only from queries that ran."""

from homarus.domain.findings import Report
from homarus.domain.i18n import noted
from homarus.domain.marks import playbook
from homarus.domain.playbooks import House
from homarus.playbooks.board.settings import Settings


@playbook(
    "board",
    settings=Settings,
    title=noted("Ask the board"),
    does=noted(
        "Eight experts look at different parts of your tables and answer blindly, then rank and question each other. "
        "Every figure comes from a query that ran; who disagrees is shown, not smoothed over."
    ),
    needs_packages=("duckdb",),
    tier="mid",
    risk=noted("Reads the files you name. Changes and sends nothing."),
    minutes=25,
    schedule="",
    version=1,
)
async def run(house: House[Settings]) -> Report:
    """Ask the board, or score what it said."""
    from homarus.playbooks.board.procedure import played

    return await played(house)
