"""Take out what OpenClaw allows and homarus does not: read, not followed, and named with the reason."""

from collections.abc import Callable
from dataclasses import dataclass

from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.programs import runs_anything
from homarus.state.config.keys import spell
from homarus.state.config.nodes import Node, Spot, walk
from homarus.state.config.problems import Problem, Severity
from homarus.state.config.scanner import KeyPath

_LOOSE_PREFIXES = ("dangerously", "allowInsecure", "allowUnsafe", "insecure")
_THEIR_APIS = frozenset(
    {
        "google-generative-ai",
        "google-vertex",
        "bedrock-converse-stream",
        "github-copilot",
        "openai-codex-responses",
        "azure-openai-responses",
    }
)
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - named in order to be refused
_OUR_SEARCHES = frozenset({"searxng", "brave"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    pattern: tuple[str, ...]
    """`*` is one step; a pattern that begins with `**` fits at any depth."""
    is_loose: Callable[[Json], bool]
    because: str
    """A sentence to be translated where it is shown."""


def _is(*values: Json) -> Callable[[Json], bool]:
    return lambda value: value in values


def _is_not(*values: Json) -> Callable[[Json], bool]:
    return lambda value: value not in values


def _has_star(value: Json) -> bool:
    return value == "*" or (isinstance(value, list) and "*" in value)


def _runs_others(value: Json) -> bool:
    return isinstance(value, str) and runs_anything(value)


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark a sentence for the catalogue; it is translated where it is shown."""
    return sentence


_ASKS = N_("homarus asks before a command runs; name harmless programs in tools.exec.safeBins instead")
_LOOPBACK = N_("homarus listens on this machine only; use an SSH tunnel or a VPN that ends here")
_SANDBOX = N_("tools that run commands have a sandbox or do not run")
_PAIRING = N_("every browser and every program needs a pairing or a key")
_STRANGERS = N_("people who are not known are asked to pair first")
_OWNER_ONLY = N_("settings are changed by the owner only, never from a chat")

_RULES = (
    _Rule(pattern=("tools", "exec", "mode"), is_loose=_is("full", "auto"), because=_ASKS),
    _Rule(pattern=("agents", "entries", "*", "tools", "exec", "security"), is_loose=_is("full"), because=_ASKS),
    _Rule(pattern=("agents", "entries", "*", "tools", "exec", "ask"), is_loose=_is("off"), because=_ASKS),
    _Rule(pattern=("agents", "entries", "*", "tools", "exec", "mode"), is_loose=_is("full", "auto"), because=_ASKS),
    _Rule(pattern=("**", "elevatedDefault"), is_loose=_is("on", "full", "ask"), because=_ASKS),
    _Rule(pattern=("**", "elevated", "enabled"), is_loose=_is(True), because=_ASKS),
    _Rule(
        pattern=("tools", "exec", "safeBins", "*"),
        is_loose=_runs_others,
        because=N_("it runs other programs, or what a model may have written into the folder, so each run is asked"),
    ),
    _Rule(
        pattern=("gateway", "bind"),
        is_loose=_is("auto", "lan", "tailnet", "custom", *_EVERYWHERE),
        because=_LOOPBACK,
    ),
    _Rule(pattern=("gateway", "tailscale", "mode"), is_loose=_is("funnel"), because=_LOOPBACK),
    _Rule(pattern=("gateway", "auth", "mode"), is_loose=_is("none"), because=_PAIRING),
    _Rule(pattern=("gateway", "allowedOrigins"), is_loose=_has_star, because=_PAIRING),
    _Rule(pattern=("gateway", "allowedHosts"), is_loose=_has_star, because=_PAIRING),
    _Rule(pattern=("**", "sandbox", "mode"), is_loose=_is("off"), because=_SANDBOX),
    _Rule(pattern=("**", "sandbox", "docker", "network"), is_loose=_is("host"), because=_SANDBOX),
    _Rule(pattern=("tools", "fs", "workspaceOnly"), is_loose=_is(False), because=_SANDBOX),
    _Rule(pattern=("channels", "**", "dmPolicy"), is_loose=_is("open"), because=_STRANGERS),
    _Rule(pattern=("channels", "**", "groupPolicy"), is_loose=_is("open"), because=_STRANGERS),
    _Rule(pattern=("channels", "**", "configWrites"), is_loose=_is(True), because=_OWNER_ONLY),
    _Rule(pattern=("commands", "bash"), is_loose=_is(True), because=_OWNER_ONLY),
    _Rule(pattern=("commands", "config"), is_loose=_is(True), because=_OWNER_ONLY),
    _Rule(pattern=("commands", "debug"), is_loose=_is(True), because=_OWNER_ONLY),
    _Rule(
        pattern=("env", "shellEnv", "enabled"), is_loose=_is(True), because=N_("no program is run to read variables")
    ),
    _Rule(
        pattern=("hooks", "allowRequestSessionKey"), is_loose=_is(True), because=N_("a caller does not pick sessions")
    ),
    _Rule(
        pattern=("logging", "redactSensitive"), is_loose=_is("off"), because=N_("secrets are never written to the log")
    ),
    _Rule(pattern=("discovery", "mdns", "mode"), is_loose=_is("full"), because=_LOOPBACK),
    _Rule(
        pattern=("models", "providers", "*", "api"),
        is_loose=_is(*_THEIR_APIS),
        because=N_("homarus does not speak that protocol; use an address of the provider that speaks OpenAI's"),
    ),
    _Rule(
        pattern=("tools", "web", "search", "provider"),
        is_loose=_is_not(*_OUR_SEARCHES, None),
        because=N_("homarus searches with searxng or brave"),
    ),
)


_RULES_ENDING_IN = {
    name: tuple(rule for rule in _RULES if rule.pattern[-1] == name) for name in {rule.pattern[-1] for rule in _RULES}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disarmed:
    """A tree without what is not followed, and what that was."""

    tree: Node
    problems: tuple[Problem, ...]


def disarm(tree: Node) -> Disarmed:
    """Return the tree without settings that would weaken the house."""
    problems: list[Problem] = []
    dropped: set[KeyPath] = set()
    for spot in walk(tree):
        because = _objection(spot)
        if because:
            dropped.add(_extent(spot.path))
            problems.append(_named(spot, because))
    return Disarmed(tree=_without(tree, dropped, ()), problems=tuple(problems))


def _objection(spot: Spot) -> str | None:
    path, value = spot.path, spot.node.value
    if not path:
        return None
    bare = [item.scalar for item in value] if isinstance(value, list) else spot.node.scalar
    if value is True and str(path[-1]).startswith(_LOOSE_PREFIXES) and "params" not in path:
        return N_("a safeguard stays on")
    if isinstance(value, dict):
        return None
    rules = (*_RULES_ENDING_IN.get(str(path[-1]), ()), *_RULES_ENDING_IN["*"])
    return next((rule.because for rule in rules if _fits(rule.pattern, path) and rule.is_loose(bare)), None)


def _extent(path: KeyPath) -> KeyPath:
    """Return what goes: a provider as a whole when its protocol is foreign, else the setting."""
    is_api = path[:2] == ("models", "providers") and path[-1] == "api"
    return path[:-1] if is_api else path


def _fits(pattern: tuple[str, ...], path: KeyPath) -> bool:
    if "**" in pattern:
        at = pattern.index("**")
        before, after = pattern[:at], pattern[at + 1 :]
        if len(path) < len(before) + len(after):
            return False
        return _fits(before, path[:at]) and _fits(after, path[len(path) - len(after) :])
    return len(pattern) == len(path) and all(
        step in {"*", name} for step, name in zip(pattern, map(str, path), strict=True)
    )


def _named(spot: Spot, because: str) -> Problem:
    key, where = spell(spot.path), spot.node.origin.where()
    return Problem(
        severity=Severity.WARNING,
        sentence=_("{key!r} is read and not followed ({where}): {because}.").format(
            key=key, where=where, because=_(because)
        ),
        hint=_("Take the setting out when you have read this; nothing else has to change."),
        key=key,
        where=where,
    )


def _without(node: Node, dropped: set[KeyPath], path: KeyPath) -> Node:
    if isinstance(node.value, dict):
        kept = {
            key: _without(item, dropped, (*path, key))
            for key, item in node.value.items()
            if (*path, key) not in dropped
        }
        return node.with_value(kept)
    if isinstance(node.value, list):
        left = [(*path, index) not in dropped for index in range(len(node.value))]
        items = [_without(item, dropped, (*path, index)) for index, item in enumerate(node.value)]
        return node.with_value([item for item, stays in zip(items, left, strict=True) if stays])
    return node
