"""Put variables and secrets in the place of `${NAME}` and of references to secrets."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from homarus.domain.i18n import _
from homarus.state.config.keys import spell
from homarus.state.config.nodes import Node, find
from homarus.state.config.problems import Problem, Severity
from homarus.state.config.scanner import KeyPath

_VARIABLE = re.compile(r"\$(\$?)\{([A-Z_][A-Z0-9_]*)\}")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*\Z")
_SOURCES = frozenset({"env", "file", "exec", "store"})
_MOST_PROBLEMS = 100
_REF_KEYS = frozenset({"source", "provider", "id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A secret that is kept elsewhere."""

    source: str
    """`env`, `file` or `store`."""
    id: str
    provider: str = "default"
    path: Path | None = None
    """The file of a `file` provider, where the configuration names one."""


Secrets = Callable[[Reference], str | None]
"""Returns what a reference stands for, `None` when there is nothing."""


def dotenv(text: str) -> dict[str, str]:
    """Read `NAME=value` lines; quotes, `export` and comments as shells have them, nothing is expanded."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = None if line.lstrip().startswith("#") else _ASSIGNMENT.match(line)
        if match:
            found[match[1]] = _unquoted(match[2])
    return found


def _unquoted(value: str) -> str:
    for quote in "\"'":
        if value.startswith(quote):
            closing = value.find(quote, 1)
            return value[1:closing] if closing > 0 else value[1:]
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip()


def variables_of(tree: Node) -> dict[str, str]:
    """Return the variables that the configuration itself sets, in `env.vars` and directly in `env`."""
    section = find(tree, ("env",))
    if section is None:
        return {}
    named = section.members.get("vars")
    both = {**section.members, **(named.members if named else {})}
    return {name: node.value for name, node in both.items() if isinstance(node.value, str)}


class Substitution:
    """One pass over a tree; `problems` tells what could not be put in."""

    def __init__(self, *, variables: Mapping[str, str], secrets: Secrets, providers: Node | None) -> None:
        """Take the variables in order of precedence, and `secrets.providers` of the configuration."""
        self._variables = variables
        self._secrets = secrets
        self._providers = providers
        self.problems: list[Problem] = []

    def apply(self, node: Node, path: KeyPath = ()) -> Node | None:
        """Return the tree with everything put in; `None` when this value counts as not set."""
        if isinstance(node.value, str):
            return self._text(node, node.value, path)
        if isinstance(node.value, list):
            items = [self.apply(item, (*path, index)) for index, item in enumerate(node.value)]
            return node.with_value([item for item in items if item is not None])
        if not isinstance(node.value, dict):
            return node
        source = node.value.get("source")
        if source and "id" in node.value and node.value.keys() <= _REF_KEYS and source.scalar in _SOURCES:
            return self._reference(node, path)
        members = {key: self.apply(item, (*path, key)) for key, item in node.value.items()}
        return node.with_value({key: item for key, item in members.items() if item is not None})

    def _text(self, node: Node, text: str, path: KeyPath) -> Node | None:
        missing: list[str] = []

        def put(match: re.Match[str]) -> str:
            if match[1]:
                return match[0][1:]
            value = self._variables.get(match[2])
            if not value:
                missing.append(match[2])
            return value or ""

        if "${" not in text:
            return node
        result = _VARIABLE.sub(put, text)
        if not missing:
            return node.with_value(result)
        self._missing_variable(node, path, missing[0])
        return None

    def _missing_variable(self, node: Node, path: KeyPath, name: str) -> None:
        self._add(
            node,
            path,
            _("{key!r} needs the variable {name}, which is not set ({where}); the setting counts as not set."),
            _("Put {name}=... into the .env file of the homarus folder, or set it where the gateway starts."),
            name=name,
        )

    def _reference(self, node: Node, path: KeyPath) -> Node | None:
        fields = {key: str(item.scalar or "") for key, item in node.members.items()}
        if fields["source"] == "exec":
            self._add(
                node,
                path,
                _("{key!r} would run a program to get a secret ({where}); homarus reads that and does not follow it."),
                _("Use the source `env`, `file` or `store` for it."),
            )
            return None
        provider = fields.get("provider") or "default"
        value = self._secrets(
            Reference(source=fields["source"], id=fields["id"], provider=provider, path=self._file_of(provider))
        )
        if value:
            return node.with_value(value)
        self._add(
            node,
            path,
            _("{key!r} refers to the secret {name!r}, and there is none ({where}); the setting counts as not set."),
            _("Provide it where the reference points, or write another reference."),
            name=fields["id"],
        )
        return None

    def _file_of(self, provider: str) -> Path | None:
        node = find(self._providers, (provider, "path")) if self._providers else None
        return Path(node.value).expanduser() if node and isinstance(node.value, str) else None

    def _add(self, node: Node, path: KeyPath, sentence: str, hint: str, *, name: str = "") -> None:
        if len(self.problems) >= _MOST_PROBLEMS:
            return
        key, where = spell(path), node.origin.where()
        self.problems.append(
            Problem(
                severity=Severity.WARNING,
                sentence=sentence.format(key=key, where=where, name=name),
                hint=hint.format(name=name),
                key=key,
                where=where,
            )
        )
