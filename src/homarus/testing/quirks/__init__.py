"""A model server that speaks all four protocols and misbehaves on demand.

    async with QuirkServer([call("time.now"), say("It is noon.")], quirks=["slow_words"]) as server:
        ...  # server.url, server.received

From a terminal: `python -m homarus.testing.quirks --list`.
"""

from homarus.testing.quirks.catalogue import QUIRKS, quirk_named
from homarus.testing.quirks.quirk import Quirk, Refusal
from homarus.testing.quirks.received import Received
from homarus.testing.quirks.server import QuirkServer
from homarus.testing.quirks.turns import APIS, Asked, Call, Turn, call, say

__all__ = [
    "APIS",
    "QUIRKS",
    "Asked",
    "Call",
    "Quirk",
    "QuirkServer",
    "Received",
    "Refusal",
    "Turn",
    "call",
    "quirk_named",
    "say",
]
