"""Plan work that comes again, say what is planned, and take it back."""

from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.content import Json
from homarus.domain.errors import HomarusError, ToolArgumentError, ToolFailedError
from homarus.domain.i18n import _, ngettext
from homarus.domain.labels import HOUSE, Label, Origin
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.tooling import PlannedJob, PlannedJobs, ToolContext

_MOST_CHARS = 4_000
_LONGEST_WHEN = 200
_LONGEST_ID = 100


@tool("job.add", risk=Risk.WRITE, key=["schedule", "what"])
async def add(
    context: ToolContext,
    *,
    schedule: Annotated[str, at_most(_LONGEST_WHEN)],
    what: Annotated[str, at_most(_MOST_CHARS)],
) -> ToolOutput:
    """Plan work that you do later, `schedule` as the owner said it: "every weekday 07:30"."""
    if not what.strip():
        raise ToolArgumentError("`what` is empty.", hint="Write what is to be done each time.")
    return await planned(context, schedule, what, is_reminder=False)


@tool("job.list", risk=Risk.READ)
async def listing(context: ToolContext) -> ToolOutput:
    """List planned jobs."""
    found = await _jobs(context).all()
    lines = [f"{job.job_id}: {job.name}: {job.when}; next {', '.join(job.next) or 'never'}" for job in found]
    listed: list[Json] = [{"job_id": job.job_id, "name": job.name, "when": job.when} for job in found]
    return ToolOutput(
        text="\n".join(lines) or "[nothing is planned]",
        label=Label(origin=Origin.MODEL, source="jobs", reach=context.reach) if found else HOUSE,
        summary=ngettext("Found {count} job", "Found {count} jobs", len(found)).format(count=len(found)),
        facts={"found": len(found), "jobs": listed},
    )


@tool("job.cancel", risk=Risk.WRITE, key=["id"])
async def cancel(
    context: ToolContext,
    *,
    id: Annotated[str, at_most(_LONGEST_ID)],  # noqa: A002 - the name that models are told
) -> ToolOutput:
    """Remove a planned job."""
    jobs = _jobs(context)
    try:
        job = await jobs.cancel(id.strip(), agent=context.agent)
    except HomarusError as error:
        raise ToolArgumentError(error.message, hint=error.hint) from error
    summary = _("Removed the job {name}: {when}").format(name=job.name, when=job.when)
    return ToolOutput(text=f"{summary}.", label=HOUSE, summary=summary, facts={"job_id": job.job_id})


async def planned(context: ToolContext, when: str, text: str, *, is_reminder: bool) -> ToolOutput:
    """Plan something that comes again, and say honestly when it comes.

    Raises:
        ToolArgumentError: when the words do not say when.
    """
    jobs = _jobs(context)
    words = " ".join(text.split()) if is_reminder else text.strip()
    try:
        job = await jobs.add(when, words, agent=context.agent, session=context.session, is_reminder=is_reminder)
    except HomarusError as error:
        raise ToolArgumentError(error.message, hint=error.hint) from error
    summary = _said(job, words)
    return ToolOutput(
        text=f"{summary}.",
        label=HOUSE,
        summary=summary,
        facts={"job_id": job.job_id, "when": job.when, "next": list(job.next), "was_set": job.was_there},
    )


def _said(job: PlannedJob, words: str) -> str:
    begin = _("Already planned, {when}: {text}") if job.was_there else _("Planned, {when}: {text}")
    said = begin.format(when=job.when, text=words)
    return said + " " + _("(next: {times})").format(times="; ".join(job.next)) if job.next else said


def _jobs(context: ToolContext) -> PlannedJobs:
    if context.jobs is None:
        raise ToolFailedError("Nothing can be planned here.", hint="Tell the owner: homarus jobs add", label=HOUSE)
    return context.jobs
