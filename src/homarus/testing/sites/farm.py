"""The sites: each a small server with a port of its own, and an address of its own where the system has several."""

import asyncio
import contextlib
import time
from collections import Counter
from typing import Self

from homarus.testing.sites.places import SITES
from homarus.testing.sites.speech import Asked, Given, Hit, read_asked, write_given


class SiteFarm:
    """Sites by name: `farm.url("solmark", "/kits/duo-800")`."""

    def __init__(self, *, night: int = 1, first_port: int = 0) -> None:
        """Begin with a night; with a port, the sites stand one after the other from there, else the system chooses."""
        self.night = night
        self.is_down = False
        """Whether every site answers 503."""
        self.hits: list[Hit] = []
        self._sites = dict(SITES)
        self._first_port = first_port
        self._servers: dict[str, asyncio.Server] = {}
        self._addresses: dict[str, str] = {}
        self._clients: set[asyncio.StreamWriter] = set()

    def url(self, site: str, path: str = "/") -> str:
        """Return an address on a site."""
        return f"http://{self._addresses[site]}{path}"

    def place(self, site: str) -> str:
        """Return `host:port` of a site, as the owner names places of the own network."""
        return self._addresses[site]

    @property
    def places(self) -> tuple[str, ...]:
        """`host:port` of every site."""
        return tuple(self._addresses.values())

    def count(self, site: str, path: str = "") -> int:
        """Return how often a page was asked for, or a site, robots.txt apart."""
        return sum(
            hit.host == site and hit.path != "/robots.txt" and (not path or hit.path == path) for hit in self.hits
        )

    def counts(self) -> Counter[str]:
        """Return how often each page was asked for."""
        return Counter(f"{hit.host}{hit.path}" for hit in self.hits)

    async def __aenter__(self) -> Self:
        for number, name in enumerate(self._sites):
            port = self._first_port + number if self._first_port else 0
            server = await self._listening(name, f"127.0.0.{number + 2}", port)
            address = server.sockets[0].getsockname()
            self._servers[name] = server
            self._addresses[name] = f"{address[0]}:{address[1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        for server in self._servers.values():
            server.close()
        for writer in tuple(self._clients):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _listening(self, name: str, host: str, port: int) -> asyncio.Server:
        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(name, reader, writer)

        try:
            return await asyncio.start_server(served, host, port)
        except OSError:  # macOS has 127.0.0.1 only
            return await asyncio.start_server(served, "127.0.0.1", port)

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while (asked := await read_asked(reader, host=name, night=lambda: self.night)) is not None:
                    given = self._answer(asked)
                    self.hits.append(
                        Hit(
                            host=name,
                            path=asked.path,
                            night=asked.night,
                            status=given.status,
                            at_s=time.monotonic(),
                            headers=asked.headers,
                        )
                    )
                    await write_given(writer, given)
        finally:
            self._clients.discard(writer)
            writer.transport.abort()

    def _answer(self, asked: Asked) -> Given:
        if self.is_down:
            return Given(status=503, body=b"down for repairs", kind="text/plain")
        return self._sites[asked.host](asked, self)
