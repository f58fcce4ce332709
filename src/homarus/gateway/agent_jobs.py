"""Let agents plan work: messages to themselves and reminders that come again, under their own name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homarus.domain.errors import RefusedError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.tooling import PlannedJob

if TYPE_CHECKING:
    from homarus.gateway.house import House
    from homarus.gateway.jobs.planning import JobView, Planning

_BY = "agent:"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentJobs:
    """Implements `domain.tooling.PlannedJobs`; jobs are loaded with the first call."""

    house: "Callable[[], House | None]"

    async def add(self, when: str, text: str, *, agent: AgentId, session: SessionKey, is_reminder: bool) -> PlannedJob:
        """Plan a message to the agent, or a reminder, which needs no model."""
        from homarus.gateway.jobs.messages import FROM, REMINDER
        from homarus.gateway.jobs.planning import Wish

        planning = self._planning()
        by = f"{_BY}{agent}"
        wish = Wish(
            when=when,
            say=text,
            note=is_reminder,
            settings={"wake": REMINDER} if is_reminder else {FROM: by},
            agent=agent,
            session=session if is_reminder else "",
        )
        job = planning.job_of(wish, by=by)
        view = await planning.add_same_once(job)
        return _shown(view, was_there=view.job.job_id != job.job_id)

    async def all(self) -> tuple[PlannedJob, ...]:
        """Return all jobs, those that come next first."""
        return tuple(_shown(view) for view in await self._planning().all())

    async def cancel(self, job: str, *, agent: AgentId) -> PlannedJob:
        """Remove a job that an agent planned; what the owner planned stays."""
        from homarus.gateway.jobs.changing import Changing

        planning = self._planning()
        found = await planning.named(job)
        if not found.made_by.startswith(_BY):
            raise RefusedError(
                _("The job {name!r} was planned by your owner.").format(name=found.name),
                hint=_("Ask the owner to remove it: homarus jobs remove {id}").format(id=found.job_id),
            )
        shown = _shown(await planning.view(found))
        await Changing(planning=planning).remove(found, by=f"{_BY}{agent}")
        return shown

    def _planning(self) -> "Planning":
        from homarus.gateway.job_faces import planning_of

        house = self.house()
        assert house is not None
        return planning_of(house)


def _shown(view: "JobView", *, was_there: bool = False) -> PlannedJob:
    from homarus.tools.when import spoken

    return PlannedJob(
        job_id=view.job.job_id,
        name=view.job.name,
        when=view.in_words,
        next=tuple(spoken(at) for at in view.next),
        was_there=was_there,
    )
