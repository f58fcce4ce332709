"""What `status` and `doctor` say of a database that several processes share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homarus.domain.i18n import _, ngettext
from homarus.domain.settings import Settings
from homarus.gateway.facts import Finding, SharedDatabase, SharingProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from homarus.state.postgres.shared import Shared

_TOPIC = "database"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedChecks:
    """Looks at the database that a house shares, where it does."""

    shared: "Shared | None"
    settings: "Callable[[], Settings]"

    async def shown(self) -> SharedDatabase | None:
        """Return which database it is and who shares it."""
        if self.shared is None:
            return None
        found = await self.shared.neighbours()
        return SharedDatabase(
            place=self.shared.place,
            processes=tuple(
                SharingProcess(kind=one.kind, place=one.place, since=one.started_at, is_me=one.is_me) for one in found
            ),
        )

    async def files(self) -> Sequence[Finding]:
        """Say when attachments are kept where the others cannot reach them."""
        shown = await self.shown()
        if shown is None or len(shown.processes) < 2 or self.settings().jobs.shared is not None:  # noqa: PLR2004 - two
            return []
        sentence = _("Other processes share this house, but attachments and artifacts are kept on this machine alone.")
        hint = _("Set jobs.shared to a folder that all of them reach.")
        return [Finding(topic=_TOPIC, is_well=False, sentence=sentence, hint=hint)]

    async def processes(self) -> Sequence[Finding]:
        """Name the database, who shares it, and how it is backed up."""
        shown = await self.shown()
        if shown is None or self.shared is None:
            return []
        count = len(shown.processes)
        told = ngettext(
            "{count} process uses the database {place}: {names}.",
            "{count} processes share the database {place}: {names}.",
            count,
        )
        names = ", ".join(f"{one.kind} {one.place}" for one in shown.processes)
        backup = _("homarus makes no copies of it; for one: {command}").format(command=self.shared.backup_command)
        return [
            Finding(topic=_TOPIC, is_well=True, sentence=told.format(count=count, place=shown.place, names=names)),
            Finding(topic=_TOPIC, is_well=True, sentence=backup),
        ]
