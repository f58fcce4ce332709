"""An agent under test, as a file says: how it is configured, asked and read. The same for homarus and for others.

A TOML (or JSON) file with these members; text is a Jinja template where it says so:

    name, about, limit_s         what it is called, what was tried, how long one turn may take (90)
    speaks                       the protocols that it can be configured for (`openai-completions`, `ollama`)
    [environment]                further variables, templates; only PATH and HOME are there besides
    [[files]] path, text         written before it is asked, templates
    [commands] ask, ...          argument lists, templates: `ask` is needed; `models`, `doctor`, `pin`, `stop`, `run`
    [reply] json, ignore         where in a JSON answer the words stand (dotted); lines of the output that are no words
    [tools]                      "files.write" = { name = "write", arguments = { path = "file" } }
    workspace                    where its files are (a template)

Templates know: home, workspace, port, bin, root, first, second (or none), settings, text, session, model.
"""

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from benchmarks.figures import ROOT
from homarus.domain.errors import UsageError

OURS = ROOT / "examples" / "quirk-agents" / "homarus.toml"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolName:
    """What an agent calls a tool of a scenario."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent's command line."""

    name: str
    commands: Mapping[str, tuple[str, ...]]
    about: str = ""
    limit_s: float = 90.0
    speaks: tuple[str, ...] = ("openai-completions",)
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    workspace: str = "{{ home }}/workspace"
    json_path: str = ""
    ignore: str = ""
    tools: Mapping[str, ToolName] = field(default_factory=dict[str, ToolName])

    def rendered(self, name: str, known: Mapping[str, Any]) -> tuple[str, ...]:
        """Return a command with its places filled in; arguments that come out empty are left out."""
        words = (render(word, known) for word in self.commands[name])
        return tuple(word for word in words if word)

    def words_of(self, output: str) -> str:
        """Return the answer in what a command printed."""
        text = self.without_banners(output)
        return (_picked(text, self.json_path) if self.json_path else text).strip()

    def without_banners(self, text: str) -> str:
        """Return what a command printed without the lines that say nothing of the turn."""
        if not self.ignore:
            return text
        return "\n".join(line for line in text.splitlines() if not re.search(self.ignore, line))


def read(path: Path) -> Agent:
    """Return the agent that a file describes.

    Raises:
        UsageError: when the file cannot be read or has no command to ask.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{str(path)!r} is no description of an agent: {error}.", hint="See examples/quirk-agents/."
        ) from error
    commands = {name: tuple(map(str, words)) for name, words in found.get("commands", {}).items()}
    if "ask" not in commands:
        raise UsageError(
            f"{str(path)!r} does not say how to ask.", hint='Add [commands] ask = ["program", "{{ text }}"].'
        )
    reply = found.get("reply", {})
    return Agent(
        name=str(found.get("name", path.stem)),
        about=str(found.get("about", "")),
        commands=commands,
        limit_s=float(found.get("limit_s", 90.0)),
        speaks=tuple(map(str, found.get("speaks", ("openai-completions",)))),
        environment={name: str(value) for name, value in found.get("environment", {}).items()},
        files={str(file["path"]): str(file["text"]) for file in found.get("files", [])},
        workspace=str(found.get("workspace", "{{ home }}/workspace")),
        json_path=str(reply.get("json", "")),
        ignore=str(reply.get("ignore", "")),
        tools={name: ToolName(**value) for name, value in found.get("tools", {}).items()},
    )


def render(template: str, known: Mapping[str, Any]) -> str:
    """Fill in the places of a template; an unknown name is an error."""
    from jinja2 import Environment, StrictUndefined

    made = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - no HTML
    return made.from_string(template).render(known)


def plain(text: str) -> str:
    """Return what a terminal was sent without its control sequences."""
    return _ANSI.sub("", text)


def here() -> dict[str, str]:
    """Return what templates know of this machine."""
    return {"bin": str(Path(sys.executable).parent), "root": str(ROOT), "python": sys.executable}


def _picked(text: str, path: str) -> str:
    """Return the string at a dotted place of the last JSON object in a text; nothing when there is none."""
    start = text.find("{")
    try:
        value: object = json.loads(text[start:]) if start >= 0 else None
    except ValueError:
        return ""
    for part in path.split("."):
        if isinstance(value, list):
            items = cast("list[object]", value)
            value = items[int(part)] if part.isdigit() and int(part) < len(items) else None
        else:
            value = cast("dict[str, object]", value).get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
