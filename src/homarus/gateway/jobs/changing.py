"""Change jobs that are there: switch them off and on, give them another schedule, remove them."""

from dataclasses import dataclass, replace

from homarus.domain.jobs import Job
from homarus.gateway.jobs.planning import JobView, Planning


@dataclass(frozen=True, slots=True, kw_only=True)
class Changing:
    """Changes what was planned."""

    planning: Planning

    async def pause(self, job: Job, *, because: str, by: str) -> JobView:
        """Switch a job off; what is under way goes on."""
        paused = replace(job, is_enabled=False, paused_because=because)
        await self.planning.jobs.stored.put_job(paused, by=by, change="paused")
        self.planning.jobs.scheduling.look_again()
        return await self.planning.view(paused)

    async def resume(self, job: Job, *, by: str) -> JobView:
        """Switch a job on again; what passed meanwhile is not made up for."""
        resumed = replace(job, is_enabled=True, paused_because="")
        await self.planning.jobs.stored.put_job(resumed, by=by, change="resumed")
        await self.planning.jobs.scheduling.begin_anew(job.job_id)
        return await self.planning.view(resumed)

    async def change(self, job: Job, changed: Job, *, by: str) -> JobView:
        """Put a job in place of what it was; another schedule counts from now on."""
        kept = replace(changed, job_id=job.job_id, made_at=job.made_at, made_by=job.made_by)
        await self.planning.jobs.stored.put_job(kept, by=by, change="changed")
        if kept.schedule != job.schedule:
            await self.planning.jobs.scheduling.begin_anew(job.job_id)
        self.planning.jobs.scheduling.look_again()
        return await self.planning.view(kept)

    async def remove(self, job: Job, *, by: str) -> None:
        """Remove a job; its runs stay."""
        await self.planning.jobs.stored.drop_job(job.job_id, by=by)
        await self.planning.jobs.scheduling.forget(job.job_id)
