"""homarus playbooks: jobs that somebody already wrote, what they read, and what they may do unasked."""

from argparse import ArgumentParser

from homarus.cli import actions
from homarus.cli.actions import Action
from homarus.cli.options import Options
from homarus.cli.playbooks_effects import declare_effects, declare_rules, declare_sources, effects, rules, sources
from homarus.cli.playbooks_export import declare_export, export
from homarus.cli.playbooks_new import declare_new, new
from homarus.cli.playbooks_run import declare_run, listing, run_one, show
from homarus.domain.i18n import noted

ACTIONS = (
    Action(name="list", about=noted("what there is, and what each needs"), run=listing),
    Action(
        name="show",
        about=noted("a playbook with its settings"),
        run=show,
        declare=actions.named("name", noted("a playbook")),
    ),
    Action(name="run", about=noted("run one now and watch it"), run=run_one, declare=declare_run),
    Action(
        name="export", about=noted("take a report along: Markdown, HTML or PDF"), run=export, declare=declare_export
    ),
    Action(
        name="effects",
        about=noted("what happened elsewhere; settle what nobody knows"),
        run=effects,
        declare=declare_effects,
    ),
    Action(
        name="rules",
        about=noted("what may be done unasked: add, list, revoke"),
        run=rules,
        declare=declare_rules,
    ),
    Action(
        name="sources",
        about=noted("what playbooks read, and when that worked last"),
        run=sources,
        declare=declare_sources,
    ),
    Action(name="new", about=noted("begin a playbook of your own, as one file"), run=new, declare=declare_new),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named."""
    return actions.run(options, ACTIONS)
