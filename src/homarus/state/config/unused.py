"""Say once that a section is not used: what its variables and secrets miss changes nothing here."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from homarus.domain.i18n import _
from homarus.state.config.problems import Problem, Severity


def merged(problems: Iterable[Problem], missing: Collection[Problem]) -> Iterator[Problem]:
    """Yield the problems, with variables and secrets that an unused section misses as part of the note about it.

    What would weaken the house stays a warning wherever it stands: its owner counts on it.
    """
    found = list(problems)
    notes = [problem.key for problem in found if problem.severity is Severity.NOTE]
    inside: dict[str, list[str]] = {}
    for problem in missing:
        section = next((key for key in notes if _is_below(problem.key, key)), "")
        if section:
            inside.setdefault(section, []).append(problem.key[len(section) :].lstrip("."))
    for problem in found:
        if problem.severity is Severity.NOTE and problem.key in inside:
            yield _with(problem, inside[problem.key])
        elif problem not in missing or not any(_is_below(problem.key, key) for key in inside):
            yield problem


def _is_below(key: str, section: str) -> bool:
    return key.startswith((f"{section}.", f"{section}["))


def _with(note: Problem, names: list[str]) -> Problem:
    said = _("{sentence} Nothing is put in for: {names}.")
    return replace(note, sentence=said.format(sentence=note.sentence, names=", ".join(dict.fromkeys(names))))
