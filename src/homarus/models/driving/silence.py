"""Silence: does it say exactly NO_REPLY when nothing is to be said, and only then?"""

from dataclasses import dataclass

from homarus.domain.i18n import _
from homarus.models.driving.bench import Bench, Finding, Tally, house, person

NAME = "silence"
TOKEN = "NO_REPLY"  # noqa: S105 - not a password
_TASK = house(
    "You watch the notices of a small workshop for its owner. When a notice needs nothing from the owner, answer "
    f"exactly {TOKEN} and nothing else. When it does, tell the owner in one sentence what to do."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    notice: str
    is_silent: bool


_CASES = (
    _Case(notice="Notice: the nightly copy of the files ended without errors. Nothing to do.", is_silent=True),
    _Case(notice="Notice: water is running into the paint store. Somebody must close the valve now.", is_silent=False),
    _Case(notice="Notice: the doors were locked at 19:00 as always. All is well.", is_silent=True),
    _Case(notice="Notice: the temperature is 20 degrees, as it should be. Nothing to do.", is_silent=True),
)


async def silence(bench: Bench) -> Finding:
    """Give notices; the token with anything around it is talk."""
    tally = Tally(name=NAME)
    for case in bench.some(_CASES):
        said = await bench.ask([_TASK, person(case.notice)], max_tokens=120)
        text = said.text.strip()
        is_good = text == TOKEN if case.is_silent else bool(text) and TOKEN not in text
        tally.count(
            is_good and not said.problem,
            lambda case=case, said=said: _("To “{notice}” it said {words}.").format(
                notice=case.notice, words=said.quoted
            ),
        )
    return Finding(score=tally.score)
