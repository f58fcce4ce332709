from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.net.addresses import Zone, place_of, read_host, zone_of


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("127.0.0.1", Zone.LOOPBACK),
        ("127.255.255.254", Zone.LOOPBACK),
        ("::1", Zone.LOOPBACK),
        ("::ffff:127.0.0.1", Zone.LOOPBACK),
        ("10.0.0.1", Zone.HOME),
        ("172.31.255.255", Zone.HOME),
        ("192.168.1.5", Zone.HOME),
        ("100.64.0.1", Zone.HOME),
        ("169.254.7.7", Zone.HOME),
        ("fd12::1", Zone.HOME),
        ("fe80::1", Zone.HOME),
        ("::ffff:10.0.0.1", Zone.HOME),
        ("169.254.169.254", Zone.NOWHERE),
        ("100.100.100.200", Zone.NOWHERE),
        ("168.63.129.16", Zone.NOWHERE),
        ("fd00:ec2::254", Zone.NOWHERE),
        ("0.0.0.0", Zone.NOWHERE),
        ("224.0.0.1", Zone.NOWHERE),
        ("255.255.255.255", Zone.NOWHERE),
        ("192.0.2.1", Zone.NOWHERE),
        ("::", Zone.NOWHERE),
        ("::7f00:1", Zone.NOWHERE),
        ("::ffff:8.8.8.8", Zone.NOWHERE),
        ("64:ff9b::7f00:1", Zone.NOWHERE),
        ("64:ff9b:1::1", Zone.NOWHERE),
        ("2002:7f00:1::", Zone.NOWHERE),
        ("2001:0:53aa:64c::1", Zone.NOWHERE),
        ("2001:db8::1", Zone.NOWHERE),
        ("fec0::1", Zone.NOWHERE),
        ("ff02::1", Zone.NOWHERE),
        ("8.8.8.8", Zone.PUBLIC),
        ("93.184.216.34", Zone.PUBLIC),
        ("2606:4700::1111", Zone.PUBLIC),
    ],
)
def test_every_special_range_is_known(text: str, zone: Zone) -> None:
    assert zone_of(ip_address(text)) is zone


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_no_private_address_counts_as_public_when_an_ipv6_form_carries_it(number: int) -> None:
    inside = int(IPv4Address(number))
    for prefix in (0xFFFF << 32, 0, 0x0064FF9B << 96):
        assert zone_of(IPv6Address(prefix | inside)) is not Zone.PUBLIC


@pytest.mark.parametrize(
    "text", ["0x7f.1", "2130706433", "0177.0.0.1", "127.1", "0x7f000001", "1.2.3.256", "fe80::1%eth0"]
)
def test_a_number_in_disguise_is_odd(text: str) -> None:
    assert read_host(text).is_odd


def test_a_trailing_dot_hides_nothing() -> None:
    assert read_host("LOCALHOST.").is_this_machine_by_name
    assert read_host("127.0.0.1.").literal == IPv4Address("127.0.0.1")


@pytest.mark.parametrize(
    ("url", "zone"),
    [
        ("http://localhost:11434", Zone.LOOPBACK),
        ("http://127.0.0.1:1234/v1", Zone.LOOPBACK),
        ("http://[::1]:8080", Zone.LOOPBACK),
        ("http://gpu.lan:8000/v1", Zone.HOME),
        ("http://box:8000", Zone.HOME),
        ("http://192.168.1.9:11434", Zone.HOME),
        ("https://api.openai.com/v1", Zone.PUBLIC),
    ],
)
def test_a_place_is_known_without_a_look_up(url: str, zone: Zone) -> None:
    assert place_of(url) is zone
