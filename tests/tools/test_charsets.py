# ruff: noqa: RUF001 - signs of many scripts
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.tools.charsets import decoded

WORDS = {
    "明日までに契約書に署名してください。": ("iso-2022-jp", "shift_jis", "cp932"),
    "Срочно: сервер не работает, перезвоните": ("cp1251", "koi8-r", "cp866"),
    "请在周五之前付款，否则账户将被冻结。": ("gb18030", "gbk"),
    "오늘까지 회신 바랍니다": ("cp949",),
    "請於今日回覆合約": ("big5",),
    "Zürich, façade, déjà vu, ÄÖÜ Österreich": ("cp1252", "latin-1"),
    "„Grüße“ – 12 €": ("cp1252",),
    "Größe;Straße;Äöüß": ("utf-8", "cp1252"),
}


@pytest.mark.parametrize(("words", "charset"), [(words, name) for words, names in WORDS.items() for name in names])
def test_letters_tell_a_charset_that_nobody_named(words: str, charset: str) -> None:
    assert decoded(words.encode(charset), "") == words


@pytest.mark.parametrize(
    ("words", "said", "meant"),
    [
        ("镕基先生", "gb2312", "gbk"),
        ("お世話になります①㈱", "Shift_JIS", "cp932"),
        ("“Angebot” – 12 €", "iso-8859-1", "cp1252"),
        ("믜", "euc-kr", "cp949"),
    ],
)
def test_who_names_a_smaller_charset_means_the_larger_one(words: str, said: str, meant: str) -> None:
    assert decoded(words.encode(meant), said) == words


@given(
    content=st.binary(max_size=400), claimed=st.sampled_from(["", "idna", "zlib", "rot13", "utf-7", "hz", "x", "\0"])
)
def test_whatever_bytes_are_and_claim_they_become_text(content: bytes, claimed: str) -> None:
    decoded(content, claimed)
