"""Say ahead which model will be wanted, so that it is loaded while a person types or another model answers."""

from typing import Protocol

from homarus.domain.inference import ModelRef
from homarus.models.catalog import Catalog
from homarus.models.dispatch import Dispatch, Takes
from homarus.models.engine_lanes import Lane


class Queues(Protocol):
    """What announcing needs of the desk."""

    dispatch: Dispatch

    def catalog(self) -> Catalog:
        """Return every candidate as of now."""
        ...


def announce(desk: Queues, ref: ModelRef, *, takes: Takes) -> None:
    """Announce a model; one that is hosted, comes with homarus, or cannot be asked now is left alone."""
    candidate = desk.catalog().get(ref)
    if candidate is None or candidate.unusable is not None or candidate.is_embedded or not candidate.is_local:
        return
    lane = Lane.of(candidate)
    desk.dispatch.announce(lane.engine, ref.model_id, slots=lane.slots, is_swapping=lane.is_swapping, takes=takes)
