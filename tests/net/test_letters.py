"""Whatever anybody mails is read, quickly, and never raises: one such mail would stand in the way of all others."""

import pytest

from homarus.net.mail.letters import head_of, letter_of, readable, words_of

HEAD = b"From: lena@example.org\r\nSubject: Hello\r\n"
PARTS = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2_000))
ODD = {
    "nested parts": HEAD + PARTS,
    "nested mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 3_000,
    "brackets": HEAD + b"To: " + b"(" * 3_000 + b"\r\n\r\nhi",
    "quotes": HEAD + b"To: " + b'"' * 500_000 + b"\r\n\r\nhi",
    "charset with a zero": HEAD + b'Content-Type: text/plain; charset="utf-16\x00"\r\n\r\nhi',
    "charset of names": HEAD + b"Content-Type: text/plain; charset=idna\r\n\r\n\xff..",
    "charset undefined": HEAD + b"Content-Type: text/plain; charset=undefined\r\n\r\nhi",
    "year": HEAD + b"Date: Mon, 1 Jan 2020 10:00:00 +9999999999999999\r\n\r\nhi",
    "file name": HEAD + b"Content-Disposition: attachment; filename*0*=utf-16''%00\r\n\r\nhi",
    "empty": b"",
}
LONG = {
    "tags": "<a" * 500_000,
    "comments": "<!--" * 250_000,
    "sections": "<![CDATA[" * 100_000,
    "orders": "<?" * 500_000,
    "ends": "</a " * 250_000,
    "numbers": "&#" + "1" * 500_000 + ";",
}


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_odd_mails_are_read_as_far_as_they_can_be(raw: bytes) -> None:
    letter = letter_of(raw)
    letter.text.encode()
    if raw:
        assert (letter.authors, letter.subject) == (("lena@example.org",), "Hello")


@pytest.mark.parametrize("html", LONG.values(), ids=LONG)
def test_long_markup_is_read_in_one_go(html: str) -> None:
    readable(html).encode()


def test_what_a_person_reads_of_html() -> None:
    html = "<style>p{}</style><p>1 &lt; 2 <!-- no > way --><script>x<y</script>&amp; <b>bold</b><br>3 < 4"
    assert readable(html) == "1 < 2 & bold\n3 < 4"


def test_two_authors_are_none() -> None:
    assert letter_of(b"From: lena@example.org\r\nFrom: eve@evil.example\r\n\r\nhi").authors == ()
    assert letter_of(b"From: eve@evil.example" + b" " * 5_000 + b"\r\nFrom: lena@example.org\r\n\r\nhi").authors == ()


def test_the_head_is_read_without_the_rest() -> None:
    assert (head_of(HEAD + b"\r\nhi").subject, head_of(HEAD + b"\r\nhi").text.strip()) == ("Hello", "")


def test_many_quoted_lines_are_told_apart_in_one_go() -> None:
    words = words_of(">\n" * 200_000 + "mine")
    assert words.own == "mine"


@pytest.mark.parametrize("charset", ["idna", "undefined", "zlib", "no-such-charset"])
def test_a_charset_that_is_none_stops_no_mail(charset: str) -> None:
    letter = letter_of(f"From: a@example.org\nContent-Type: text/plain; charset={charset}\n\nHello".encode())

    assert letter.text == "Hello"
