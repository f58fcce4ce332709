"""The files of a question: kept as they are now, so that a decision can be looked at again years later."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin, Reach
from homarus.domain.playbooks import House
from homarus.domain.sources import NoDataError
from homarus.playbooks.board.roster import SHIPPED, Roster, parsed, shipped
from homarus.playbooks.board.settings import Settings

_TABLES = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet"}
_OWN = {".json5", ".json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file as it was kept."""

    path: str
    sha256: str
    label: Label


async def roster_of(house: House[Settings]) -> Roster:
    """Return the roster that the settings name.

    Raises:
        ConfigError: when it is not one.
        NoDataError: when there is no such file.
    """
    name = house.settings.roster
    if name in shipped():
        return parsed(await asyncio.to_thread((SHIPPED / f"{name}.json5").read_text, "utf-8"), f"{name}.json5")
    if not any(name.endswith(suffix) for suffix in _OWN):
        raise NoDataError(
            _("There is no roster {name!r}.").format(name=name),
            hint=_("There are {names}; or name a file of your own that ends in .json5.").format(
                names=", ".join(shipped())
            ),
        )
    snapshot = await house.read("roster", name)
    return parsed((await house.blob(snapshot.sha256)).decode("utf-8", errors="replace"), name)


def today_of(house: House[Settings]) -> datetime:
    """Return when the question is asked: a sample lives at a time of its own."""
    if house.settings.sample:
        from homarus.playbooks.sampling import sample_now

        return sample_now("board")
    return house.began_at


async def kept_files(house: House[Settings], *, local_only: bool) -> list[Kept]:
    """Keep every file that was named; one that cannot be read is missed, all of them end the run.

    Raises:
        NoDataError: when there is none.
    """
    files = await _sample(house) if house.settings.sample else await _own(house)
    if not files:
        raise NoDataError(
            _("The board has no tables to look at."),
            hint=_("Name them: --set files=orders.csv,campaigns.csv, or try --set sample=true."),
        )
    if not local_only:
        return files
    return [replace(kept, label=replace(kept.label, reach=Reach.LOCAL_ONLY)) for kept in files]


async def _own(house: House[Settings]) -> list[Kept]:
    files: list[Kept] = []
    for path in house.settings.files:
        try:
            snapshot = await house.read(f"read:{path}", path)
        except NoDataError as error:
            house.miss(Missing(what=path, because=error.message, hint=error.hint))
            continue
        files.append(Kept(path=path, sha256=snapshot.sha256, label=snapshot.label))
    return files


async def _sample(house: House[Settings]) -> list[Kept]:
    from homarus.playbooks.sampling import sample_folder

    label = Label(origin=Origin.FILE, source="sample data of homarus")
    files: list[Kept] = []
    for path in sorted(sample_folder("board").iterdir()):
        if path.suffix in _TABLES and path.name != "now.txt":
            content = await asyncio.to_thread(path.read_bytes)
            snapshot = await house.keep(content, url=f"sample:{path.name}", title=path.name, label=label)
            files.append(Kept(path=path.name, sha256=snapshot.sha256, label=label))
    return files
