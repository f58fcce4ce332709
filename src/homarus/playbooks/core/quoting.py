"""Quotations: where they stand in prose, and whether their words stand in a source.

Words are compared letter by letter after this: composed forms (NFC), one space for any white space, one kind of quote,
dash and ellipsis, no soft hyphens and no invisible characters. Parts on both sides of an ellipsis must come in order.
"""

# ruff: noqa: RUF001 - quotation marks and dashes as people write them
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_MARKS = re.compile(
    r"“(?P<a>[^“”\n]{1,2000})”|„(?P<b>[^„“”\n]{1,2000})[“”]|\"(?P<c>[^\"\n]{1,2000})\"|«(?P<d>[^«»\n]{1,2000})»|"
    r"»(?P<e>[^«»\n]{1,2000})«|(?<!\w)‘(?P<f>[^‘’\n]{3,2000}(?:’\w[^‘’\n]*)*)’(?!\w)|(?<!\w)'(?P<g>[^'\n]{3,2000}(?:'\w[^'\n]*)*)'(?!\w)|"
    r"‚(?P<h>[^‚‘\n]{1,2000})‘|[❝〝＂](?P<i>[^❝❞〝〞＂\n]{1,2000})[❞〞＂]|[「『](?P<j>[^「」『』\n]{1,2000})[」』]|"
    r"‹(?P<k>[^‹›\n]{1,2000})›|›(?P<l>[^‹›\n]{1,2000})‹|<q>(?P<m>[^<\n]{1,2000})</q>|``(?P<n>[^`'\n]{1,2000})''"
)
_UNBALANCED = re.compile(r"[“„«»\"❝〝＂「『]")
_GAP = re.compile(r"\s*(?:\[\s*)?(?:\.\.\.|…)(?:\s*\])?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Words in quotation marks."""

    start: int
    end: int
    words: str


def quotations_in(text: str) -> list[Quotation]:
    """Return the quotations of a sentence; a mark that never closes quotes everything after it."""
    found: list[Quotation] = []
    rest = 0
    for match in _MARKS.finditer(text):
        words = next(part for part in match.groups() if part is not None)
        found.append(Quotation(start=match.start(), end=match.end(), words=words))
        rest = match.end()
    left_open = _UNBALANCED.search(text, rest)
    if left_open is not None and text[left_open.end() :].strip():
        found.append(Quotation(start=left_open.start(), end=len(text), words=text[left_open.end() :]))
    return found


def plain(text: str) -> str:
    """Return a text as quotations are compared."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        unseen = {ord(letter): None for letter in set(text) if unicodedata.category(letter) == "Cf"}
        text = text.translate(unseen) if unseen else text
        text = re.sub(r"[“”„«»‟]", '"', text)
        text = re.sub(r"[‘’‚‛´]", "'", text)
        text = re.sub(r"[‐‑‒–—―−]", "-", text).replace("…", "...")
    return re.sub(r"\s+", " ", text.replace("`", "'")).strip()


def occurs(words: str, sources: Iterable[str]) -> bool:
    """Say whether words stand in one of the sources; these are plain already."""
    parts = [plain(part) for part in _GAP.split(words)]
    parts = [part.rstrip(",.;:") if number == len(parts) - 1 else part for number, part in enumerate(parts)]
    parts = [part for part in parts if part]
    return bool(parts) and any(_in_order(parts, source) for source in sources)


def _in_order(parts: list[str], source: str) -> bool:
    at = 0
    for part in parts:
        at = source.find(part, at)
        while at >= 0 and _is_inside_word(source, at, at + len(part)):
            at = source.find(part, at + 1)
        if at < 0:
            return False
        at += len(part)
    return True


def _is_inside_word(source: str, start: int, end: int) -> bool:
    """Say whether a finding begins or ends in the middle of a word or a number: `12` is not quoted from `312`."""
    is_cut_left = start > 0 and source[start].isalnum() and source[start - 1].isalnum()
    is_cut_right = end < len(source) and source[end - 1].isalnum() and source[end].isalnum()
    return is_cut_left or is_cut_right
