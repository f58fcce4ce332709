"""What the door lets out: rules over the text of an address and over the answers to its name, and the receipt."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from homarus.domain.content import Json
from homarus.domain.errors import EgressRefusedError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.labels import Reach
from homarus.domain.ports import Purpose
from homarus.net.addresses import Address, Host, Zone, read_host, zone_of

_WEB_PORTS = frozenset({80, 443, 8080, 8443})
_HIDING = re.compile(r"[\x00-\x20\\\x7f]")
_SCHEMES = {"http": 80, "https": 443}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEPT_ACROSS_ORIGINS = frozenset({"accept", "accept-language", "accept-encoding", "content-type", "user-agent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The receipt of one outbound call, kept whether it was let out or not."""

    host: str
    purpose: Purpose
    sent_bytes: int
    """Request line, headers and body."""
    received_bytes: int
    decision: str
    """`allowed` or `refused`."""
    because: str
    zone: Zone
    turn: TurnId | None = None

    @property
    def left_the_machine(self) -> bool:
        """Whether anything was sent to another machine."""
        return self.decision == "allowed" and self.zone is not Zone.LOOPBACK

    def event(self) -> NewEvent:
        """Return the receipt as a fact for the log."""
        body: Mapping[str, Json] = {
            "host": self.host,
            "purpose": self.purpose.value,
            "sent_bytes": self.sent_bytes,
            "received_bytes": self.received_bytes,
            "decision": self.decision,
            "because": self.because,
            "zone": self.zone.value,
        }
        return NewEvent(kind=Kind.EGRESS, body=body, turn=self.turn)


@dataclass(slots=True)
class Attempt:
    """What is known of one try to send a request."""

    sent_bytes: int = 0
    """Request line, headers and body, as far as anything could be sent at all."""
    is_reused: bool = True
    """Whether it went out on a connection that had been used before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address taken apart once, as it will be used."""

    url: str
    scheme: str
    host: Host
    port: int

    @property
    def place(self) -> str:
        """`host:port`, as an exception names it."""
        return f"{self.host.text}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: credentials stay inside it."""
        return f"{self.scheme}://{self.place}"


@lru_cache(maxsize=512)
def read_target(url: str) -> Target:
    """Take an address apart the way the client will.

    Raises:
        EgressRefusedError: when it is no plain http or https address.
    """
    from yarl import URL

    if _HIDING.search(url):
        raise _refuse(url, _("it has a backslash, a space or a control character in it"))
    try:
        parsed = URL(url)
        port = parsed.port
        host = read_host(parsed.raw_host or "")
        second_reading = urlsplit(url)
    except ValueError as error:
        raise _refuse(url, _("it cannot be read as an address")) from error
    if parsed.scheme not in _SCHEMES or not host.text:
        raise _refuse(url, _("only http and https addresses with a host are opened"))
    if "@" in second_reading.netloc:
        raise _refuse(url, _("it has a name or a password in it; put credentials in a header instead"))
    if port is None or port == 0:
        port = _SCHEMES[parsed.scheme] if port is None else port
    if port == 0:
        raise _refuse(url, _("there is no port 0"))
    return Target(url=str(parsed), scheme=parsed.scheme, host=host, port=port)


def _refuse(url: str, because: str) -> EgressRefusedError:
    shown = url if len(url) <= 200 else f"{url[:200]}…"  # noqa: PLR2004 - what fits on a screen
    return EgressRefusedError(
        _("{url!r} is not opened: {because}.").format(url=shown, because=because),
        hint=_("Use a plain public address such as https://example.org/page."),
    )


def judge_guarded(target: Target, *, ports: frozenset[int] = _WEB_PORTS) -> None:
    """Refuse, by its text alone, what a model or a page may not name.

    Raises:
        EgressRefusedError: nothing has been looked up.
    """
    host = target.host
    if target.port not in ports:
        because = _("port {port} is not one that web pages use") if ports is _WEB_PORTS else _("port {port} is closed")
        raise _refuse(target.url, because.format(port=target.port))
    if host.is_odd:
        raise _refuse(target.url, _("its host is written in a way that hides where it leads"))
    if host.is_this_machine_by_name or host.has_local_name:
        raise _refuse(target.url, _("it leads into this machine or the owner's network"))
    if host.literal is not None:
        judge_answers(target.host.text, [host.literal], is_guarded=True, reach=Reach.ANYWHERE)


def judge_local_only(target: Target) -> None:
    """Refuse, by its text alone, what would carry a private text out of the owner's network.

    Raises:
        EgressRefusedError: nothing has been looked up.
    """
    host = target.host
    if host.literal is not None:
        judge_answers(host.text, [host.literal], is_guarded=False, reach=Reach.LOCAL_ONLY)
    elif host.is_odd or not (host.is_this_machine_by_name or host.has_local_name):
        raise _stay_home(host.text)


def judge_region(target: Target, *, within: str | None, region: str | None) -> bool:
    """Say whether a call that must stay in a region goes to a place that the owner put there.

    Anywhere else it stays at home, which is in every region.

    Raises:
        EgressRefusedError: when it is neither; nothing has been looked up.
    """
    if within is not None and region == within:
        return True
    host = target.host
    at_home = {Zone.LOOPBACK, Zone.HOME}
    if host.is_this_machine_by_name or host.has_local_name:
        return False
    if host.literal is not None and not host.is_odd and zone_of(host.literal) in at_home:
        return False
    raise EgressRefusedError(
        _("{name!r} is not asked: this conversation stays in the region {region!r}.").format(
            name=host.text, region=within or "?"
        ),
        hint=_("Say where a provider works with `models.providers.<name>.region`, or use a model that runs here."),
    )


def judge_answers(name: str, answers: Iterable[Address], *, is_guarded: bool, reach: Reach) -> None:
    """Refuse a name when any of its addresses leads where this call may not go.

    Raises:
        EgressRefusedError: nothing has been sent.
    """
    for address in answers:
        zone = zone_of(address)
        if is_guarded and zone is not Zone.PUBLIC:
            raise EgressRefusedError(
                _("{name!r} is not opened: it leads to {address}, which is not a public address.").format(
                    name=name, address=address
                ),
                hint=_("Pages on this machine and in your network are not open to agents."),
            )
        if reach is Reach.LOCAL_ONLY and zone not in {Zone.LOOPBACK, Zone.HOME}:
            raise _stay_home(name)


def _stay_home(name: str) -> EgressRefusedError:
    return EgressRefusedError(
        _("{name!r} is not asked: this conversation stays on this machine and in your network.").format(name=name),
        hint=_(
            "Use a model that runs here. A server of your own is known by its address (192.168.…) "
            "or by a name that ends in .local, .lan, .home.arpa, .internal or .ts.net."
        ),
    )


def kept_across_origins(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that may follow a redirect to another origin: nothing that could be a credential."""
    return {name: value for name, value in headers.items() if name.lower() in _KEPT_ACROSS_ORIGINS}
