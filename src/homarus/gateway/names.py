"""The exact names under which this gateway is reached, and the origins whose pages may ask."""

from dataclasses import dataclass

from homarus.domain.settings import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The exact names under which we are reached, and the origins that may ask."""

    hosts: frozenset[str]
    own_origins: frozenset[str]
    further_origins: frozenset[str]


def names_of(gateway: Gateway, port: int) -> Names:
    """Return the lists for a port and what the owner added."""
    own = tuple(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
    return Names(
        hosts=frozenset((*own, *(host.lower() for host in gateway.allowed_hosts))),
        own_origins=frozenset(f"http://{host}" for host in own),
        further_origins=frozenset(origin.lower() for origin in gateway.allowed_origins),
    )
