"""What `homarus doctor` says about jobs, hooks and the heartbeat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homarus.domain.i18n import _, ngettext
from homarus.domain.jobs import JobRun, RunState
from homarus.domain.settings import Settings
from homarus.gateway.facts import Finding

if TYPE_CHECKING:
    from homarus.gateway.house import House
    from homarus.gateway.jobs.planning import JobView

JOBS = "jobs"
HOOKS = "hooks"
_BAD = frozenset({RunState.FAILED, RunState.INTERRUPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChecks:
    """Looks at everything that can be wrong with work that starts by itself."""

    house: "Callable[[], House | None]"
    settings: Callable[[], Settings]

    async def __call__(self) -> Sequence[Finding]:
        """Return every finding; jobs are loaded only where there are some."""
        house, settings = self.house(), self.settings()
        found = [*_hooks(settings)]
        if house is None or not (await house.jobs.count()).jobs:
            return found
        from homarus.gateway.job_faces import planning_of

        views = await planning_of(house).all()
        if not settings.jobs.enabled:
            hint = "homarus config set jobs.enabled true"
            found.append(_odd(JOBS, _("Schedules are switched off: nothing starts by itself."), hint))
        known = {view.job.job_id for view in views} | {view.job.name for view in views}
        found += [_of_job(view) for view in views if view.last_run is not None and view.last_run.state in _BAD]
        found += [
            _odd(HOOKS, _("A hook starts the job {name!r}, which is not there.").format(name=one.job), "homarus jobs")
            for one in settings.hooks.mappings
            if one.action == "job" and one.job not in known
        ]
        waiting = [view for view in views if view.last_run is not None and view.last_run.state is RunState.PARKED]
        found += [_parked(view.last_run) for view in waiting if view.last_run is not None]
        sentence = ngettext("{count} job is planned.", "{count} jobs are planned.", len(views))
        found.append(Finding(topic=JOBS, is_well=True, sentence=sentence.format(count=len(views))))
        return found


def _hooks(settings: Settings) -> Sequence[Finding]:
    hooks = settings.hooks
    if not hooks.enabled:
        return ()
    if hooks.token is None:
        hint = _("Set hooks.token, best as `${HOMARUS_HOOKS_TOKEN}` with the variable in ~/.homarus/.env.")
        return (_odd(HOOKS, _("Hooks are switched on without a token, so nobody is answered."), hint),)
    sentence = _("Hooks answer below {path}.").format(path=hooks.path)
    return (Finding(topic=HOOKS, is_well=True, sentence=sentence),)


def _of_job(view: "JobView") -> Finding:
    run = view.last_run
    assert run is not None
    sentence = _("{name} failed when it ran last: {error}").format(name=view.job.name, error=run.error or run.summary)
    return _odd(JOBS, sentence, run.hint or f"homarus jobs show {run.run_id}")


def _parked(run: JobRun) -> Finding:
    return _odd(JOBS, _("{name} waits for you.").format(name=run.name), "homarus approvals")


def _odd(topic: str, sentence: str, hint: str) -> Finding:
    return Finding(topic=topic, is_well=False, sentence=sentence, hint=hint)
