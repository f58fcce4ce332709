"""Make ready what the first turn needs, beside the loop: its sender would wait for it, a third of that turn's time."""

from importlib import import_module

from homarus.agent.rooms import Frozen
from homarus.domain import codec
from homarus.domain.content import Message
from homarus.domain.labels import Label
from homarus.domain.turns import Ended, Inbound, Reply, Route, Routed, Said


def warm() -> None:
    """Build what turns values into JSON and back, and load the way out; call it in a thread."""
    import_module("homarus.net.session")
    codec.prepare(Inbound, Route, Frozen, tuple[Message, ...], tuple[Label, ...], Message, Label, Reply)
    codec.prepare(Routed, Said, Ended)
