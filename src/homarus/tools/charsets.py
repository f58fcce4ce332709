"""Which charset bytes are in: by what they claim, read as the programs that claim it mean it, else by the letters.

Names on the wire are often of the smaller set: who says GB2312, Shift_JIS or ISO-8859-1 mostly writes their supersets
(as the WHATWG encoding standard has it).
"""

import re
from collections.abc import Callable
from typing import TypeAlias

_SUPERSETS = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "ksc5601": "cp949",
    "big5": "big5hkscs",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "iso-2022-jp": "iso2022_jp_ext",
}
_LOOKED_AT = 64 << 10
_ESCAPES = re.compile(rb"\x1b\$[@B]|\x1b\([JI]")
_RUNS = re.compile(rb"[\x80-\xff]+")
_WORDS = re.compile(rb"[A-Za-z]")
_ENOUGH = 0.7
_FEWEST = 2
_LONG_RUN = 3.0
_KOREAN = frozenset("이다는의에을를가고하도지한은로기사요니")
"""Syllables without which hardly any Korean sentence is."""
_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёії")

_Common: TypeAlias = Callable[[str], bool]


def decoded(content: bytes, claimed: str) -> str:
    """Return bytes as text: by the charset they claim, else UTF-8, else by what their letters look like."""
    name = claimed.strip().strip("\"'").lower()
    tried = (_SUPERSETS.get(name, name), "" if _ESCAPES.search(content[:_LOOKED_AT]) else "utf-8")
    for charset in tried:
        try:
            if charset:
                return content.decode(charset)
        except (LookupError, ValueError):
            continue
    return content.decode(guessed(content), "replace")


def guessed(content: bytes) -> str:
    """Return the charset that bytes which are not UTF-8 are in, as their letters tell; a Western one without a sign."""
    head = content[:_LOOKED_AT]
    if _ESCAPES.search(head):
        return "iso2022_jp_ext"
    runs = _RUNS.findall(head)
    if not runs:
        return "cp1252"
    best, most = "cp1252", _ENOUGH
    for name, is_common in _CANDIDATES:
        if name == "cp949" and not _KOREAN.intersection(head.decode(name, "ignore")):
            continue  # the same bytes are Chinese words as well
        share = _share(head, name, is_common)
        if share > most:
            best, most = name, share
    high = sum(map(len, runs))
    is_foreign = high / len(runs) >= _LONG_RUN or high > len(_WORDS.findall(head)) * 3
    return best if best.startswith(("cp932", "gb", "cp949", "big5")) or is_foreign else "cp1252"


def _share(head: bytes, name: str, is_common: _Common) -> float:
    """Say how many of the letters beyond ASCII are everyday ones; zero when the bytes are not of this charset."""
    try:
        text = head.decode(name)
    except UnicodeDecodeError as error:
        if len(head) < _LOOKED_AT or error.start < len(head) - 4:
            return 0.0
        text = head[: error.start].decode(name)
    letters = [letter for letter in text if letter > "\x7f"]
    return sum(map(is_common, letters)) / len(letters) if len(letters) >= _FEWEST else 0.0


def _lead(letter: str, charset: str) -> int:
    try:
        return letter.encode(charset)[0]
    except (UnicodeEncodeError, IndexError):
        return 0


def _japanese(letter: str) -> bool:
    return "\u3000" <= letter <= "\u30ff" or 0x88 <= _lead(letter, "shift_jis") <= 0x97  # noqa: PLR2004 - the first plane


def _chinese(letter: str) -> bool:
    return 0xB0 <= _lead(letter, "gb2312") <= 0xD7 or letter in "，。：；！？、（）“”《》"  # noqa: PLR2004, RUF001 - the first plane


def _taiwanese(letter: str) -> bool:
    return 0xA4 <= _lead(letter, "big5") <= 0xC6 or letter in "，。：；！？、（）「」"  # noqa: PLR2004, RUF001 - the first plane


def _korean(letter: str) -> bool:
    return "\uac00" <= letter <= "\ud7a3"


def _russian(letter: str) -> bool:
    return letter in _CYRILLIC


_CANDIDATES: tuple[tuple[str, _Common], ...] = (
    ("cp932", _japanese),
    ("cp949", _korean),
    ("gb18030", _chinese),
    ("big5hkscs", _taiwanese),
    ("cp1251", _russian),
    ("koi8-r", _russian),
    ("cp866", _russian),
)
