"""Letters that came in halves: some servers cut the UTF-16 pair of an emoji, and a half cannot be written down."""

from homarus.domain.content import Json

_HALVES = (0xD800, 0xDFFF)
_FIRST = (0xD800, 0xDBFF)


def whole_letters(text: str) -> str:
    """Return a text whose halves are put together; a half without its other half becomes U+FFFD."""
    if not any(_HALVES[0] <= ord(letter) <= _HALVES[1] for letter in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def halved(text: str) -> tuple[str, str]:
    """Return what is whole of a text, and the first half of a letter at its end."""
    if text and _FIRST[0] <= ord(text[-1]) <= _FIRST[1]:
        return whole_letters(text[:-1]), text[-1]
    return whole_letters(text), ""


def all_whole(value: Json) -> Json:
    """Return a JSON value in which every text and every name has whole letters only."""
    if isinstance(value, str):
        return whole_letters(value)
    if isinstance(value, list):
        return [all_whole(item) for item in value]
    if isinstance(value, dict):
        return {whole_letters(key): all_whole(item) for key, item in value.items()}
    return value
