"""Look at what HEARTBEAT.md asks for, and at notes that wait: one turn in a session of its own, without the past."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from homarus.domain import agents
from homarus.domain.content import Text
from homarus.domain.findings import Report
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.jobs import JobRun, RunState
from homarus.domain.labels import HOUSE, Label, Origin
from homarus.domain.ports import Run
from homarus.domain.running import Purse, RunOutcome
from homarus.domain.settings import Settings
from homarus.domain.silence import without_tokens
from homarus.gateway.jobs.beating import FILE, read_orders
from homarus.gateway.jobs.messages import Say, first_line
from homarus.gateway.jobs.notes import Notes
from homarus.gateway.jobs.turning import Line, Turning

_WEB = Label(origin=Origin.WEB, source="hook")
_ASKS = (
    "This is your regular look at what stands in HEARTBEAT.md, below. Do what it asks for now, and nothing that it "
    "does not ask for. Do not repeat what you said before. If nothing needs the owner's attention, answer HEARTBEAT_OK "
    "and nothing else; else say in a few sentences what does."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Performs `WorkKind.HEARTBEAT`."""

    turning: Turning
    notes: Notes
    workspace: Callable[[AgentId], Path]
    settings: Callable[[], Settings]

    async def __call__(self, run: JobRun, journal: Run, purse: Purse, say: Say) -> RunOutcome:
        """Ask the agent; an answer that says all is well is nobody's business."""
        settings = self.settings()
        heartbeat, agent = settings.agents.defaults.heartbeat, run.work.agent or agents.default_agent(settings)
        orders = await asyncio.to_thread(read_orders, self.workspace(agent) / FILE)
        notes = await self.notes.waiting(agent)
        if not orders and not notes:
            return RunOutcome(state=RunState.DONE, summary=_("There was nothing to do."))
        say(_("The agent looks at {file}.").format(file=FILE), 0, 1)
        own = [note.text for note in notes if note.label.is_trusted]
        others = (
            *(Text(text=note.text, label=note.label) for note in notes if not note.label.is_trusted),
            *(Text(text=note.material, label=_WEB) for note in notes if note.material),
        )
        parts = [heartbeat.prompt or _ASKS, orders, *(f"Note: {text}" for text in own)]
        line = Line(
            text="\n\n".join(part for part in parts if part),
            session=SessionKey(f"agent:{agent}:heartbeat:{run.run_id}"),
            agent=agent,
            label=HOUSE,
            attachments=others,
            priority="heartbeat",
        )
        reply = await self.turning.answer(run, journal, purse, line)
        await self.notes.drop(tuple(note.note_id for note in notes))
        if reply.is_error:
            return RunOutcome(state=RunState.FAILED, summary=reply.text, error=reply.text, hint=reply.hint)
        text = said_by(reply.text, heartbeat.ack_max_chars)
        if not text:
            return RunOutcome(state=RunState.DONE, summary=_("All is well."))
        report = Report(title=_("Heartbeat"), summary=first_line(text), text=text, message=text)
        return RunOutcome(state=RunState.DONE, summary=first_line(text), report=report)


def said_by(text: str, ack_max_chars: int) -> str:
    """Return what is left to tell of an answer, empty when it says that all is well and hardly anything else."""
    rest = without_tokens(text)
    return "" if rest != text.strip() and len(rest) <= ack_max_chars else rest
