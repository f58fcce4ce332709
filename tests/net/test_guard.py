from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError
from homarus.domain.labels import Reach
from homarus.domain.ports import Outbound, Purpose, Timeouts
from homarus.net.addresses import Address
from homarus.net.door import OpenDoor
from homarus.net.egress import judge_guarded, read_target

pytestmark = pytest.mark.anyio

NOT_OPENED = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://app.localhost/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://127.0.0.1./",
    "http://10.0.0.5/",
    "http://172.16.3.4/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://100.64.1.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:53aa:64c::1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fd00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://①②⑦.⓪.⓪.①/",
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "http://127。0。0。1/",
    "http://user:secret@93.184.216.34/",
    "http://example.org@127.0.0.1/",
    "http://127.0.0.1\\@example.org/",
    "http://example.org\\.evil.example/",
    "http://exam ple.org/",
    "http://example.org:22/",
    "http://example.org:6379/",
    "http://example.org:0/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "http:///nothing",
    "//example.org/",
    "http://router/",
    "http://printer.local/",
]


@pytest.mark.parametrize("url", NOT_OPENED)
def test_what_a_model_may_not_name_is_refused_by_its_text(url: str) -> None:
    with pytest.raises(EgressRefusedError):
        judge_guarded(read_target(url))


@pytest.mark.parametrize(
    "url", ["https://example.org/a?b=c", "http://93.184.216.34/", "https://example.org./", "https://münchen.example/"]
)
def test_a_public_address_is_let_through(url: str) -> None:
    judge_guarded(read_target(url))


class Names:
    """Answers look-ups from a list, one entry after another, and counts them."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, name: str, port: int) -> Sequence[Address]:
        assert port > 0
        self.asked.append(name)
        return [ip_address(text) for text in self.answers.pop(0)]


def guarded(url: str) -> Outbound:
    patience = Timeouts(connect_s=0.2, first_byte_s=0.2)
    return Outbound(method="GET", url=url, purpose=Purpose.TOOL, is_guarded=True, timeouts=patience)


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["64:ff9b::a00:1"]])
async def test_one_private_answer_is_enough_to_refuse_a_name(answers: list[str]) -> None:
    async with OpenDoor(lookup=Names(answers)) as door:
        with pytest.raises(EgressRefusedError):
            async with door.open(guarded("http://rebind.example/")):
                pass


async def test_a_name_is_resolved_once_and_nothing_else_is_connected_to() -> None:
    names = Names(["192.0.0.1"], ["127.0.0.1"])
    names.answers[0] = ["2606:4700::1111"]
    async with OpenDoor(lookup=names) as door:
        with pytest.raises(ConnectionFailedError):
            async with door.open(guarded("http://rebind.example/")):
                pass
    assert names.asked == ["rebind.example"]


@pytest.mark.parametrize("url", ["https://api.example.com/v1", "http://8.8.8.8/", "http://169.254.169.254/"])
async def test_a_private_text_leaves_for_no_public_place_and_asks_no_name(url: str) -> None:
    names = Names()
    async with OpenDoor(lookup=names) as door:
        with pytest.raises(EgressRefusedError):
            async with door.open(
                Outbound(method="POST", url=url, purpose=Purpose.MODEL, reach=Reach.LOCAL_ONLY, body=b"secret")
            ):
                pass
    assert names.asked == []


async def test_a_home_name_that_leads_outside_gets_nothing_private() -> None:
    async with OpenDoor(lookup=Names(["93.184.216.34"])) as door:
        with pytest.raises(EgressRefusedError):
            async with door.open(
                Outbound(method="POST", url="http://gpu.lan/", purpose=Purpose.MODEL, reach=Reach.LOCAL_ONLY)
            ):
                pass


@pytest.mark.parametrize(("within", "region"), [("eu", None), ("eu", "us"), (None, None), (None, "eu")])
async def test_a_text_that_stays_in_a_region_goes_nowhere_else_and_asks_no_name(
    within: str | None, region: str | None
) -> None:
    names = Names()
    out = Outbound(
        method="POST",
        url="https://api.example.com/v1",
        purpose=Purpose.MODEL,
        reach=Reach.REGION,
        within=within,
        region=region,
    )
    async with OpenDoor(lookup=names) as door:
        with pytest.raises(EgressRefusedError):
            async with door.open(out):
                pass
    assert names.asked == []


async def test_a_text_that_stays_in_a_region_may_go_where_the_owner_says_that_it_is() -> None:
    names = Names(["127.0.0.1"])
    out = Outbound(
        method="POST", url="http://eu.test:9/", purpose=Purpose.MODEL, reach=Reach.REGION, within="eu", region="eu"
    )
    async with OpenDoor(lookup=names) as door:
        with pytest.raises(ConnectionFailedError):
            async with door.open(out):
                pass
    assert names.asked == ["eu.test"]


async def test_a_home_name_that_leads_outside_gets_nothing_of_a_region_either() -> None:
    out = Outbound(method="POST", url="http://gpu.lan/", purpose=Purpose.MODEL, reach=Reach.REGION, within="eu")
    async with OpenDoor(lookup=Names(["93.184.216.34"])) as door:
        with pytest.raises(EgressRefusedError):
            async with door.open(out):
                pass
