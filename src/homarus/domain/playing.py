"""What a playbook's house stands on: one run, and the ports to everything else."""

from dataclasses import dataclass
from datetime import datetime

from homarus.domain.books import Books
from homarus.domain.ids import THE_OWNER, AgentId, OwnerId, SessionKey
from homarus.domain.ports import Blobs, Clock, Run
from homarus.domain.running import Purse
from homarus.domain.sources import Sources
from homarus.domain.speaking import Acting, Files, Progress, Speaking

MAIN_AGENT = AgentId("main")
MAIN_SESSION = SessionKey("agent:main:main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One run of a playbook."""

    run_id: str
    playbook: str
    began_at: datetime
    """The time that the run is for, in the owner's zone; the same at every replay."""
    root: str = ""
    """The first run of a chain of retries: what was sent under its keys is not sent again."""
    retry_of: str = ""
    """Whose facts belong to steps that are taken over."""
    seed: int = 0
    """Where the dice of its models begin; the same for a retry."""
    is_dry: bool = False
    is_degraded: bool = False
    agent: AgentId = MAIN_AGENT
    session: SessionKey = MAIN_SESSION
    owner_id: OwnerId = THE_OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyLimits:
    """What effects may cost; only a person sets it, in the configuration, and no tool can."""

    per_effect_usd: float = 0.0
    per_day_usd: float = 0.0


NO_MONEY = MoneyLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything that a house asks others for."""

    journal: Run
    purse: Purse
    books: Books
    blobs: Blobs
    speaking: Speaking
    acting: Acting
    sources: Sources
    files: Files
    clock: Clock
    say: Progress
    money: MoneyLimits = NO_MONEY
