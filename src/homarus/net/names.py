"""Ask the system's resolver for the addresses of a name, in threads of its own.

The resolver may hang for half a minute (no network, a VPN that is gone), and cannot be interrupted. In the threads
that a loop has for everything, a few such calls hold up who needs no name at all: uvloop connects even to 127.0.0.1
through its four, and the house reads files in asyncio's six.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, TypeAlias

from homarus.net.addresses import Address

_AT_ONCE = 16

Resolve: TypeAlias = Callable[[str], Sequence[tuple[Any, ...]]]
"""Ask for a name, as `socket.getaddrinfo` answers; may block."""


def _ask_system(name: str) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)


class Names:
    """Looks names up; who asks for one that is asked for already waits for the same answer."""

    def __init__(self, resolve: Resolve = _ask_system) -> None:
        """Take how the system is asked."""
        self._resolve = resolve
        self._under_way: dict[str, asyncio.Future[Sequence[Address]]] = {}

    async def __call__(self, name: str, _port: int) -> Sequence[Address]:
        """Return the addresses of a name.

        Raises:
            OSError: when it has none, or when too many names hang already.
        """
        answer = self._under_way.get(name)
        if answer is None:
            if len(self._under_way) >= _AT_ONCE:
                raise OSError(socket.EAI_AGAIN, "the resolver hangs")
            loop = asyncio.get_running_loop()
            answer = self._under_way[name] = loop.create_future()
            threading.Thread(target=self._ask, args=(name, loop), name="homarus-names", daemon=True).start()
        return await asyncio.shield(answer)

    def _ask(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        """Run in a thread that nobody waits for: a daemon, so that a resolver that hangs never holds up the end."""
        try:
            found = self._resolve(name)
        except (OSError, UnicodeError) as error:
            answer: Sequence[Address] | OSError = error if isinstance(error, OSError) else OSError(str(error))
        else:
            answer = tuple(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(self._answered, name, answer)

    def _answered(self, name: str, answer: Sequence[Address] | OSError) -> None:
        waited = self._under_way.pop(name)
        if isinstance(answer, OSError):
            waited.set_exception(answer)
            waited.exception()  # looked at here, because everybody who waited may have gone
        else:
            waited.set_result(answer)
