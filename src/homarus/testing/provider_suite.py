"""What every provider that is known by name owes the house, read from its mark.

@pytest.mark.parametrize("claim", provider_suite.CLAIMS, ids=lambda claim: claim.__name__)
def test_my_provider_conforms(claim):
    claim(MyProvider)
"""

import re
from urllib.parse import urlsplit

from homarus.domain.marks import ProviderMark, mark_of
from homarus.testing.quirks.turns import APIS

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _mark(provider: object) -> ProviderMark:
    mark = mark_of(provider)
    assert isinstance(mark, ProviderMark), "put @provider(...) above it"
    return mark


def its_name_can_stand_before_a_slash(provider: object) -> None:
    """Models are written `provider/id`."""
    assert _NAME.fullmatch(_mark(provider).name), "lower case letters, digits and dashes"


def it_speaks_a_protocol_of_the_house(provider: object) -> None:
    """One of the four."""
    assert _mark(provider).api in APIS, f"`api` is one of {', '.join(APIS)}"


def its_address_is_whole(provider: object) -> None:
    """Scheme and host, no slash at the end, nothing secret in it."""
    address = urlsplit(_mark(provider).base_url)
    assert address.scheme in ("http", "https"), "begin with https:// or http://"
    assert address.hostname, "name a host"
    assert not address.path.endswith("/"), "leave the last slash out"
    secrets = (address.query, address.username, address.password)
    assert not any(secrets), "no credential in an address"


def a_hosted_one_is_encrypted_and_has_a_key(provider: object) -> None:
    """Prompts do not cross the world in clear text."""
    mark = _mark(provider)
    if mark.is_hosted:
        assert mark.base_url.startswith("https://"), "a hosted provider is reached by https"
        assert mark.key_env, "name the environment variable that people keep its key in"


def it_says_who_it_is(provider: object) -> None:
    """The first line of the docstring is what pages show."""
    assert (provider.__doc__ or "").strip(), "write a docstring"


CLAIMS = (
    its_name_can_stand_before_a_slash,
    it_speaks_a_protocol_of_the_house,
    its_address_is_whole,
    a_hosted_one_is_encrypted_and_has_a_key,
    it_says_who_it_is,
)
