"""Who is asking: resolved anew on every request, with the rights that our own record grants and no others."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from homarus.domain.labels import OWNER, Label, Origin
from homarus.state.access import ApiKey, Device


class Scope(StrEnum):
    """What a caller may do."""

    MODELS = "models"
    """Ask models through /v1, and nothing else: no agent answers, and nothing of the house is seen."""
    CHAT = "chat"
    """Ask models and agents through /v1 and make turns; an agent reads its workspace and memory without asking."""
    READ = "read"
    """See what is here: status, sessions, models, settings, events."""
    ADMIN = "admin"
    """Everything a paired browser can do: approve, configure, revoke."""
    OWNER = "owner"
    """What this caller writes counts as the owner's own words."""


class Need(StrEnum):
    """What a path asks of its caller."""

    NOTHING = "nothing"
    MODELS = "models"
    CHAT = "chat"
    READ = "read"
    ADMIN = "admin"
    SOCKET = "socket"
    """Only over the Unix socket in the state folder: whoever can open it owns the house."""


_EVERYTHING = frozenset(Scope)
_IMPLIED: Mapping[Scope, frozenset[Scope]] = {
    Scope.CHAT: frozenset({Scope.CHAT, Scope.MODELS}),
    Scope.ADMIN: frozenset({Scope.ADMIN, Scope.READ, Scope.CHAT, Scope.MODELS}),
}


class CallerKind(StrEnum):
    """How a caller proved itself."""

    SOCKET = "socket"
    DEVICE = "device"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody with a valid credential."""

    kind: CallerKind
    caller_id: str
    name: str
    scopes: frozenset[Scope]

    @property
    def label(self) -> Label:
        """The label of what this caller writes."""
        if Scope.OWNER in self.scopes:
            return OWNER
        return Label(origin=Origin.ALLOWED, source=f"api key {self.name}")

    @property
    def by(self) -> str:
        """How the log names this caller."""
        return "cli" if self.kind is CallerKind.SOCKET else f"{self.kind.value}:{self.caller_id}"

    def meets(self, need: Need) -> bool:
        """Tell whether this caller may do what a path needs."""
        match need:
            case Need.NOTHING:
                return True
            case Need.SOCKET:
                return self.kind is CallerKind.SOCKET
            case _:
                return need.value in self.scopes


SOCKET_OWNER = Caller(kind=CallerKind.SOCKET, caller_id="cli", name="cli", scopes=_EVERYTHING)


def of_device(device: Device) -> Caller:
    """Return the caller that a paired browser is: the owner."""
    return Caller(kind=CallerKind.DEVICE, caller_id=device.device_id, name=device.name, scopes=_EVERYTHING)


def of_key(key: ApiKey) -> Caller:
    """Return the caller that a key is, with the scopes of the record; words that are no scope grant nothing."""
    return _of_record(key.key_id, key.name, key.scopes)


@lru_cache(maxsize=256)
def _of_record(key_id: str, name: str, scopes: tuple[str, ...]) -> Caller:
    known = {scope.value: scope for scope in Scope}
    granted = [known[word] for word in scopes if word in known]
    implied = frozenset[Scope]().union(*(_IMPLIED.get(scope, frozenset({scope})) for scope in granted))
    return Caller(kind=CallerKind.KEY, caller_id=key_id, name=name, scopes=implied)
