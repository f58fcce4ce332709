"""Read the whole configuration: the owner's file, what it includes, and what pages and commands changed on top."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from pydantic import BaseModel

from homarus.domain.content import JsonObject
from homarus.domain.i18n import _
from homarus.domain.settings import Settings
from homarus.state.config.disarm import disarm
from homarus.state.config.files import Disk, Shelf, load
from homarus.state.config.keys import spell
from homarus.state.config.nodes import Node, Origin, Source, find, merge, plain, walk
from homarus.state.config.problems import FaultyFileError, Problem, Severity, Where
from homarus.state.config.references import secrets_of
from homarus.state.config.schema import Sections
from homarus.state.config.shape import finish, shape
from homarus.state.config.substitute import Secrets, Substitution, dotenv, variables_of
from homarus.state.config.unused import merged
from homarus.state.config.validate import validate

OWNERS_FILE = "homarus.json5"
UI_FILE = "homarus.ui.json5"
_REPEATS_UP_TO_CHARS = 256 * 1024
FindSections = Callable[[JsonObject], Sections]
"""Says which types the sections of channels or sources have, by what stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to read, and with which eyes."""

    home: Path
    files: tuple[Path, ...]
    """Lower ones first."""
    required: bool = False
    """Whether the first file must be there."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    sections: Sections = field(default_factory=dict[str, type[BaseModel]])
    find_sections: FindSections | None = None
    find_sources: FindSections | None = None
    secrets: Secrets | None = None
    """Looks references up; without one, variables and files below the home are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the files say."""

    settings: Settings | None
    """`None` when something is so wrong that they cannot be used."""
    extra: Mapping[str, BaseModel]
    tree: Node
    """In the canonical shape, with variables put in: it holds secrets."""
    problems: tuple[Problem, ...]
    variables: Mapping[str, str]


def read(ask: Ask, shelf: Shelf) -> Reading:
    """Read, merge, substitute and check; whatever is wrong is a problem, never an exception."""
    problems: list[Problem] = []
    tree = Node(value={}, origin=Origin(source=Source(str(ask.files[0]), "")))
    for path in ask.files:
        try:
            loaded = load(path, shelf, problems)
        except FaultyFileError as error:
            problems.append(error.problem)
            continue
        if loaded is None:
            problems += _missing(path) if ask.required and path == ask.files[0] else ()
            continue
        problems += _repeated(loaded)
        tree = merge(tree, shape(loaded))
    variables = _variables(ask, tree, problems)
    missing: list[Problem] = []
    tree = _substituted(ask, tree, variables, missing)
    disarmed = disarm(tree)
    tree = finish(disarmed.tree)
    apart = {**_found(ask.find_sections, tree, "channels"), **_found(ask.find_sources, tree, "sources")}
    validated = validate(tree, {**ask.sections, **apart}, apart=apart)
    problems += [*missing, *disarmed.problems, *validated.problems]
    usable = not any(problem.severity is Severity.ERROR for problem in problems)
    return Reading(
        settings=validated.settings if usable else None,
        extra=validated.extra,
        tree=tree,
        problems=tuple(merged(problems, missing)),
        variables=variables,
    )


def _found(find_types: FindSections | None, tree: Node, name: str) -> Sections:
    written = find(tree, (name,))
    if find_types is None or written is None or not isinstance(written.value, dict):
        return {}
    return find_types(cast("JsonObject", plain(written)))


def _missing(path: Path) -> list[Problem]:
    sentence = _("There is no configuration file {path}.").format(path=path)
    hint = _("Give the path of a file, or leave --config out.")
    return [Problem(severity=Severity.ERROR, sentence=sentence, hint=hint, where=Where(file=str(path)))]


def _variables(ask: Ask, tree: Node, problems: list[Problem]) -> Mapping[str, str]:
    """Return the variables: the process's own win over `.env`, that wins over the file's `env.vars`."""
    try:
        text = Disk().read(ask.home / ".env") or ""
    except FaultyFileError as error:
        problems.append(replace(error.problem, severity=Severity.WARNING))
        text = ""
    return {**variables_of(tree), **dotenv(text), **ask.environment}


def _substituted(ask: Ask, tree: Node, variables: Mapping[str, str], problems: list[Problem]) -> Node:
    lookup: Secrets = ask.secrets or secrets_of(ask.home, variables)
    run = Substitution(variables=variables, secrets=lookup, providers=find(tree, ("secrets", "providers")))
    result = run.apply(tree)
    problems += run.problems
    return result if result is not None else tree.with_value({})


def _repeated(tree: Node) -> list[Problem]:
    """Name keys that stand twice in one object, in every file that is small enough to be written by hand."""
    found: list[Problem] = []
    for source in _sources(tree):
        if len(source.text) > _REPEATS_UP_TO_CHARS:
            continue
        for repeat in source.places.repeated:
            key = spell(repeat.path)
            where = Where(file=source.name, line=repeat.last.line, column=repeat.last.column)
            sentence = _("{key!r} is written twice ({where}, and on line {first}); the last one counts.")
            found.append(
                Problem(
                    severity=Severity.WARNING,
                    sentence=sentence.format(key=key, where=where, first=repeat.first.line),
                    hint=_("Take one of the two out."),
                    key=key,
                    where=where,
                )
            )
    return found


def _sources(tree: Node) -> list[Source]:
    found = {id(spot.node.origin.source): spot.node.origin.source for spot in walk(tree)}
    return list(found.values())
