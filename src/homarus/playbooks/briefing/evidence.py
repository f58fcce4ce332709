"""Facts of a briefing: words of mails where they stand, and figures with the rows that they were added up from."""

import re

from homarus.domain.findings import Fact, Grounds
from homarus.domain.playbooks import House
from homarus.playbooks.briefing.campaigns import Week
from homarus.playbooks.briefing.gathered import Gathered
from homarus.playbooks.briefing.letters import Letter
from homarus.playbooks.briefing.settings import Settings

UNITS = {"spend": "", "revenue": ""}


async def words(house: House[Settings], letter: Letter, quote: str) -> Fact:
    """Write down that a mail says something; the mail's text is kept with it."""
    text = f"{letter.subject}\n\n{letter.text}"
    snapshot = await house.keep(
        text.encode(), url=letter.item.url or letter.key, title=letter.subject, text=text, label=letter.label
    )
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    found = re.search(pattern, text, re.IGNORECASE) if pattern else None
    return await house.fact(
        f"words of {letter.sender}, {letter.subject}"[:120],
        quote,
        grounds=Grounds(
            how=quote,
            source=f"{letter.account}: {letter.sender} <{letter.address}>",
            snapshot=snapshot.sha256,
            span=found.span() if found else None,
            label=letter.label,
        ),
    )


async def count(house: House[Settings], name: str, value: int, *, how: str) -> Fact:
    """Write down how many of something there are."""
    return await house.fact(name, value, grounds=Grounds(how=how, source="mailboxes and calendars of this run"))


async def week(house: House[Settings], one: Week, gathered: Gathered) -> None:
    """Write down what a source's campaigns did in a week, and in the one before."""
    label = gathered.labels.get(one.source)
    period = f"{one.start.isoformat()} to {one.end.isoformat()}"
    grounds = Grounds(source=f"{one.source}, {period}", snapshot=one.blob, rows=one.rows)
    if label is not None:
        grounds = Grounds(source=grounds.source, snapshot=one.blob, rows=one.rows, label=label)
    for when, sums in (("", one.now), ("_week_before", one.before)):
        for metric, value in sums.items():
            unit = one.currency if metric in UNITS else ""
            whole = int(value) if value == int(value) else value
            how = f"sum of {metric}"
            await house.fact(
                f"{one.source}_{metric}{when}",
                whole,
                unit=unit,
                grounds=Grounds(how=how, source=grounds.source, snapshot=one.blob, rows=one.rows, label=grounds.label),
            )
    for share in one.shares:
        rates = [("", share.now)] + ([("_week_before", share.before)] if share.before else [])
        for when, rate in rates:
            await house.fact(
                f"{one.source}_{share.name.replace(' ', '_')}{when}",
                round(rate.share * 100, 1),
                unit="%",
                grounds=Grounds(
                    how=f"{rate.hits:g} of {rate.of:g}",
                    source=grounds.source,
                    snapshot=one.blob,
                    low=round(rate.low * 100, 2),
                    high=round(rate.high * 100, 2),
                    label=grounds.label,
                ),
            )
    await _costs(house, one, grounds)


async def _costs(house: House[Settings], one: Week, grounds: Grounds) -> None:
    for when, costs in (("", one.costs), ("_week_before", one.costs_before)):
        for name, value in costs.items():
            await house.fact(
                f"{one.source}_{name.replace(' ', '_')}{when}",
                value,
                unit=one.currency,
                grounds=Grounds(how="spend divided", source=grounds.source, snapshot=one.blob, label=grounds.label),
            )
