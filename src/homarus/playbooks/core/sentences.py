"""Markdown into sentences, so that one can be taken out and the rest still reads."""

import re
from dataclasses import dataclass

_LINE = re.compile(
    r"^(?P<lead>\s*(?:#{1,6}\s+|>\s?|[-*+•]\s+(?:\[[ xX]\]\s+)?|\(?\d{1,3}[.)]\s+)*"
    r"(?:\d{1,2}(?:\.\d{1,2})*\.?\s+(?=[A-ZÄÖÜ]))?)(?P<text>.*)$"
)
_END = re.compile(r"[.!?…]+[\"'”“»’)*_\]]*\s+(?=[\"'“„«(\[*_]*[A-ZÄÖÜ0-9])")  # noqa: RUF001 - as people write
_IDS = re.compile(r"(?:[\[(]\s*[fF]\d+(?:\s*[,;/]\s*[fF]\d+)*\s*[\])][.,;]?\s*)+")
_SHORT = re.compile(
    r"(?:\b(?:z|u|d|i|s|o|e|vs|bzw|ca|etc|usw|inkl|exkl|ggf|evtl|mind|max|min|approx|No|Nr|St|Mr|Mrs|Ms|Dr|Prof|Inc|Ltd|Co|Mio|Mrd|Tsd"
    r"|Abs|Art|Bd|S|p|pp|Fig|Abb|Tab|Vol|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Okt|Nov|Dec|Dez|a\.m|p\.m|z\.\s?B|u\.\s?a|d\.\s?h|i\.\s?d|e\.g|i\.e"
    r"|[A-Z]))\.$"
)
_ORDINAL = re.compile(r"\b\d{1,2}\.$")
_AFTER_ORDINAL = re.compile(
    r"(?:Jan|Jän|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Quartal|Platz|Woche|Stelle|Rang|Monat|Tag|Jahr|Kalenderwoche|KW)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence with what stands around it."""

    lead: str
    """Of the first one in a line: its bullet, its number, its heading marks."""
    text: str
    gap: str
    """White space after it."""
    line: int
    is_quoted: bool = False
    """Whether the line is a block quotation."""


def sentences_in(text: str) -> list[Sentence]:
    """Return the sentences of a text in their order; put together again, they are the text."""
    found: list[Sentence] = []
    for number, line in enumerate(text.split("\n")):
        match = _LINE.match(line)
        lead, rest = (match["lead"], match["text"]) if match else ("", line)
        pieces = [rest] if rest.lstrip().startswith("|") else _split(rest)
        for at, piece in enumerate(pieces):
            bare = piece.rstrip()
            found.append(
                Sentence(
                    lead=lead if at == 0 else "",
                    text=bare,
                    gap=piece[len(bare) :],
                    line=number,
                    is_quoted=">" in lead,
                )
            )
    return found


def joined(kept: list[Sentence], dropped_lines: set[int]) -> str:
    """Return the text of the sentences that are left; a line of which nothing is left is gone."""
    lines: dict[int, str] = {}
    for sentence in kept:
        lines[sentence.line] = lines.get(sentence.line, "") + sentence.lead + sentence.text + sentence.gap
    out = [line.rstrip() for number, line in sorted(lines.items()) if line.strip() or number not in dropped_lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip("\n")


def _split(line: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for match in _END.finditer(line):
        end = match.end()
        if match.start() < start or _goes_on(line, match.start() + 1, end):
            continue
        ids = _IDS.match(line, end)
        end = ids.end() if ids else end
        pieces.append(line[start:end])
        start = end
    if start < len(line) or not pieces:
        pieces.append(line[start:])
    return pieces


def _goes_on(line: str, stop: int, after: int) -> bool:
    """Say whether a point is no end of a sentence: an abbreviation, or a day as in `3. November`."""
    before = line[:stop]
    if _SHORT.search(before) is not None:
        return True
    return _ORDINAL.search(before) is not None and _AFTER_ORDINAL.match(line, after) is not None
