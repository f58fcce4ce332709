"""Hold prose against facts: a sentence whose figure, quotation, address or fact id has no support is taken out.

With ids in a sentence (`[f12]`), its figures must be those of the facts it names; without ids, of a fact whose name
the sentence speaks of. When the words around a figure fit another fact better, which has another value, the figure is
taken to be swapped. What is checked how, and what is not, stands in docs/explanation/honest-numbers.md.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from homarus.domain.findings import Claim, ClaimState, Fact
from homarus.domain.i18n import _
from homarus.domain.playbooks import Prose
from homarus.playbooks.core.carried import Carried, Place, ratio_of_two, same_time
from homarus.playbooks.core.figures import Figure, FigureKind, figures_in, shown
from homarus.playbooks.core.fitting import fit, is_other_measure, words_of
from homarus.playbooks.core.known import Known
from homarus.playbooks.core.quoting import Quotation, occurs, plain, quotations_in
from homarus.playbooks.core.sentences import Sentence, joined, sentences_in

IDS = re.compile(r"[\[(]\s*[fF]\d+(?:\s*[,;/]\s*[fF]\d+)*\s*[\])]")
_ID = re.compile(r"[fF]\d+")
_ADDRESS = re.compile(
    r"(?:\w{2,10}:)?//[^\s<>()\[\]\"'“”]+|(?<![\w@.])www\.[^\s<>()\[\]\"'“”]+"
    r"|(?<![\w.+-])[\w+-][\w.+-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
    r"|(?<![\w@./-])(?:[\w-]{1,63}\.){1,4}[a-z]{2,20}/[^\s<>()\[\]\"'“”]+",
    re.IGNORECASE,
)
"""Of pages and people, also without `https://`: programs make links of all of them."""
_ORDER = re.compile(
    r"\b(?:step|steps|schritt|section|abschnitt|chapter|kapitel|option|punkt|point|nr\.?|no\.|number|nummer|item|phase|"
    r"table|tabelle|figure|abbildung|part|teil|page|seite|question|frage|expert|prio(?:rity|rität)?|level|version|top)\s*#?$",
    re.IGNORECASE,
)
_OWN_PARTS = re.compile(
    r"\s+(?:steps|things|options|points|reasons|ways|ideas|recommendations|schritte|punkte|gründe|wege|ideen|dinge|"
    r"empfehlungen)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,;:]\s+|\s+(?:and|und|while|whereas|während|but|aber|versus|vs\.?|compared to|against|gegenüber|than|als)\s+",
    re.IGNORECASE,
)
_FEW = 31


def check(
    text: str,
    facts: Sequence[Fact],
    *,
    texts: Mapping[str, str] = {},
    may_have: Sequence[str] = (),
    by: str = "",
    step: str,
    known: Known | None = None,
) -> Prose:
    """Return the text without the sentences that nothing supports, and what became of each that claims something.

    `texts` are the readable texts of snapshots, by their hash; `may_have` needs no support, as the owner's question.
    `known` is what earlier checks of the run worked out: it saves time and judges nothing.
    """
    guard = _guard(facts, texts, may_have, known or Known())
    clean = "".join(letter for letter in text if letter not in _INVISIBLE)
    kept: list[Sentence] = []
    marked: list[Sentence] = []
    claims: list[Claim] = []
    dropped: set[int] = set()
    for number, sentence in enumerate(sentences_in(clean)):
        verdict = guard.judge(sentence)
        if verdict is not None:
            claims.append(replace(verdict, claim_id=f"{step}:{number}", by=by))
        if verdict is None or verdict.state is ClaimState.SUPPORTED:
            bare = without_ids(sentence.text)
            kept.append(replace(sentence, text=bare))
            marked.append(replace(sentence, text=_with_ids(bare, verdict.support if verdict else ())))
        else:
            dropped.add(sentence.line)
    return Prose(text=joined(kept, dropped), marked=joined(marked, dropped), claims=tuple(claims))


_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e")


def without_ids(text: str) -> str:
    """Return a sentence without its fact ids."""
    bare = re.sub(r"\s*" + IDS.pattern, "", text)
    return re.sub(r"\s+([.,;:!?])", r"\1", bare) if bare != text else text


def _with_ids(text: str, ids: Sequence[str]) -> str:
    """Return a sentence with its fact ids before its last mark; a row of a table stays as it is."""
    if not ids or text.lstrip().startswith("|"):
        return text
    bare = text.rstrip(".!?:;")
    return f"{bare} {' '.join(f'[{one}]' for one in ids)}{text[len(bare) :]}"


class _Guard:
    """Everything that may be printed."""

    def __init__(self, facts: Sequence[Carried], texts: Mapping[str, str], may_have: Sequence[str]) -> None:
        self._facts = {one.fact.fact_id: one for one in facts}
        self._texts = texts
        self._free = [figure for one in may_have for figure in figures_in(one)]
        self._said = [plain(one) for one in may_have]

    @property
    def _sources(self) -> Iterator[str]:
        """Everything that may be quoted."""
        yield from self._texts.values()
        for one in self._facts.values():
            yield from one.quotable
        yield from self._said

    @property
    def _spoken(self) -> Iterator[str]:
        """Everything that addresses and names are looked up in, in small letters."""
        yield from (one.spoken for one in self._facts.values())
        yield from (text.lower() for text in (*self._said, *self._texts.values()))

    def judge(self, sentence: Sentence) -> Claim | None:
        """Return what becomes of a sentence; `None` when it claims nothing that can be looked up."""
        ids = tuple(dict.fromkeys(one.lower() for mark in IDS.findall(sentence.text) for one in _ID.findall(mark)))
        bare = IDS.sub(lambda match: " " * len(match.group()), sentence.text)
        quotations = quotations_in(bare)
        if sentence.is_quoted and bare.strip() and not quotations:
            quotations = [Quotation(start=0, end=len(bare), words=bare)]
        addresses = list(_ADDRESS.finditer(bare))
        hidden = [*((one.start, one.end) for one in quotations), *(one.span() for one in addresses)]
        figures = [one for one in figures_in(bare) if not any(a <= one.start < b for a, b in hidden)]
        figures = [one for one in figures if not _is_order(one, bare)]
        if not (ids or quotations or addresses or figures):
            return None
        found: dict[str, None] = {}
        problem = (
            self._unknown_id(ids)
            or self._unknown_words(quotations, ids)
            or next((self._unknown_address(one.group()) for one in addresses if self._unknown_address(one.group())), "")
            or self._unknown_figure(figures, shown(bare), ids, found)
        )
        state = ClaimState.REJECTED if problem else ClaimState.SUPPORTED
        support = ids or (tuple(found) if not problem else ())
        return Claim(claim_id="", text=sentence.text.strip(), support=support, state=state, because=problem)

    def _unknown_id(self, ids: Iterable[str]) -> str:
        lost = next((one for one in ids if one not in self._facts), None)
        return _("There is no fact {id}.").format(id=lost) if lost else ""

    def _unknown_words(self, quotations: list[Quotation], ids: tuple[str, ...]) -> str:
        for quotation in quotations:
            sources: Iterable[str] = self._sources
            named = [self._facts[one] for one in ids]
            if named and any(one.fact.grounds.snapshot in self._texts for one in named):
                read = [
                    self._texts[snapshot] for one in named if (snapshot := one.fact.grounds.snapshot) in self._texts
                ]
                stated = [part for one in named for part in (one.quotable[0], one.quotable[1])]
                sources = [*read, *stated, *self._said]
            if not occurs(quotation.words, sources):
                return _("“{words}” stands in no source.").format(words=quotation.words[:80])
        return ""

    def _unknown_address(self, address: str) -> str:
        plain_address = address.rstrip(".,;:!?").lower()
        shortest = plain_address.rstrip("/")
        if any(shortest in text for text in self._spoken):
            return ""
        return _("{address} was never read.").format(address=address[:120])

    def _unknown_figure(
        self, figures: list[Figure], sentence: str, ids: tuple[str, ...], found: dict[str, None]
    ) -> str:
        """Return why a figure may not stand; else note in `found` which facts they stand on."""
        for figure in figures:
            if self._is_free(figure):
                continue
            place = Place(figure=figure, sentence=sentence)
            problem = self._of_named(place, ids, figures) if ids else self._of_any(place, figures, found)
            if problem:
                return problem
        return ""

    def _is_free(self, figure: Figure) -> bool:
        for one in self._free:
            if figure.kind in (FigureKind.DATE, FigureKind.TIME) or one.kind in (FigureKind.DATE, FigureKind.TIME):
                if same_time(figure, one):
                    return True
            elif figure.kind is FigureKind.NAME:
                if figure.text.lower() == one.text.lower():
                    return True
            elif set(figure.values) & set(one.values) and figure.unit == one.unit and figure.kind is one.kind:
                return True
        return False

    def _of_named(self, place: Place, ids: tuple[str, ...], figures: list[Figure]) -> str:
        named = [self._facts[one] for one in ids]
        if place.figure.kind is FigureKind.RATIO and ratio_of_two(place.figure, named):
            return ""
        if self._is_said(place.figure, named):
            return ""
        carriers = [one for one in named if one.carries(place)]
        if not carriers:
            return _("{figure!r} is not what {ids} say.").format(figure=place.figure.text, ids=", ".join(ids))
        problems = [self._misfit(one, place, figures, is_named=True) for one in carriers]
        return "" if "" in problems else problems[0]

    def _of_any(self, place: Place, figures: list[Figure], found: dict[str, None]) -> str:
        figure = place.figure
        everything = list(self._facts.values())
        if self._is_said(figure, everything):
            return ""
        carriers = [one for one in everything if one.carries(place)]
        if not carriers and figure.kind is FigureKind.RATIO:
            spoken = [one for one in everything if fit(one.name_words, place.words)]
            carriers_exist = len(spoken) == 2 and ratio_of_two(figure, spoken)  # noqa: PLR2004 - of two
            return "" if carriers_exist else _no_fact(figure)
        if not carriers:
            return _no_fact(figure)
        problems = [self._misfit(one, place, figures, is_named=False) for one in carriers]
        if "" not in problems:
            return problems[0]
        found[carriers[problems.index("")].fact.fact_id] = None
        return ""

    def _is_said(self, figure: Figure, facts: list[Carried]) -> bool:
        """Say whether a year, a date or a name is part of how a fact is called, and so of what is spoken about."""
        if figure.kind in (FigureKind.DATE, FigureKind.YEAR):
            return any(same_time(figure, one) for fact in facts for one in fact.dates)
        if figure.kind is FigureKind.NAME:
            name = figure.text.lower()
            pattern = re.compile(rf"(?<![\w]){re.escape(name)}(?![\w])")
            return any(name in text and pattern.search(text) is not None for text in self._spoken)
        return False

    def _misfit(self, fact: Carried, place: Place, figures: list[Figure], *, is_named: bool) -> str:
        """Say why a figure of this fact may not stand in these words; empty when it may."""
        fact_id = fact.fact.fact_id
        own = fact.name_words
        clause, whole = words_of(_clause(place)), place.words
        dates = [one for one in figures if one.kind in (FigureKind.DATE, FigureKind.YEAR) and one is not place.figure]
        is_dated = fact.dates and dates and place.figure.kind not in (FigureKind.DATE, FigureKind.TIME)
        if is_dated and not any(same_time(one, known) for one in dates for known in fact.dates):
            return _("{figure!r} is {name} ({id}), which is for another time.").format(
                figure=place.figure.text, name=fact.fact.name, id=fact_id
            )
        if not is_named and own and not fit(own, whole):
            return _("{figure!r} is known as {name} ({id}), which the sentence does not speak of.").format(
                figure=place.figure.text, name=fact.fact.name, id=fact_id
            )
        better = self._better(fact, place, clause if self._speaks(clause) else whole)
        if better is not None or (is_named and is_other_measure(own, clause or whole)):
            other = better.fact.name if better is not None else _("something else")
            return _("{figure!r} is {name} ({id}), and the words speak of {other}.").format(
                figure=place.figure.text, name=fact.fact.name, id=fact_id, other=other
            )
        return ""

    def _speaks(self, words: frozenset[str]) -> bool:
        return any(fit(one.name_words, words) for one in self._facts.values())

    def _better(self, fact: Carried, place: Place, words: frozenset[str]) -> Carried | None:
        """Return a fact of another value that these words fit better, if there is one."""
        mine = fit(fact.name_words, words)
        for other in self._facts.values():
            if fit(other.name_words, words) <= mine or not other.numbers or other.unit not in (fact.unit, ""):
                continue
            if not other.carries(place):
                return other
        return None


def _guard(facts: Sequence[Fact], texts: Mapping[str, str], may_have: Sequence[str], known: Known) -> _Guard:
    snapshots = (fact.grounds.snapshot for fact in facts if fact.grounds.snapshot)
    return _Guard([known.carried(fact) for fact in facts], known.texts(snapshots, texts), may_have)


def _no_fact(figure: Figure) -> str:
    return _("{figure!r} is in no fact.").format(figure=figure.text)


def _is_order(figure: Figure, sentence: str) -> bool:
    """Say whether a small number only counts steps, pages or options: `step 2`, `Option 3`."""
    is_small = figure.kind is FigureKind.NUMBER and not figure.unit and figure.values and figure.values[0] <= _FEW
    before, after = sentence[: figure.start].rstrip(), sentence[figure.end :]
    return bool(is_small) and (_ORDER.search(before) is not None or _OWN_PARTS.match(after) is not None)


def _clause(place: Place) -> str:
    """Return the part of the sentence that the figure stands in."""
    start, end = 0, len(place.sentence)
    for match in _CLAUSE.finditer(place.sentence):
        if match.end() <= place.figure.start:
            start = match.end()
        elif match.start() >= place.figure.end:
            end = match.start()
            break
    return place.sentence[start:end]
