"""Where settings are read and changed: the gateway when one runs, else the files themselves.

A gateway that cannot start because of a setting (its port is taken) must not be needed to change that setting.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import quote

from homarus.cli.line import Line
from homarus.cli.named_models import Known
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

if TYPE_CHECKING:
    from homarus.gateway.configure import Configuration
    from homarus.state.config.problems import Problem


class Settings(Protocol):
    """What can be done with settings; answers as the HTTP API gives them."""

    def check(self, path: Path | None) -> JsonObject:
        """Return what is wrong with a file, or with what the house reads."""
        ...

    def listing(self) -> JsonObject:
        """Return every setting."""
        ...

    def show(self, key: str) -> JsonObject:
        """Return one setting, or a section."""
        ...

    def change(self, key: str, value: Json) -> JsonObject:
        """Write one setting."""
        ...

    def undo(self) -> JsonObject:
        """Take the last change back."""
        ...

    def models(self) -> Known:
        """Return what is known of models, without asking any server."""
        ...


class OfGateway:
    """Settings of a gateway that runs."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def check(self, path: Path | None) -> JsonObject:
        """Return what is wrong with a file, or with what the house reads."""
        return self._line.post("/api/v1/config/check", {"path": str(path)} if path else {})

    def listing(self) -> JsonObject:
        """Return every setting."""
        return self._line.get("/api/v1/config")

    def show(self, key: str) -> JsonObject:
        """Return one setting, or a section."""
        return self._line.get(f"/api/v1/config/{quote(key, safe='')}")

    def change(self, key: str, value: Json) -> JsonObject:
        """Write one setting."""
        return self._line.put(f"/api/v1/config/{quote(key, safe='')}", {"value": value})

    def undo(self) -> JsonObject:
        """Take the last change back."""
        return self._line.post("/api/v1/config/undo")

    def models(self) -> Known:
        """Return every model of the gateway's list, also those that cannot answer now."""
        listed = cast("list[JsonObject]", self._line.get("/api/v1/models")["models"])
        named = [str(model["ref"]) for model in listed]
        also = [str(alias) for model in listed for alias in cast("list[str]", model.get("aliases") or [])]
        return Known(names=(*named, *also))


class OfFiles:
    """Settings as the files in the state folder have them."""

    def __init__(self, options: Options) -> None:
        self._options = options

    @cached_property
    def _configuration(self) -> "Configuration":
        from homarus.gateway.channel_settings import ChannelSections
        from homarus.gateway.configure import Configuration
        from homarus.gateway.discover import discover
        from homarus.gateway.playing.source_sections import SourceSections

        found = discover(self._options.home)
        made = Configuration(
            self._options.home,
            environment=dict(os.environ),
            file=self._options.config,
            find_sections=ChannelSections(found),
            find_sources=SourceSections(found),
        )
        made.load()
        return made

    def check(self, path: Path | None) -> JsonObject:
        """Return what is wrong with a file, or with what the house reads."""
        from homarus.state.config.problems import Severity

        problems = self._configuration.check(path=path)
        is_good = all(problem.severity is not Severity.ERROR for problem in problems)
        return {"is_good": is_good, "problems": _dumped(problems)}

    def listing(self) -> JsonObject:
        """Return every setting."""
        made = self._configuration
        problems, settings = _dumped(made.problems), _dumped(made.listing())
        return {"settings": settings, "standing": made.standing.value, "problems": problems}

    def show(self, key: str) -> JsonObject:
        """Return one setting, or a section."""
        return {"settings": _dumped(self._configuration.value(key))}

    def change(self, key: str, value: Json) -> JsonObject:
        """Write one setting."""
        return {"settings": _dumped(self._configuration.set(key, value, by="cli"))}

    def undo(self) -> JsonObject:
        """Take the last change back."""
        undone = self._configuration.undo(by="cli")
        return {"is_undone": True, "settings": _dumped(undone.settings), "left": undone.left}

    def models(self) -> Known:
        """Return the models that stand in the files; a provider without a list may have any."""
        from homarus.models.hosted import known_providers

        settings = self._configuration.current
        providers = settings.models.providers
        named = [f"{name}/{model.id}" for name, provider in providers.items() for model in provider.models]
        any_of = [name for name, provider in providers.items() if not provider.models]
        also = [choice.alias for choice in settings.agents.defaults.models.values() if choice.alias]
        return Known(names=("embedded/smollm2", *named, *also), open_providers=(*any_of, *known_providers()))


def settings_of(options: Options) -> Settings:
    """Return the settings of the gateway of this state folder, else those of its files.

    Raises:
        UsageError: when a gateway runs that reads another file than the one that was named.
    """
    line = Line(options.home)
    if not line.is_up():
        return OfFiles(options)
    refuse_another(line, options)
    return OfGateway(line)


def refuse_another(line: Line, options: Options) -> None:
    """Do not let a gateway answer for a configuration file that it does not read.

    Raises:
        UsageError: when `--config` names another file than the gateway's own.
    """
    if options.config is None:
        return
    theirs = Path(str(line.get("/api/v1/status")["config"]))
    if theirs.resolve() != options.config.resolve():
        raise UsageError(
            _("A gateway runs for {home} already, and it reads {theirs}, not {file}.").format(
                home=options.home, theirs=theirs, file=options.config
            ),
            hint=_("End it first: homarus stop. Or use a state folder for each: --home FOLDER"),
        )


def first_error(options: Options) -> "Problem | None":
    """Return what keeps the files from being used, if anything does."""
    from homarus.gateway.configure import Configuration
    from homarus.state.config.problems import Severity

    made = Configuration(options.home, environment=dict(os.environ), file=options.config)
    return next((problem for problem in made.check() if problem.severity is Severity.ERROR), None)


def _dumped(things: tuple[object, ...]) -> list[Json]:
    from homarus.domain import codec

    return [codec.dump(thing) for thing in things]
