"""Slash commands about work that goes on beside conversations: `/jobs`, `/queue`, `/subagents`, `/usage`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homarus.agent.commands import Command, Spoken
from homarus.domain import codec
from homarus.domain.errors import UsageError
from homarus.domain.events import Kind
from homarus.domain.i18n import _, ngettext
from homarus.domain.turns import Inbound, Reply

if TYPE_CHECKING:
    from homarus.gateway.house import House
    from homarus.gateway.jobs.planning import JobView, Planning

_BY = "chat"
_MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Does what these commands say; jobs are loaded with the first of them."""

    house: "Callable[[], House | None]"

    def commands(self) -> Mapping[Command, Callable[[Spoken, Inbound], Awaitable[str]]]:
        """Return what can be said."""
        return {
            Command.JOBS: self._jobs,
            Command.QUEUE: self._queue,
            Command.SUBAGENTS: self._subagents,
            Command.USAGE: self._usage,
        }

    def _there(self) -> "House":
        house = self.house()
        assert house is not None
        return house

    async def _jobs(self, spoken: Spoken, _inbound: Inbound) -> str:
        from homarus.gateway.job_faces import planning_of
        from homarus.gateway.jobs.changing import Changing

        planning = planning_of(self._there())
        changing = Changing(planning=planning)
        what, _space, name = spoken.rest.partition(" ")
        if what in ("", "list", "status"):
            return await _listed(planning)
        if what not in ("run", "pause", "resume", "show") or not name.strip():
            raise UsageError(
                _("`/jobs {rest}` is not clear.").format(rest=spoken.rest[:80]),
                hint=_("Write: /jobs, /jobs run NAME, /jobs pause NAME, /jobs resume NAME. To plan: just say it."),
            )
        job = await planning.named(name)
        if what == "run":
            run = await planning.start(job)
            return _("Started {name}: `{run}`. `/queue` says how far it is.").format(name=job.name, run=run.run_id)
        if what == "pause":
            await changing.pause(job, because="", by=_BY)
            return _("Paused {name}.").format(name=job.name)
        view = await changing.resume(job, by=_BY) if what == "resume" else await planning.view(job)
        return _line(view)

    async def _queue(self, _spoken: Spoken, _inbound: Inbound) -> str:
        house = self._there()
        status = await house.facts.status()
        lines = [
            _("Turns: {running} running, {queued} waiting").format(
                running=status.turns.beside, queued=status.turns.queued
            )
        ]
        if (await house.jobs.count()).open_runs:
            from homarus.state.jobs.runs import OPEN

            open_runs = await house.jobs().runs.list(states=OPEN, limit=_MOST)
            lines += [f"{run.name}: {run.state.value} `{run.run_id}`" for run in open_runs]
        return "\n".join(f"- {line}" for line in lines)

    async def _subagents(self, spoken: Spoken, _inbound: Inbound) -> str:
        desk = self._there().errands
        under_way = {} if desk is None else {run: set(turns) for run, turns in desk.under_way.items() if turns}
        what, _space, name = spoken.rest.partition(" ")
        if what in ("kill", "stop") and desk is not None:
            wanted = name.strip() or "all"
            chosen = [run for run in under_way if wanted in ("all", run) or wanted in under_way[run]]
            for run in chosen:
                await desk.stop(run, by=_BY)
            stopped = sum(len(under_way[run]) for run in chosen)
            return ngettext("Stopped {count} sub-agent.", "Stopped {count} sub-agents.", stopped).format(count=stopped)
        if what not in ("", "list", "log", "info"):
            raise UsageError(
                _("`/subagents {rest}` is not clear.").format(rest=spoken.rest[:80]),
                hint=_("Write: /subagents, or /subagents kill all. Agents give work to sub-agents themselves."),
            )
        lines = [f"- `{turn}` ({run})" for run, turns in under_way.items() for turn in sorted(turns)]
        return "\n".join(lines) or _("No sub-agents are under way.")

    async def _usage(self, _spoken: Spoken, inbound: Inbound) -> str:
        read = written = answers = 0
        for event in await self._there().store.of_session(inbound.session, kinds=(Kind.REPLY_WRITTEN,)):
            reply = codec.load(Reply, event.body["reply"])
            read += reply.usage.prompt_tokens
            written += reply.usage.completion_tokens
            answers += reply.route is not None
        said = _("This conversation: {answers} answers, {read} tokens read, {written} written.")
        return said.format(answers=answers, read=read, written=written)


async def _listed(planning: "Planning") -> str:
    views = await planning.all()
    lines = [f"- {_line(view)}" for view in views[:_MOST]]
    if len(views) > _MOST:
        lines.append(_("- and {count} more: `homarus jobs`").format(count=len(views) - _MOST))
    return "\n".join(lines) or _("Nothing is planned. Say it here: every weekday at 7 tell me what is new.")


def _line(view: "JobView") -> str:
    from homarus.domain.times import in_words

    schedule = view.job.schedule
    if schedule is not None and schedule.at is not None and view.job.is_enabled and view.next:
        return f"{view.job.name}: {view.in_words}"  # these words are its only time
    coming = in_words(view.next[0]) if view.next else _("paused") if not view.job.is_enabled else _("not planned")
    return f"{view.job.name}: {view.in_words}; {coming}"
