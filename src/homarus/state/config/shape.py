"""Bring both OpenClaw generations into the one shape that the house uses; values keep their places."""

from collections.abc import Callable, Iterator

from homarus.state.config.nodes import Node, find, grow
from homarus.state.config.scanner import KeyPath
from homarus.state.config.toolnames import with_our_tools

Wanted = tuple[str, ...]

_RENAMES: tuple[tuple[Wanted, Wanted], ...] = (
    (("defaultModel",), ("agents", "defaults", "model")),
    (("heartbeat",), ("agents", "defaults", "heartbeat")),
    (("memorySearch",), ("memory", "search")),
    (("agents", "defaults", "memorySearch"), ("memory", "search")),
    (("memory", "search", "query", "maxResults"), ("memory", "search", "maxResults")),
    (("messages", "tts"), ("tts",)),
    (("session", "idleMinutes"), ("session", "reset", "idleMinutes")),
    (("session", "resetByType", "dm"), ("session", "resetByType", "direct")),
    (("session", "maintenance", "pruneDays"), ("session", "maintenance", "pruneAfter")),
    (("session", "threadBindings", "ttlHours"), ("session", "threadBindings", "idleHours")),
    (("cron", "failureDestination"), ("cron", "failureAlert")),
    (("cron", "enabled"), ("jobs", "enabled")),
    (("cron", "maxConcurrentRuns"), ("jobs", "atOnce")),
    (("cron", "failureAlert"), ("jobs", "failureAlert")),
    (("cron", "webhookToken"), ("jobs", "webhookToken")),
    (("cron", "skipMissedJobs"), ("jobs", "missed")),
    (("tools", "exec", "timeoutSec"), ("tools", "exec", "timeoutSeconds")),
    (("tools", "web", "search", "searxng", "baseUrl"), ("tools", "web", "search", "baseUrl")),
    (("gateway", "nodes", "allowCommands"), ("gateway", "nodes", "commands", "allow")),
    (("gateway", "auth", "rateLimit"), ("gateway", "rateLimit")),
    (("gateway", "controlUi", "allowedOrigins"), ("gateway", "allowedOrigins")),
    (
        ("browser", "ssrfPolicy", "allowPrivateNetwork"),
        ("browser", "ssrfPolicy", "dangerouslyAllowPrivateNetwork"),
    ),
    (("models", "providers", "*", "baseURL"), ("models", "providers", "*", "baseUrl")),
    (("channels", "*", "heartbeat"), ("channels", "*", "heartbeatVisibility")),
    (("mcp", "servers", "*", "type"), ("mcp", "servers", "*", "transport")),
    (("mcp", "servers", "*", "disabled"), ("mcp", "servers", "*", "enabled")),
    (("mcp", "servers", "*", "timeout"), ("mcp", "servers", "*", "requestTimeoutMs")),
)
"""Where OpenClaw names differ: theirs, ours. What stands under our name wins."""

RENAMES = tuple((".".join(old), ".".join(new)) for old, new in _RENAMES)
"""The same for the reference page."""

_LEVELS = {"warn": "warning", "trace": "debug", "fatal": "error", "silent": "error"}
_APIS = {"openai": "openai-completions", "anthropic": "anthropic-messages", "openai-chat": "openai-completions"}
_THINKING = {"xhigh": "high", "adaptive": "high", "max": "high", "ultra": "high"}
_LOOPBACK = {"localhost": "loopback", "127.0.0.1": "loopback", "::1": "loopback"}
_NATIVE = {"ollama": "ollama", "anthropic": "anthropic-messages"}
_WORDS: tuple[tuple[Wanted, dict[str, str]], ...] = (
    (("logging", "level"), _LEVELS),
    (("gateway", "bind"), _LOOPBACK),
    (("models", "providers", "*", "api"), _APIS),
    (("agents", "defaults", "thinkingDefault"), _THINKING),
)


def shape(tree: Node) -> Node:
    """Return one file in the canonical shape. What is already in it passes through unchanged."""
    root = _thawed(tree)
    _replace_at(root, ("mcp", "servers", "*", "disabled"), _flipped)
    _replace_at(root, ("cron", "skipMissedJobs"), _missed)
    for old, new in _RENAMES:
        _rename(root, old, new)
    _agents_by_id(root)
    _choices_spelled_out(root)
    _exec_mode(root)
    for path, words in _WORDS:
        _replace_at(root, path, lambda node, words=words: _in_our_words(node, words))
    return with_our_tools(root)


def finish(tree: Node) -> Node:
    """Fill in what follows from the merged whole: a provider with an address and no protocol speaks the usual one."""
    root = _thawed(tree)
    providers = find(root, ("models", "providers"))
    for name, provider in (providers.members if providers else {}).items():
        address = provider.members.get("baseUrl")
        if isinstance(provider.value, dict) and address and provider.value.get("api") is None:
            provider.value["api"] = grow(_NATIVE.get(name, "openai-completions"), address.origin)
    return root


def _thawed(node: Node) -> Node:
    """Return a copy whose objects can be changed without changing the file's tree."""
    if isinstance(node.value, dict):
        return node.with_value({key: _thawed(item) for key, item in node.value.items()})
    if isinstance(node.value, list):
        return node.with_value([_thawed(item) for item in node.value])
    return node


def _spots(root: Node, pattern: Wanted) -> Iterator[KeyPath]:
    """Yield the paths of objects that a pattern without its last step leads to."""
    paths: list[KeyPath] = [()]
    for step in pattern[:-1]:
        following: list[KeyPath] = []
        for path in paths:
            node = find(root, path)
            names = list(node.members) if node and step == "*" else [step]
            following += [(*path, name) for name in names if find(root, (*path, name)) is not None]
        paths = following
    yield from paths


def _rename(root: Node, old: Wanted, new: Wanted) -> None:
    for path in list(_spots(root, old)):
        parent = find(root, path)
        moved = parent.members.pop(old[-1], None) if parent else None
        if parent is None or moved is None:
            continue
        if path and not parent.members and (len(old) > len(new) or old[0] != new[0]):
            _drop_empty(root, path)
        _put(root, _filled(new, path), moved)


def _filled(pattern: Wanted, path: KeyPath) -> Wanted:
    return tuple(str(path[index]) if step == "*" else step for index, step in enumerate(pattern))


def _drop_empty(root: Node, path: KeyPath) -> None:
    parent = find(root, path[:-1])
    if parent:
        parent.members.pop(str(path[-1]), None)


def _put(root: Node, path: Wanted, node: Node) -> None:
    """Set a value unless one is there already."""
    current = root
    for step in path[:-1]:
        if not isinstance(current.value, dict):
            return
        current = current.value.setdefault(step, Node(value={}, origin=node.origin))
    if isinstance(current.value, dict):
        there = current.value.setdefault(path[-1], node)
        if there is not node and isinstance(there.value, dict):
            for key, item in node.members.items():
                there.value.setdefault(key, item)


def _agents_by_id(root: Node) -> None:
    section = find(root, ("agents",))
    listed = section.members.get("list") if section else None
    if section is None or listed is None or not isinstance(listed.value, list):
        return
    entries = section.members.setdefault("entries", Node(value={}, origin=listed.origin))
    rest: list[Node] = []
    seen: set[str] = set()
    for item in listed.value:
        name = item.members.get("id")
        has_name = name and isinstance(name.value, str) and name.value and isinstance(entries.value, dict)
        if name and has_name and str(name.value) not in seen:
            seen.add(str(name.value))
            own = {key: value for key, value in item.members.items() if key != "id"}
            entries.members.setdefault(str(name.value), item.with_value(own))
        else:
            rest.append(item)
    if rest:
        section.members["list"] = listed.with_value(list(rest))
    else:
        section.members.pop("list")


def _choices_spelled_out(root: Node) -> None:
    for path in (("agents", "defaults", "model"), ("agents", "defaults", "imageModel")):
        _replace_at(root, path, lambda node: _choice(node, is_strict=False))
    _replace_at(root, ("agents", "entries", "*", "model"), lambda node: _choice(node, is_strict=True))


def _choice(node: Node, *, is_strict: bool) -> Node:
    if not isinstance(node.value, str):
        return node
    members: dict[str, Node] = {"primary": node}
    if is_strict:
        members["fallbacks"] = node.with_value([])
    return node.with_value(members)


def _replace_at(root: Node, pattern: Wanted, change: Callable[[Node], Node]) -> None:
    for path in list(_spots(root, pattern)):
        parent = find(root, path)
        node = parent.members.get(pattern[-1]) if parent else None
        if parent and node is not None:
            parent.members[pattern[-1]] = change(node)


def _in_our_words(node: Node, words: dict[str, str]) -> Node:
    return node.with_value(words.get(node.value, node.value)) if isinstance(node.value, str) else node


def _flipped(node: Node) -> Node:
    return node.with_value(not node.value) if isinstance(node.value, bool) else node


def _missed(node: Node) -> Node:
    return node.with_value("skip" if node.value else "once") if isinstance(node.value, bool) else node


def _exec_mode(root: Node) -> None:
    """Make one mode of `security` and `ask`; anything looser than ours stays visible for `disarm`."""
    section = find(root, ("tools", "exec"))
    if section is None:
        return
    security, ask = section.members.pop("security", None), section.members.pop("ask", None)
    origin = security or ask
    if origin is None or "mode" in section.members:
        return
    mode = _mode(str(security.scalar) if security else "allowlist", str(ask.scalar) if ask else "on-miss")
    section.members["mode"] = origin.with_value(mode)


def _mode(security: str, ask: str) -> str:
    if security in {"deny", "full"}:
        return security
    if security == "allowlist":
        return "allowlist" if ask == "off" else "ask"
    return security
