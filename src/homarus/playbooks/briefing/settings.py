"""What the owner sets for the morning briefing."""

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """The morning briefing."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    sample: bool = False
    """Read the sample data that homarus ships, not your own sources: a way to see it without setting anything up."""
    sources: list[str] = []
    """Names of the sources to read, of those under `sources`; all of them when none is named."""
    me: list[str] = []
    """Your addresses, so that your own mails and your part in invitations are known; those of mail accounts are."""
    vips: list[str] = []
    """Who always comes first: addresses, or whole domains as `@example.org`."""
    model: str = ""
    """Which model sorts and writes; the usual one when empty."""
    most_mails: int = Field(default=2_000, ge=1, le=5_000)
    """How many new mails of an account are looked at in one run, newest first."""
    most_asked: int = Field(default=60, ge=0, le=500)
    """How many mails a model is asked about; the others are sorted by rules."""
    drafts: bool = True
    """Whether answers are written into the drafts folder of the account; nothing is ever sent."""
    most_drafts: int = Field(default=5, ge=0, le=25)
    """How many of them."""
    tone: list[str] = []
    """One to three answers that you wrote yourself, so that drafts sound like you."""
    signature: str = Field(default="", max_length=300)
    """How your answers end."""
    work_from: str = Field(default="09:00", pattern=r"^\d\d:\d\d$")
    """When your day begins."""
    work_to: str = Field(default="17:30", pattern=r"^\d\d:\d\d$")
    """When it ends."""
    travel_minutes: int = Field(default=30, ge=0, le=240)
    """What you need between two places."""
    days_ahead: int = Field(default=7, ge=1, le=31)
    """How many days of the calendar are looked at."""
    waiting_days: int = Field(default=4, ge=1, le=60)
    """After how many days an answer that did not come is mentioned."""
    posts: str = ""
    """A CSV file with posts to come: `network,at,text`. They are checked and priced here; nothing is posted."""
    ready_by: str = Field(default="", pattern=r"^(\d\d:\d\d)?$")
    """When you want to have it; a later one says so."""
