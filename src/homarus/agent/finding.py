"""Keep every tool within reach of a model that is told of only a few: it finds the rest by what they do.

`tool.find` answers from names, descriptions and words that mean the same, without a model; `tool.call` calls what was
found. Both go through `act.py`, where the policy judges the real tool, the card shows it and the receipt names it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from homarus.agent.rooms import AgentProfile, Tool
from homarus.domain.acts import Risk, ToolOutput, ToolTraits
from homarus.domain.content import JsonObject, ToolSpec
from homarus.domain.errors import ToolArgumentError
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE
from homarus.domain.tooling import ToolContext
from homarus.models.call_shapes import loose
from homarus.models.told_tools import signature

FIND, CALL = "tool.find", "tool.call"
SPECS: Mapping[str, ToolSpec] = {
    FIND: ToolSpec(
        name=FIND,
        description='Find further tools by what they do, as "edit a file".',
        parameters={"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    ),
    CALL: ToolSpec(
        name=CALL,
        description="Call a tool that tool.find named.",
        parameters={
            "type": "object",
            "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}},
            "required": ["name", "arguments"],
        },
    ),
}
_MOST_FOUND = 4
_MOST_NAMED = 60
_SAME = (
    "change edit modify replace update rewrite patch fix ändern cambiar modifier",
    "find grep look lookup search suchen buscar chercher",
    "list show overview which all dir ls anzeigen listar lister",
    "file files document text datei archivo fichier",
    "folder directory workspace ordner carpeta dossier",
    "read open view cat load lesen leer lire",
    "write create save store put make schreiben escribir écrire",
    "web internet online site google news url link page browse download fetch netz",
    "command shell terminal bash execute run program script code process befehl comando",
    "remember memory note fact keep recall forget merken nota mémoire",
    "remind reminder reminders alarm timer schedule appointment later wecker erinnern recordatorio rappel",
    "cancel delete remove erase drop clear stop löschen borrar supprimer",
    "time date day clock now today uhr hora heure",
    "mail email inbox message send post write correo courriel",
    "picture image photo drawing bild imagen",
    "calendar event meeting date termin",
)
_GROUPS: tuple[frozenset[str], ...] = tuple(frozenset(line.split()) for line in _SAME)
_STOP = frozenset(
    re.findall(r"\w+", "a an and any as by can for from i in into is it me my of on or something that the this to tool")
)
_TRAITS = ToolTraits(name=FIND, risk=Risk.READ)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindTool:
    """`tool.find`: looks among the tools that an agent may use."""

    tools: Mapping[str, Tool]
    spec: ToolSpec = SPECS[FIND]
    traits: ToolTraits = _TRAITS
    timeout_s: float = 5.0

    def check(self, arguments: JsonObject) -> JsonObject:
        """Return the question.

        Raises:
            ToolArgumentError: when there is none.
        """
        query = arguments.get("query")
        if not isinstance(query, str) or set(arguments) - {"query"}:
            raise ToolArgumentError("`query` must be text.", hint='Say what the tool should do, as "edit a file".')
        return {"query": query[:500]}

    async def run(self, context: ToolContext, arguments: JsonObject) -> ToolOutput:
        """Say which tools fit best, with their arguments, and which others there are."""
        del context
        best = ranked(str(arguments["query"]), [tool.spec for tool in self.tools.values()])[:_MOST_FOUND]
        others = sorted(set(self.tools) - {spec.name for spec in best})[:_MOST_NAMED]
        lines = [f"- {signature(spec)}" for spec in best] or ["Nothing fits these words."]
        if others:
            lines.append(f"Others: {', '.join(others)}")
        lines.append("Call one with tool.call.")
        names = [spec.name for spec in best]
        return ToolOutput(
            text="\n".join(lines),
            label=HOUSE,
            summary=_("Looked for a tool: {names}").format(names=", ".join(names) or _("none fits")),
            facts={"found": len(names)},
        )


def readable(told: tuple[ToolSpec, ...], tools: Mapping[str, Tool], agent: AgentProfile) -> tuple[ToolSpec, ...]:
    """Return the tools whose calls are understood: those a model is told of, and what it can find."""
    names = {spec.name for spec in told}
    if FIND not in names:
        return told
    further = [tool.spec for name, tool in tools.items() if name not in names and agent.may_use(name)]
    return (*told, *further)


def ranked(query: str, specs: Iterable[ToolSpec]) -> list[ToolSpec]:
    """Return the tools that fit a question, best first; those that share nothing with it are left out."""
    wanted = _words(query)
    exact = loose(query)
    scored: list[tuple[float, str, ToolSpec]] = []
    for spec in specs:
        score = _score(wanted, spec) + (10 if exact and exact == loose(spec.name) else 0)
        if score > 0:
            scored.append((-score, spec.name, spec))
    return [spec for _minus, _name, spec in sorted(scored, key=lambda one: one[:2])]


def _score(wanted: list[str], spec: ToolSpec) -> float:
    properties = spec.parameters.get("properties")
    named = _words(spec.name)
    told = _words(spec.description)
    given = _words(" ".join(properties)) if isinstance(properties, Mapping) else []
    return sum(max(3 * _fits(named, word), 1.5 * _fits(told, word), 0.5 * _fits(given, word)) for word in wanted)


def _fits(words: list[str], word: str) -> float:
    return max((_alike(word, one) for one in words), default=0.0)


def _alike(one: str, other: str) -> float:
    """Return how much two words mean the same: the same word, the same root, or a word that stands for it."""
    if one == other:
        return 1.0
    if min(len(one), len(other)) >= 4 and (one.startswith(other) or other.startswith(one)):  # noqa: PLR2004 - a root
        return 0.9
    return 0.6 if any(one in group and other in group for group in _GROUPS) else 0.0


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", text).casefold())
    return [word for word in dict.fromkeys(found) if word not in _STOP]
