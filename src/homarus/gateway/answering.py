"""Give a message to whoever answers it: the house for a slash command, an agent for everything else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from homarus.agent import commands, workspace
from homarus.agent.commands import Command, Spoken
from homarus.agent.errands import on_errand
from homarus.agent.history import SessionHistory
from homarus.agent.loop import answer
from homarus.agent.rooms import AgentProfile, Errands, Models, Rooms, Turn
from homarus.domain import agents, codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import ConfigError, UsageError
from homarus.domain.events import Kind
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, TurnId
from homarus.domain.labels import Origin
from homarus.domain.ports import Clock, Door, Memory, Reminders, Run, Sandbox, Watcher
from homarus.domain.settings import Settings
from homarus.domain.tooling import Account, PlannedJobs
from homarus.domain.turns import Inbound, Reply, Said
from homarus.domain.workspaces import refuse
from homarus.gateway.commanding import Commanding
from homarus.gateway.runner import Begun
from homarus.gateway.selection import Selection
from homarus.gateway.toolbox import Toolbox
from homarus.policy.judge import Rules

_DEFAULT_WORKSPACE = "~/.homarus/workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Implements `runner.Answering`."""

    home: Path
    settings: Callable[[], Settings]
    commanding: Commanding
    selection: Selection
    history: SessionHistory
    models: Models
    toolbox: Toolbox
    memory: Callable[[Path], Memory]
    reminders: Reminders
    clock: Clock
    door: Door
    errands: Errands | None = None
    accounts: Callable[[], Mapping[str, Account]] = dict[str, Account]
    """What the owner configured to be read, for tools that write to the same places."""
    jobs: PlannedJobs | None = None

    async def __call__(self, begun: Begun, run: Run, watch: Watcher) -> Reply:
        """Return the reply, written down."""
        inbound, turn = begun.inbound, begun.turn
        spoken = commands.parse(inbound.text) if inbound.label.origin is Origin.OWNER else None
        if spoken is not None and spoken.command is not Command.COMPACT:
            return await self._carried_out(spoken, inbound, turn, run, watch)
        agent, errand = self.agent(inbound.agent), inbound.errand
        told = Turn(
            turn_id=turn,
            inbound=inbound,
            agent=agent if errand is None else on_errand(agent, errand),
            history=self.history,
            history_seq=begun.history_seq,
            accepted_at=begun.accepted_at,
            selected=await self.selection.of_session(inbound.session),
            is_headless=errand is not None and errand.is_headless,
            priority=inbound.priority,
        )
        return await answer(told, run=run, rooms=await self.rooms(told.agent), watch=watch)

    def agent(self, agent_id: AgentId) -> AgentProfile:
        """Return an agent with its workspace made ready.

        Raises:
            ConfigError: when the folder that was named cannot be one.
        """
        settings = self.settings()
        folder = workspace_of(self.home, settings, agent_id)
        because = refuse(folder, self.home)
        if because is not None:
            raise ConfigError(because, hint=_("Name another folder: homarus config set agents.defaults.workspace PATH"))
        workspace.seed(folder)
        return AgentProfile.of(settings, agent_id, workspace=folder)

    async def _carried_out(self, spoken: Spoken, inbound: Inbound, turn: TurnId, run: Run, watch: Watcher) -> Reply:
        async def do() -> JsonObject:
            text = await self.commanding.carry_out(spoken, inbound)
            watch(Said(text=text))
            reply = Reply(turn_id=turn, session=inbound.session, text=text, route=None)
            return {"reply": codec.dump(reply), "messages": [], "channel": inbound.channel, "to": inbound.reply_to}

        written = await run.step("reply", do, kind=Kind.REPLY_WRITTEN)
        return codec.load(Reply, written["reply"])

    async def rooms(self, agent: AgentProfile) -> Rooms:
        """Return everything that a turn of an agent may use."""
        offer = await self.toolbox.offer()
        sandbox: Sandbox = await self.toolbox.sandbox()
        tool_settings: Mapping[str, JsonObject] = offer.settings
        return Rooms(
            models=self.models,
            tools=offer.tools,
            clock=self.clock,
            door=self.door,
            memory=self.memory(agent.workspace),
            reminders=self.reminders,
            sandbox=sandbox,
            rules=rules_of(self.settings()),
            tool_settings=tool_settings,
            errands=self.errands,
            accounts=self.accounts(),
            jobs=self.jobs,
        )


def passes_lanes(inbound: Inbound) -> bool:
    """Whether a message is a command that works at once, past a turn that runs."""
    if inbound.label.origin is not Origin.OWNER:
        return False
    try:
        spoken = commands.parse(inbound.text)
    except UsageError:
        return True  # the words about it need no model
    return spoken is not None and spoken.command in commands.PASSES_LANES


def rules_of(settings: Settings) -> Rules:
    """Return what the owner decided beforehand."""
    chosen = settings.tools.exec
    return replace(Rules(), exec_mode=chosen.mode, safe_bins=frozenset(chosen.safe_bins))


def workspace_of(home: Path, settings: Settings, agent_id: AgentId) -> Path:
    """Return an agent's folder: as written, else `workspace` below the state folder, others beside it by name."""
    own = settings.agents.entries.get(agent_id)
    written = own.workspace if own is not None and own.workspace else settings.agents.defaults.workspace
    if written != _DEFAULT_WORKSPACE:
        return Path(written).expanduser().absolute()
    is_default = agent_id == agents.default_agent(settings)
    return home / ("workspace" if is_default else f"workspace-{agent_id}")
