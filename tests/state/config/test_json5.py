import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from homarus.state.config.json5 import parse
from homarus.state.config.nodes import Source, plain
from homarus.state.config.problems import FaultyFileError, Problem


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("{\n  a: 1\n  b: 2\n}", 3, "a comma"),
        ("{\n  port: 4667,\n  bind: \n}", 4, "a value"),
        ("{\n  a: 'never closed,\n}", 2, "quote"),
        ("{\n  a: [1, 2\n", 2, "`]`"),
        ("{\n a: {", 2, "`}`"),
        ("", 1, "nothing in it"),
        ("{} x", 1, "something follows"),
        ("{a: 1,, b: 2}", 1, "comma"),
        ("/* never closed", 1, "comment"),
    ],
)
def test_a_syntax_error_names_the_line_and_what_is_wrong(text: str, line: int, words: str) -> None:
    with pytest.raises(FaultyFileError) as caught:
        parse(Source("my.json5", text))

    assert caught.value.problem.where
    assert caught.value.problem.where.line == line
    assert f"my.json5:{line}:" in caught.value.message
    assert words in caught.value.message


def test_a_line_with_a_secret_is_not_shown() -> None:
    with pytest.raises(FaultyFileError) as caught:
        parse(Source("my.json5", "{apiKey: 'sk-very-secret' oops}"))

    assert "sk-very-secret" not in caught.value.message
    assert not caught.value.problem.excerpt


@pytest.mark.parametrize("bomb", ["[" * 100_000, "[" * 500 + "]" * 500, '{"a":' * 3000, "{a: " + "1" * 10_000 + "}"])
def test_a_bomb_is_a_sentence(bomb: str) -> None:
    with pytest.raises(FaultyFileError):
        parse(Source("bomb", bomb))


@given(st.text() | st.text(alphabet="{}[]:,'\"\\/*+-.0e \nau"))
@example("{a: 1}")
@example("\ufeff{}")
def test_any_text_gives_a_value_or_a_faulty_file(text: str) -> None:
    problem = _outcome(text)

    assert problem is None or (problem.where and problem.hint)


def _outcome(text: str) -> Problem | None:
    try:
        plain(parse(Source("any", text)))
    except FaultyFileError as error:
        return error.problem
    return None
