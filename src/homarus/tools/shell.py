"""Run a command in the sandbox."""

from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.errors import ToolArgumentError
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.ports import Ran
from homarus.domain.settings import ExecSettings
from homarus.domain.tooling import ToolContext

_DEFAULT_LIMIT_S = 60.0
_LONGEST_COMMAND = 32_000


@tool("shell.run", risk=Risk.RUN, key=["command"], is_repeatable=False, settings=ExecSettings)
async def run(context: ToolContext, *, command: Annotated[str, at_most(_LONGEST_COMMAND)]) -> ToolOutput:
    """Run a shell command in the workspace, without network."""
    if not command.strip() or "\0" in command:
        raise ToolArgumentError("`command` is empty.", hint="Write one command line, as `ls -l`.")
    wanted = context.settings.get("timeout_seconds")
    limit_s = float(wanted) if isinstance(wanted, int | float) else _DEFAULT_LIMIT_S
    ran = await context.sandbox.run(["/bin/sh", "-c", command], workspace=context.workspace, timeout_s=limit_s)
    return ToolOutput(
        text=_told(ran, limit_s),
        label=Label(origin=Origin.TOOL, source="shell.run"),
        summary=_summary(command, ran, limit_s),
        facts={
            "command": command,
            "exit_code": ran.exit_code,
            "is_timed_out": ran.is_timed_out,
            "sandbox": context.sandbox.level,
            **({"put_back": list(ran.put_back)} if ran.put_back else {}),
        },
    )


def _told(ran: Ran, limit_s: float) -> str:
    parts = [f"[ended after {limit_s:g} s, too slow]" if ran.is_timed_out else f"[exit code {ran.exit_code}]"]
    if ran.stdout.strip():
        parts.append(ran.stdout.rstrip())
    if ran.stderr.strip():
        parts.append(f"[errors]\n{ran.stderr.rstrip()}")
    if ran.put_back:
        parts.append(
            f"[put back as it was: {', '.join(ran.put_back)}. A command may not change what steers the agent.]"
        )
    return "\n".join(parts)


def _summary(command: str, ran: Ran, limit_s: float) -> str:
    if ran.is_timed_out:
        return _("Ended {command!r} after {limit:g} s").format(command=command, limit=limit_s)
    said = _("Ran {command!r}, exit code {code}").format(command=command, code=ran.exit_code)
    if ran.put_back:
        said = _("{said}; put back {files}, which it had changed").format(said=said, files=", ".join(ran.put_back))
    return said
