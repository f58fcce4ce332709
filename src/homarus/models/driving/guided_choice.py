"""Guided choice: can the embedded model sort requests when a grammar leaves it nothing else to say?"""

from homarus.domain.i18n import _
from homarus.models import guided
from homarus.models.driving.bench import Bench, Finding, Tally

NAME = "guided-choice"
_KINDS = ("alarm", "note", "search")
"""What it has to choose among in a turn: the rest is read by rules."""
_CASES = (
    ("In 20 minutes tell me to take the bread out", "alarm"),
    ("The spare key hangs behind the meter box, keep that", "note"),
    ("Where did I put the insurance papers?", "search"),
    ("At 7 remind me that the bins go out", "alarm"),
    ("What was the name of my landlord?", "search"),
    ("The boiler's code is 4711, I need it later", "note"),
    ("Let me know at noon that Ruth calls", "alarm"),
    ("Who repairs our bicycles?", "search"),
)


async def guided_choice(bench: Bench) -> Finding:
    """Let it choose among three kinds, as a turn does."""
    tally = Tally(name=NAME)
    for text, kind in bench.some(_CASES):
        said = await bench.put(guided.choice_request(bench.ref, text, _KINDS))
        chosen = guided.read_choice(said.text, _KINDS)
        tally.count(
            chosen == kind,
            lambda text=text, kind=kind, said=said: _("“{text}” is {kind}, and it said {words}.").format(
                text=text, kind=kind, words=said.quoted
            ),
        )
    return Finding(score=tally.score)
