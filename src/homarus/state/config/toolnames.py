"""Say OpenClaw's tool names and profiles in ours, so that what an owner forbade there is forbidden here."""

from collections.abc import Iterator

from homarus.state.config.nodes import Node, find, grow

_FILES = ("files.read", "files.write", "files.edit", "files.list", "files.search")
_MEMORY = ("memory.save", "memory.search")
_WEB = ("web.search", "web.fetch")
_REMIND = ("remind.set", "remind.list", "remind.cancel")
OUR_NAMES: dict[str, tuple[str, ...]] = {
    "exec": ("shell.run",),
    "process": ("shell.run",),
    "bash": ("shell.run",),
    "read": ("files.read", "files.list", "files.search"),
    "write": ("files.write",),
    "edit": ("files.edit",),
    "apply_patch": ("files.edit", "files.write"),
    "web_search": ("web.search",),
    "web_fetch": ("web.fetch",),
    "memory_search": ("memory.search",),
    "memory_get": ("memory.search",),
    "cron": _REMIND,
    "automations": _REMIND,
    "group:runtime": ("shell.run",),
    "group:fs": _FILES,
    "group:web": _WEB,
    "group:memory": _MEMORY,
    "group:automation": _REMIND,
}
"""OpenClaw's name, ours."""

_PROFILES: dict[str, tuple[str, ...]] = {
    "minimal": ("time.now",),
    "messaging": ("time.now", *_REMIND, *_MEMORY),
    "coding": ("time.now", *_REMIND, *_MEMORY, *_FILES, *_WEB, "shell.run"),
}


def with_our_tools(root: Node) -> Node:
    """Return the tree with the tool lists of the house and of every agent in our names."""
    for section in _sections(root):
        for key in ("allow", "deny"):
            names = section.members.get(key)
            if names is not None and isinstance(names.value, list):
                section.members[key] = _translated(names)
        _profile(section)
    return root


def _sections(root: Node) -> Iterator[Node]:
    paths = [("tools",)]
    entries = find(root, ("agents", "entries"))
    paths += [("agents", "entries", name, "tools") for name in (entries.members if entries else ())]
    for path in paths:
        section = find(root, path)
        if section is not None:
            yield section


def _translated(names: Node) -> Node:
    items: list[Node] = []
    for item in names.items:
        ours = OUR_NAMES.get(item.value.lower()) if isinstance(item.value, str) else None
        items += [item.with_value(name) for name in ours] if ours else [item]
    return names.with_value(items)


def _profile(section: Node) -> None:
    profile = section.members.get("profile")
    allowed = _PROFILES.get(str(profile.scalar)) if profile else None
    if profile is None or allowed is None:
        return
    section.members.pop("profile")
    more = section.members.pop("alsoAllow", None)
    tools = grow(list(allowed), profile.origin).items + (_translated(more).items if more else [])
    section.members.setdefault("allow", profile.with_value([item.with_value(item.value) for item in tools]))
