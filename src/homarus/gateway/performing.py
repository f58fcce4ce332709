"""Who does which kind of work; each is loaded with the first run of its kind."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from homarus.domain.jobs import WorkKind
from homarus.domain.running import Performer

if TYPE_CHECKING:
    from homarus.gateway.house import House
    from homarus.gateway.jobs.ground import Ground
    from homarus.gateway.jobs.house import Jobs


def performers_of(house: "House", ground: "Ground") -> dict[WorkKind, Callable[[], Performer]]:
    """Return who does each kind of work in a house."""
    from homarus.gateway.job_faces import Faces

    known = Faces(house=house, ground=ground).performers()
    return known if house.errands is None else {**known, WorkKind.PLAYBOOK: lambda: _player(house)}


def _player(house: "House") -> Performer:
    from homarus.gateway.playing.performing import Player

    return Player(playing=house.playing())


def attach(house: "House", ground: "Ground", jobs: "Jobs") -> None:
    """Have the owner told of what comes of runs."""
    from homarus.gateway.job_faces import Faces

    Faces(house=house, ground=ground).attach(jobs)
