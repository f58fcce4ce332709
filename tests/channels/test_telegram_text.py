from hypothesis import given
from hypothesis import strategies as st

from homarus.channels.telegram_text import MOST_UNITS, pieces_of, read, units


def marked(markdown: str) -> list[tuple[str, str]]:
    piece = read(markdown)
    raw = piece.text.encode("utf-16-le")
    return [(one.kind, raw[2 * one.begin : 2 * one.end].decode("utf-16-le")) for one in piece.stretches]


def test_marks_become_stretches() -> None:
    assert marked("🦞 **bold *both*** ~~gone~~ `code`") == [
        ("bold", "bold both"),
        ("italic", "both"),
        ("strikethrough", "gone"),
        ("code", "code"),
    ]
    assert marked("# Title\n\n> said\n\n```py\nx = 1\n```") == [
        ("bold", "Title"),
        ("blockquote", "said"),
        ("pre", "x = 1"),
    ]


def test_lists_and_tables_stay_readable() -> None:
    assert read("1. one\n2. two\n   - sub\n\nAfter").text == "1. one\n2. two\n  • sub\n\nAfter"
    assert read("|a|bb|\n|-|-|\n|1|2|").text == "a  bb\n1  2"


def test_an_address_stands_where_everybody_reads_it() -> None:
    assert read("[your bank](https://evil.example/x)").text == "your bank (https://evil.example/x)"
    assert read("<https://example.org>").text == "https://example.org"
    assert read("![pic](https://evil.example/p.png)").text == "pic (https://evil.example/p.png)"


def test_markup_that_nobody_closed_is_text() -> None:
    assert read("a * b _ c <b> [x](y").text == "a * b _ c <b> [x](y"


def test_code_that_is_split_stays_code() -> None:
    pieces = pieces_of("```\n" + "line of code\n" * 600 + "```")
    assert len(pieces) > 1
    assert all(piece.stretches[0].kind == "pre" for piece in pieces)


@given(st.text(max_size=400), st.integers(min_value=5, max_value=60))
def test_every_piece_fits_and_every_stretch_lies_inside(text: str, limit: int) -> None:
    pieces = pieces_of(text, limit=limit)
    for piece in pieces:
        assert 0 < units(piece.text) <= min(limit, MOST_UNITS)
        assert all(0 <= one.begin < one.end <= units(piece.text) for one in piece.stretches)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(read(text).text.split())
