import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import UsageError
from homarus.state.config.keys import parse, spell


@given(st.lists(st.text(min_size=1, alphabet=st.characters(codec="utf-8")) | st.integers(0, 99999), min_size=1))
def test_a_path_that_is_spelled_is_read_back(path: list[str | int]) -> None:
    assert parse(spell(path)) == tuple(path)


@pytest.mark.parametrize("key", ["", ".", "a..b", ".a", "a[", 'a["', "a]", "[]", '["\\u"]'])
def test_what_is_no_key_is_refused_with_an_example(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(key)

    assert "gateway.port" in caught.value.hint


@given(st.text(max_size=20))
def test_any_text_is_a_key_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse(text)
