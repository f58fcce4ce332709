"""Say which tools there are for a configuration and a machine, and why each other one is left out."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from homarus.domain.acts import ToolOutput
from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _
from homarus.domain.settings import Settings
from homarus.tools.marked import MarkedTool, tool_of

ToolFunction = Callable[..., Awaitable[ToolOutput]]
_SLACK_S = 20.0
"""Past a command's own limit, to end it and put its files away."""


_MAIL, _SOCIAL = frozenset({"imap"}), frozenset({"mastodon", "bluesky"})
_OF_ACCOUNTS: Mapping[str, frozenset[str]] = {
    "mail.draft": _MAIL,
    "mail.send": _MAIL,
    "mail.find": _MAIL,
    "calendar.reply": _MAIL,
    "social.post": _SOCIAL,
    "social.find": _SOCIAL,
}
"""Which kinds of sources a tool writes to; without one it is not even loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A tool that no agent gets, and why."""

    name: str
    because: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The tools that agents can choose from, by name, in a stable order."""

    tools: Mapping[str, MarkedTool]
    settings: Mapping[str, JsonObject]
    """Each tool's own section of the configuration, by the tool's name."""
    left_out: tuple[LeftOut, ...]


def own_tools() -> tuple[ToolFunction, ...]:
    """Return the tools that come with homarus, in the order in which models are told of them."""
    from homarus.tools import (
        files,
        files_search,
        jobs,
        remembered,
        remind,
        shell,
        spawn,
        waiting,
        web_fetch,
        web_search,
    )

    return (
        remind.now,
        remind.set_reminder,
        waiting.upcoming,
        waiting.cancel,
        remembered.save,
        remembered.search,
        files.read,
        files.write,
        files.edit,
        files.list_folder,
        files_search.search,
        web_search.search,
        web_fetch.fetch,
        shell.run,
        spawn.spawn,
        jobs.add,
        jobs.listing,
        jobs.cancel,
    )


def account_tools() -> tuple[ToolFunction, ...]:
    """Return the tools that write to the owner's accounts; they are of use only where `sources` has one."""
    from homarus.tools import mail, social

    return (mail.draft, mail.answer_invitation, mail.send, mail.find, social.post, social.find)


def without_account(settings: Settings) -> frozenset[str]:
    """Return the names of tools that have no account to write to."""
    kinds = {str(section.get("kind")) for section in settings.sources.values()}
    return frozenset(name for name, wanted in _OF_ACCOUNTS.items() if not wanted & kinds)


def offered(functions: Iterable[ToolFunction], settings: Settings, *, sandbox_level: str) -> Offer:
    """Return what of these tools can work here; `sandbox_level` is the one of the sandbox that was found.

    Raises:
        ConfigError: when a function is not a tool.
    """
    tools: dict[str, MarkedTool] = {}
    left_out: list[LeftOut] = []
    defaults = settings.agents.defaults
    limits = {
        "shell.run": settings.tools.exec.timeout_seconds + _SLACK_S,
        "agent.spawn": defaults.subagents.run_timeout_seconds or defaults.timeout_seconds,
    }
    for function in functions:
        tool = tool_of(function)
        reason = _why_not(tool.spec.name, settings, sandbox_level)
        if reason is not None:
            left_out.append(reason)
        elif tool.spec.name in limits:
            tools[tool.spec.name] = replace(tool, timeout_s=limits[tool.spec.name])
        else:
            tools[tool.spec.name] = tool
    return Offer(tools=tools, settings=tool_settings(settings), left_out=tuple(left_out))


def tool_settings(settings: Settings) -> Mapping[str, JsonObject]:
    """Return the sections of the configuration that tools of ours get, by the tool's name."""
    search = settings.tools.web.search
    key: Json = search.api_key.get_secret_value() if search.api_key else None
    return {
        "web.search": {**search.model_dump(mode="json", exclude={"api_key"}), "api_key": key},
        "web.fetch": settings.tools.web.fetch.model_dump(mode="json"),
        "memory.search": settings.memory.search.model_dump(mode="json"),
        "shell.run": settings.tools.exec.model_dump(mode="json"),
    }


def _why_not(name: str, settings: Settings, sandbox_level: str) -> LeftOut | None:
    if name == "shell.run":
        return _why_no_shell(name, settings, sandbox_level)
    if name == "web.search":
        from homarus.tools.web_search import missing_source

        missing = missing_source(settings.tools.web.search)
        if missing:
            hint = _("Run `homarus config set tools.web.search.baseUrl http://127.0.0.1:8888`.")
            return LeftOut(name=name, because=missing, hint=hint)
    if name.startswith("memory.") and not settings.memory.enabled:
        hint = _("Run `homarus config set memory.enabled true`.")
        return LeftOut(name=name, because=_("memory.enabled is false"), hint=hint)
    if name.startswith("remind.") and not settings.reminders.enabled:
        hint = _("Run `homarus config set reminders.enabled true`.")
        return LeftOut(name=name, because=_("reminders.enabled is false"), hint=hint)
    if name == "agent.spawn" and not settings.agents.defaults.subagents.max_spawn_depth:
        hint = _("Run `homarus config set agents.defaults.subagents.maxSpawnDepth 1`.")
        return LeftOut(name=name, because=_("agents.defaults.subagents.maxSpawnDepth is 0"), hint=hint)
    return _why_denied(name, settings)


def _why_no_shell(name: str, settings: Settings, sandbox_level: str) -> LeftOut | None:
    if settings.tools.exec.mode == "deny":
        hint = _("Set tools.exec.mode to ask to have it, with a question before each command.")
        return LeftOut(name=name, because=_("tools.exec.mode is deny"), hint=hint)
    if sandbox_level == "off":
        hint = _("Install bubblewrap (`apt install bubblewrap`), or use a kernel with Landlock (Linux 5.13 or newer).")
        return LeftOut(name=name, because=_("no sandbox works on this machine"), hint=hint)
    return _why_denied(name, settings)


def _why_denied(name: str, settings: Settings) -> LeftOut | None:
    for choice in (name, f"{name.partition('.')[0]}.*", "*"):
        if choice in settings.tools.deny:
            because = _("tools.deny has {choice!r}").format(choice=choice)
            return LeftOut(name=name, because=because, hint=_("Take it out of tools.deny to have this tool."))
    return None
