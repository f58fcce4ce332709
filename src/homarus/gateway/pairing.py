"""One-time codes that pair a browser: made on the machine itself, short-lived, good for one claim."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

CODE_TTL_S = 600.0
MAX_PENDING = 5
_CODE_BYTES = 20
"""160 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A code that may be claimed once."""

    code: str
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    digest: bytes
    expires_at: float


class Pairing:
    """The codes that wait to be claimed, as digests, in memory only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pending: list[_Pending] = []

    def offer(self) -> Offer:
        """Make a code; when too many wait, the oldest is void."""
        code = secrets.token_urlsafe(_CODE_BYTES)
        self._expire()
        self._pending.append(_Pending(digest=_digest(code), expires_at=self._now() + CODE_TTL_S))
        del self._pending[:-MAX_PENDING]
        return Offer(code=code, ttl_s=CODE_TTL_S)

    def claim(self, code: str) -> bool:
        """Use a code up; tell whether it was good. Nothing is awaited here, so two claims cannot both win."""
        self._expire()
        digest = _digest(code)
        found = None
        for pending in self._pending:
            # All are compared, so the time taken says nothing.
            if hmac.compare_digest(pending.digest, digest):
                found = pending
        if found is None:
            return False
        self._pending.remove(found)
        return True

    @property
    def pending(self) -> int:
        """How many codes wait."""
        self._expire()
        return len(self._pending)

    def _expire(self) -> None:
        now = self._now()
        self._pending = [pending for pending in self._pending if pending.expires_at > now]


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
