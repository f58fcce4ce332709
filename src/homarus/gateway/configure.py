"""The configuration of the running house: what holds, where each value comes from, how it is changed."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from homarus.domain.content import Json
from homarus.domain.errors import NotFoundError, UnfitSettingError, UsageError
from homarus.domain.i18n import _
from homarus.domain.nearness import nearest
from homarus.domain.settings import Settings
from homarus.state import backups
from homarus.state.blobs import write_whole
from homarus.state.config import keys, lastgood, overlay
from homarus.state.config.files import Disk, Remembered
from homarus.state.config.listing import SettingValue, rows
from homarus.state.config.problems import FaultyFileError, Problem, Severity
from homarus.state.config.reading import OWNERS_FILE, UI_FILE, Ask, FindSections, Reading, read
from homarus.state.config.scanner import KeyPath
from homarus.state.config.schema import Sections
from homarus.state.config.substitute import Secrets

_KEPT = 10
"""So many changes can be taken back, one after the other."""
Changed = Callable[["Configuration"], None]


class Standing(StrEnum):
    """Which configuration the house runs on."""

    FILES = "files"
    """What the files say."""
    LAST_GOOD = "last_good"
    """What they said when they were last good."""
    DEFAULTS = "defaults"
    """Nothing of the files: they are bad, and never were good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One loading, swapped as a whole."""

    settings: Settings
    standing: Standing
    reading: Reading
    """That `settings` come from; `reading.extra` has the settings of channels and tools, `reading.variables` the
    variables of the process, of `.env` and of `env.vars`. Holds secrets."""
    problems: tuple[Problem, ...]
    """Of the files as they are now, whatever the house runs on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking a change back did."""

    settings: tuple[SettingValue, ...]
    """The settings that are what they were before."""
    left: int
    """How many changes can still be taken back."""


class _Instead:
    """The files as they are, but one with the text it would have."""

    def __init__(self, disk: Disk, path: Path, text: str) -> None:
        self._disk = disk
        self._path = path
        self._text = text

    def read(self, path: Path) -> str | None:
        """Return the text of a file."""
        return self._text if path == self._path else self._disk.read(path)


def _is_of(row: KeyPath, changed: KeyPath) -> bool:
    """Whether a setting is the one that was changed, or one of its section."""
    return row[: len(changed)] == changed or changed[: len(row)] == row


def _unfit(key: str, problem: Problem) -> UnfitSettingError:
    """Return what is wrong with a change, without the place it would have had in a file that was not written."""
    if problem.severity is Severity.NOTE:
        sentence = _("{key!r} is a setting of OpenClaw that homarus does not use.").format(key=key)
        return UnfitSettingError(sentence, hint=_("`homarus config list` shows every setting."))
    sentence = problem.sentence.replace(f" ({problem.where})", "").replace(_("; it is left out."), ".")
    if problem.severity is Severity.ERROR:
        return UnfitSettingError(sentence, hint=_("`homarus config get {key}` shows what holds.").format(key=key))
    return UnfitSettingError(sentence, hint=problem.hint)


def _prints(paths: Iterable[Path]) -> Mapping[Path, str]:
    """Return what shows that a file was changed, for each of them."""
    found: dict[Path, str] = {}
    for path in paths:
        try:
            state = path.stat()
        except (OSError, ValueError):
            found[path] = ""
        else:
            found[path] = f"{state.st_mtime_ns} {state.st_size} {state.st_ino}"
    return found


class Configuration:
    """Reads, explains, changes and watches the configuration. Safe to use before `load`: defaults then."""

    def __init__(
        self,
        home: Path,
        *,
        environment: Mapping[str, str],
        file: Path | None = None,
        sections: Sections | None = None,
        find_sections: FindSections | None = None,
        find_sources: FindSections | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        """Take the folder of the house, and the settings of the channels and tools that were discovered.

        `find_sections` is asked at each reading, with what stands under `channels`; `find_sources` with `sources`.
        """
        self._home = home
        self._ui = home / UI_FILE
        self._ask = Ask(
            home=home,
            files=(file.absolute() if file else home / OWNERS_FILE, self._ui),
            required=file is not None,
            environment=environment,
            sections=sections or {},
            find_sections=find_sections,
            find_sources=find_sources,
            secrets=secrets,
        )
        self._prints: Mapping[Path, str] = {}
        self.loaded = self._defaults()
        """What holds, with everything known about it."""
        self.standing = self.loaded.standing
        """Which configuration holds: what the files say, the last good one, the defaults."""

    # --- what holds ---------------------------------------------------------------------------------------------

    @property
    def current(self) -> Settings:
        """The settings that hold now."""
        return self.loaded.settings

    @property
    def file(self) -> Path:
        """The owner's file."""
        return self._ask.files[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files as they are, notes left out."""
        return tuple(problem for problem in self.loaded.problems if problem.severity is not Severity.NOTE)

    def load(self) -> None:
        """Read the files; bad ones change nothing that holds, and become problems."""
        disk = Disk()
        reading = read(self._ask, disk)
        prints = _prints({*disk.asked, *self._ask.files, self._home / ".env"})
        if reading.settings is not None:
            state = Loaded(
                settings=reading.settings, reading=reading, standing=Standing.FILES, problems=reading.problems
            )
            lastgood.keep(self._home, disk.texts)
        else:
            state = self._instead(reading.problems)
        self.loaded, self.standing, self._prints = state, state.standing, prints

    def _instead(self, problems: tuple[Problem, ...]) -> Loaded:
        """Return what holds while the files are bad."""
        if self.loaded.standing is not Standing.DEFAULTS:
            return replace(self.loaded, standing=Standing.LAST_GOOD, problems=problems)
        kept = lastgood.recall(self._home)
        reading = read(replace(self._ask, required=True), kept) if kept else None
        if reading and reading.settings:
            return Loaded(settings=reading.settings, reading=reading, standing=Standing.LAST_GOOD, problems=problems)
        return replace(self._defaults(), problems=problems)

    def _defaults(self) -> Loaded:
        reading = read(replace(self._ask, required=False), Remembered({}))
        return Loaded(settings=reading.settings or Settings(), reading=reading, standing=Standing.DEFAULTS, problems=())

    # --- explain ------------------------------------------------------------------------------------------------

    def listing(self) -> tuple[SettingValue, ...]:
        """Return every setting with value, default and place; secrets are masked."""
        reading = self.loaded.reading
        return tuple(rows(self.loaded.settings, reading.tree, reading.extra))

    def value(self, key: str) -> tuple[SettingValue, ...]:
        """Return a setting, or all settings of a section.

        Raises:
            UsageError: when this is not how a key is written.
            NotFoundError: when there is no such setting.
        """
        path = keys.parse(key)
        found = tuple(row for row in self.listing() if row.path[: len(path)] == path)
        if found:
            return found
        raise self._no_such(key)

    def _no_such(self, key: str) -> NotFoundError:
        near = nearest(key, (row.key for row in self.listing()), most=1)
        hint = _("Did you mean {near!r}? ").format(near=near[0]) if near else ""
        return NotFoundError(
            _("{key!r} is not a setting.").format(key=key),
            hint=hint + _("`homarus config list` shows every setting."),
        )

    def check(self, *, path: Path | None = None, text: str | None = None) -> tuple[Problem, ...]:
        """Return everything there is to say about a file, a text, or what this house reads; notes included."""
        if text is not None:
            name = Path("text")
            return read(replace(self._ask, files=(name,), required=True), Remembered({name: text})).problems
        if path is not None:
            return read(replace(self._ask, files=(path.absolute(),), required=True), Disk()).problems
        return read(self._ask, Disk()).problems

    # --- change -------------------------------------------------------------------------------------------------

    def set(
        self, key: str, value: Json, *, by: str, also: Mapping[str, Json] | None = None
    ) -> tuple[SettingValue, ...]:
        """Write a setting to the house's own file, on top of the owner's, and reload; `None` takes it out there.

        `also` are settings that change with it: all of them are written at once, or none, and undone as one.

        Raises:
            UsageError: when it is part of a list, or nothing that a key can be.
            UnfitSettingError: when there is no such setting, or the value does not fit; nothing was written then.
        """
        wanted = {key: value, **(also or {})}
        before = text = Disk().read(self._ui)
        for name, wish in wanted.items():
            text = overlay.changed(text, self._ui, self._path_of(name), wish, by=by)
            self._refuse_if_worse(name, text)
        if overlay.differences(before, text):
            self._keep(before)
        self._write(text or "")
        return tuple(row for name in wanted for row in self._after(keys.parse(name)))

    def _path_of(self, key: str) -> tuple[str, ...]:
        path = keys.parse(key)
        if any(isinstance(step, int) for step in path):
            raise UsageError(
                _("{key!r} is inside a list.").format(key=key),
                hint=_("Set the list as a whole, or change it in {file}.").format(file=self._ask.files[0]),
            )
        return tuple(str(step) for step in path)

    def undo(self, *, by: str) -> Undone:
        """Take the last change of `set` back; again, the one before it, ten steps back at most.

        Raises:
            NotFoundError: when there is nothing to undo.
        """
        kept = self._kept()
        previous = Disk().read(kept[-1]) if kept else None
        if previous is None:
            raise NotFoundError(_("No change to take back."), hint=_("`homarus config set` makes changes that can be."))
        try:
            now = Disk().read(self._ui)
        except FaultyFileError:  # broken by hand; what was there before is not
            now = None
        self._write(overlay.signed(previous, _("undo"), by=by))
        kept[-1].unlink(missing_ok=True)
        changed = overlay.differences(now, previous)
        rows = [row for row in self.listing() if any(_is_of(row.path, path) for path in changed)]
        return Undone(settings=tuple(rows), left=len(kept) - 1)

    def _kept(self) -> list[Path]:
        """Return the house's file as it was before each of the last changes, oldest first."""
        return sorted((self._home / backups.FOLDER).glob(f"{UI_FILE}.[0-9]*"))

    def _keep(self, before: str | None) -> None:
        folder = self._home / backups.FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / f"{UI_FILE}.{backups.stamp()}", (before or "{}\n").encode())
        for old in self._kept()[:-_KEPT]:
            old.unlink(missing_ok=True)

    def _write(self, text: str) -> None:
        write_whole(self._ui, text.encode())
        self.load()

    def _after(self, path: tuple[str | int, ...]) -> tuple[SettingValue, ...]:
        return tuple(row for row in self.listing() if row.path[: len(path)] == path)

    def _refuse_if_worse(self, key: str, text: str) -> None:
        disk = Disk()
        known = {problem.sentence for problem in read(self._ask, disk).problems}
        ours = Path(str(self._ui))
        reading = read(self._ask, _Instead(disk, ours, text))
        for problem in reading.problems:
            is_new = problem.sentence not in known and problem.where and problem.where.file == str(ours)
            if not is_new:
                continue
            raise _unfit(key, problem)

    # --- watch --------------------------------------------------------------------------------------------------

    async def watch(self, on_change: Changed, *, poll_s: float = 1.0) -> None:
        """Reload when a file changes, and tell after every change, whoever made it; runs until cancelled."""
        told = self.loaded
        while True:
            await asyncio.sleep(poll_s)
            if await asyncio.to_thread(_prints, set(self._prints)) != self._prints:
                await asyncio.to_thread(self.load)
            if self.loaded is not told:
                told = self.loaded
                on_change(self)
