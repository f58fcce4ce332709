"""Typed names for things, and fresh ones that sort by time."""

import secrets
import time
from typing import NewType

OwnerId = NewType("OwnerId", str)
AgentId = NewType("AgentId", str)
SessionKey = NewType("SessionKey", str)
"""`agent:<agent>:<place>`, for example `agent:main:main` or `agent:main:web:Ideas`."""
TurnId = NewType("TurnId", str)
CallId = NewType("CallId", str)
ApprovalId = NewType("ApprovalId", str)
JobId = NewType("JobId", str)
RunId = NewType("RunId", str)
"""Of a job's run; in the log it stands where a turn's id stands, because a run is journalled as a turn is."""

THE_OWNER = OwnerId("owner")
"""The only owner of a house that is not hosted for several people."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def fresh(prefix: str) -> str:
    """Return a new identifier like `turn_01k9y3t2c8q4v7d5`: 45 bits of milliseconds, then 40 random bits, base 32."""
    number = (int(time.time() * 1000) << 40) | secrets.randbits(40)
    letters = [_ALPHABET[(number >> shift) & 31] for shift in range(80, -1, -5)]
    return f"{prefix}_{''.join(letters)}"
