"""How far the words of a program go that asks a model by name: no further than the house's own conversations."""

from homarus.domain.errors import EgressRefusedError, RefusedError
from homarus.domain.i18n import _
from homarus.domain.labels import Bounds
from homarus.gateway.house import House
from homarus.models.catalog import Candidate


def bounds_of(house: House) -> Bounds:
    """Return how far programs may go: the house's default, because no agent stands between."""
    return Bounds.parse(house.settings().agents.defaults.reach)


async def checked(house: House, model: Candidate) -> Bounds:
    """Return how far a call may go that is for a model.

    Raises:
        RefusedError: when the model is further away than that.
    """
    bounds = bounds_of(house)
    try:
        await house.desk.listings.check_reach(model, bounds)
    except (RefusedError, EgressRefusedError) as error:
        raise RefusedError(
            _("{sentence} What programs send goes no further than `agents.defaults.reach`, which is {reach}.").format(
                sentence=error.message, reach=bounds
            ),
            hint=error.hint,
        ) from error
    return bounds
