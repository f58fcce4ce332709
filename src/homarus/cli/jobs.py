"""homarus jobs: work that starts without you, planned in words."""

from argparse import ArgumentParser

from homarus.cli import actions
from homarus.cli.actions import Action
from homarus.cli.jobs_plan import add, declare_add, declare_edit, declare_import, edit, take_over
from homarus.cli.jobs_show import declare_runs, declare_show, listing, pause, remove, resume, runs, show
from homarus.cli.jobs_work import cancel, declare_replay, declare_run, replay, start
from homarus.cli.options import Options
from homarus.domain.i18n import noted

ACTIONS = (
    Action(name="list", about=noted("your jobs, those that come next first"), run=listing),
    Action(name="add", about=noted("plan a playbook or a message: when, and what"), run=add, declare=declare_add),
    Action(name="run", about=noted("start a job now and watch it"), run=start, declare=declare_run),
    Action(
        name="show",
        about=noted("a job with its runs, or a run step by step with models and cost"),
        run=show,
        declare=declare_show,
    ),
    Action(name="runs", about=noted("what ran, newest first"), run=runs, declare=declare_runs),
    Action(
        name="pause",
        about=noted("switch a job off, or hold a run before its next step"),
        run=pause,
        declare=actions.named("id", noted("a job or a run")),
    ),
    Action(
        name="resume",
        about=noted("switch a job on again, or let a run go on"),
        run=resume,
        declare=actions.named("id", noted("a job or a run")),
    ),
    Action(name="cancel", about=noted("end a run at once"), run=cancel, declare=actions.named("id", noted("a run"))),
    Action(
        name="replay",
        about=noted("do a run again: from a step, or without any effect to compare it"),
        run=replay,
        declare=declare_replay,
    ),
    Action(name="edit", about=noted("change what you name of a job"), run=edit, declare=declare_edit),
    Action(
        name="remove",
        about=noted("remove a job; its runs stay"),
        run=remove,
        declare=actions.named("id", noted("a job")),
    ),
    Action(name="import", about=noted("take over the cron jobs of OpenClaw"), run=take_over, declare=declare_import),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named."""
    return actions.run(options, ACTIONS)
