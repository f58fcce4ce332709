"""Three plain answers to "what may it do by default?", and the settings that each one is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.settings import Settings

_ALL = "*"
_HARMLESS = ("cat", "cut", "df", "du", "grep", "head", "ls", "nl", "pwd", "stat", "tail", "uname", "wc")
"""Programs that only read, whatever their arguments say; they run in the sandbox all the same."""


class Preset(StrEnum):
    """What an agent may do without asking."""

    TALK = "talk"
    ASK = "ask"
    MORE = "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetCard:
    """A preset as a face shows it."""

    name: Preset
    title: str
    about: str
    is_recommended: bool = False


def cards() -> tuple[PresetCard, ...]:
    """Return the presets, the most careful one first."""
    return (
        PresetCard(
            name=Preset.TALK,
            title=_("talk only"),
            about=_("It answers and uses no tools: no files, no web, no reminders."),
        ),
        PresetCard(
            name=Preset.ASK,
            title=_("read, and ask first"),
            about=_("It reads its workspace, keeps notes and reminders, and asks before it runs or sends anything."),
            is_recommended=True,
        ),
        PresetCard(
            name=Preset.MORE,
            title=_("more"),
            about=_("As before, and in the sandbox it runs programs that only read ({names}) without asking.").format(
                names=", ".join(_HARMLESS)
            ),
        ),
    )


def current(settings: Settings) -> Preset:
    """Return the preset that the settings come nearest to."""
    if _ALL in settings.tools.deny or not settings.tools.allow:
        return Preset.TALK
    return Preset.MORE if settings.tools.exec.mode == "allowlist" else Preset.ASK


def changes(settings: Settings, preset: Preset) -> Mapping[str, Json]:
    """Return the settings to write so that a preset holds; those that hold already are left alone."""
    tools = settings.tools
    if preset is current(settings):
        return {}
    if preset is Preset.TALK:
        return {"tools.deny": [*tools.deny, _ALL]}
    wanted: dict[str, Json] = {}
    if _ALL in tools.deny:
        wanted["tools.deny"] = [name for name in tools.deny if name != _ALL]
    if not tools.allow:
        wanted["tools.allow"] = [_ALL]
    mode = "allowlist" if preset is Preset.MORE else "ask"
    if tools.exec.mode != mode:
        wanted["tools.exec.mode"] = mode
    if preset is Preset.MORE and not tools.exec.safe_bins:
        wanted["tools.exec.safeBins"] = list(_HARMLESS)
    return wanted
