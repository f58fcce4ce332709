"""What a job says to an agent: a message that it answers, or a note that it reads now or with its next heartbeat."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homarus.domain import agents
from homarus.domain.content import Part, Text
from homarus.domain.findings import Report
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.jobs import JobRun, RunState, Work
from homarus.domain.labels import OWNER, Label, Origin
from homarus.domain.ports import Clock, Run
from homarus.domain.running import Purse, RunOutcome
from homarus.domain.settings import Settings
from homarus.domain.silence import without_tokens
from homarus.domain.turns import Reply
from homarus.gateway.jobs.notes import Note, Notes
from homarus.gateway.jobs.turning import Line, Turning

FROM = "from"
"""Under this name the settings of a work say whose words it has, when they are not the owner's: `hook github`."""
MATERIAL = "material"
"""And under this one what comes with the words, of others and never an order; `source` says where it is from."""
_LINE_CHARS = 160
_UNTIL_READ = "next-heartbeat"
REMINDER = "remind"
"""How a note is read that is for the owner and no agent: it is said as it stands, and no model is asked."""
Say = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """Performs `WorkKind.MESSAGE`."""

    turning: Turning
    settings: Callable[[], Settings]

    async def __call__(self, run: JobRun, journal: Run, purse: Purse, say: Say) -> RunOutcome:
        """Have the agent answer, in the conversation that was named or in one of the run's own."""
        say(_("The agent is asked."), 0, 1)
        agent = agent_of(run.work, self.settings())
        session = run.work.session or SessionKey(f"agent:{agent}:job:{run.run_id}:said")
        line = Line(
            text=run.work.text,
            session=session,
            agent=agent,
            label=label_of(run.work),
            attachments=material_of(run.work),
            priority=run.priority,
        )
        return await outcome(self.turning, await self.turning.answer(run, journal, purse, line), run.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesTaken:
    """Performs `WorkKind.NOTE`."""

    turning: Turning
    notes: Notes
    settings: Callable[[], Settings]
    clock: Clock
    has_heartbeat: Callable[[], bool]
    """Whether a note that waits for the next heartbeat is ever read."""

    async def __call__(self, run: JobRun, journal: Run, purse: Purse, say: Say) -> RunOutcome:
        """Say it in the main conversation now, or leave it for the next heartbeat."""
        agent = agent_of(run.work, self.settings())
        if run.work.settings.get("wake") == REMINDER:
            text = _("Reminder: {text}").format(text=run.work.text)
            report = Report(title=run.name, summary=first_line(text), text=text, message=text)
            return RunOutcome(state=RunState.DONE, summary=first_line(text), report=report)
        if run.work.settings.get("wake") == _UNTIL_READ and self.has_heartbeat():
            await self.notes.add(
                Note(
                    note_id=run.run_id,
                    agent=agent,
                    text=run.work.text,
                    label=label_of(run.work),
                    at=_utc(run, self.clock),
                    material=str(run.work.settings.get(MATERIAL) or ""),
                )
            )
            return RunOutcome(state=RunState.DONE, summary=_("Left for the next heartbeat."))
        say(_("The agent reads a note."), 0, 1)
        session = run.work.session or SessionKey(f"agent:{agent}:main")
        text = _("A note that was planned: {text}").format(text=run.work.text)
        line = Line(
            text=text,
            session=session,
            agent=agent,
            label=label_of(run.work),
            attachments=material_of(run.work),
            priority=run.priority,
        )
        return await outcome(self.turning, await self.turning.answer(run, journal, purse, line), run.name)


def _utc(run: JobRun, clock: Clock) -> datetime:
    return run.slot or clock.now()


def agent_of(work: Work, settings: Settings) -> AgentId:
    """Return the agent that a work is for."""
    if work.agent is not None:
        return work.agent
    if work.session is not None and work.session.startswith("agent:"):
        return AgentId(work.session.split(":", 2)[1])
    return agents.default_agent(settings)


def label_of(work: Work) -> Label:
    """Return whose words a work has: the owner's, unless it says otherwise."""
    source = work.settings.get(FROM)
    if not isinstance(source, str) or not source:
        return OWNER
    return Label(origin=Origin.ALLOWED if source.startswith("hook") else Origin.JOB, source=source)


def material_of(work: Work) -> tuple[Part, ...]:
    """Return what comes with the words of a work."""
    text = work.settings.get(MATERIAL)
    if not isinstance(text, str) or not text:
        return ()
    return (Text(text=text, label=Label(origin=Origin.WEB, source=str(work.settings.get("source") or "hook"))),)


async def outcome(turning: Turning, reply: Reply, name: str) -> RunOutcome:
    """Return what a reply makes of a run; one that somebody stopped is cancelled."""
    if await turning.was_stopped(reply.turn_id):
        return RunOutcome(state=RunState.CANCELLED, summary=_("Its turn was stopped."))
    return outcome_of(reply, name)


def outcome_of(reply: Reply, name: str) -> RunOutcome:
    """Return what a reply makes of a run; an agent that has nothing to say leaves nothing to tell."""
    if reply.is_error:
        return RunOutcome(state=RunState.FAILED, summary=reply.text, error=reply.text, hint=reply.hint)
    text = without_tokens(reply.text)
    if not text:
        return RunOutcome(state=RunState.DONE, summary=_("Nothing to tell."))
    report = Report(title=name, summary=first_line(text), text=text, message=text)
    return RunOutcome(state=RunState.DONE, summary=first_line(text), report=report)


def first_line(text: str) -> str:
    """Return the beginning of a text as one line for lists."""
    line = next((line.strip(" #*") for line in text.splitlines() if line.strip(" #*")), "")
    return line if len(line) <= _LINE_CHARS else line[: _LINE_CHARS - 1] + "…"
