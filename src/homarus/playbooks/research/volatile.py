"""What changes every night and means nothing: dates, clocks, counts of visitors, advertisements, session numbers.

Such parts are taken out before lines of a page are compared; a line that consists of nothing else is not compared.
"""

import hashlib
import re
from collections.abc import Sequence

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez"
_TIMES = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}(?:[t ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?)?(?:z|[+-]\d{{2}}:?\d{{2}})?\b"
    rf"|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b|\b\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?[ap]m)?\b"
    rf"|\b\d{{1,2}}\.?\s(?:{_MONTHS})\w*\.?(?:\s\d{{4}})?\b|\b(?:{_MONTHS})\w*\.?\s\d{{1,2}},?(?:\s\d{{4}})?\b"
    rf"|\b\d+\s(?:second|minute|hour|day|week|month)s?\sago\b|\bvor\s\d+\s\w+\b|\b(?:today|yesterday|heute|gestern)\b"
)
_RESTLESS = re.compile(
    r"\bviews?\b|\bvisitors?\b|\blook(?:s|ing)? at this\b|\bpeople (?:are )?(?:look|watch|view)|\bonline now\b"
    r"|\badvert|\bsponsored\b|\banzeige\b|\b(?:last )?(?:updated|modified|refreshed|generated|built)\b|\bstand:"
    r"|©|\bcopyright\b|\bcookies?\b|\bsession\b|\bprice ?valid ?until\b|\bleft in stock\b|\bonly \d+ (?:left|people)\b"
    r"|\baufrufe\b|\bzuletzt (?:aktualisiert|geändert)\b"
)
_BLANKS = re.compile(r"\s+")


def lasting_lines(text: str, *, ignored: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the lines of a page that are compared, without what changes by itself."""
    kept: list[str] = []
    for line in text.splitlines():
        plain = _BLANKS.sub(" ", line.casefold()).strip(" |#-")
        if not plain or _RESTLESS.search(plain) or any(word.casefold() in plain for word in ignored):
            continue
        masked = _TIMES.sub("", plain).strip()
        if any(letter.isalnum() for letter in masked):
            kept.append(masked)
    return tuple(kept)


def short(text: str) -> str:
    """Return what is kept of a line or a text to compare it."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
