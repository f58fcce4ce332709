"""The types of the sections `sources.<name>`: what every source can be told, and what its kind adds."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, create_model

from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _
from homarus.domain.marks import SourceMark, mark_of

if TYPE_CHECKING:
    from homarus.gateway.discover import Discovery


class SourceSettings(BaseModel):
    """What every source can be told."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, use_attribute_docstrings=True)
    kind: str
    """What it is: `imap`, `caldav`, `feed` ..."""
    enabled: bool = True
    """Whether it is read."""


def settings_of(discovery: "Discovery", kind: str) -> type[BaseModel] | None:
    """Return the settings of a kind of source; `None` when there is no such kind or its file does not work."""
    if ("source", kind) not in discovery.spots:
        return None
    try:
        mark = mark_of(discovery.thing("source", kind))
    except NotFoundError:
        return None  # kept as a problem of the discovery
    return mark.settings if isinstance(mark, SourceMark) else None


@cache
def combined(own: type[BaseModel]) -> type[BaseModel]:
    """Return one type for the whole section; it is a subclass of the source's own, so the source is built with it."""
    bases = cast("tuple[type[BaseModel], ...]", (SourceSettings, own))
    return create_model(f"{own.__name__}OfSource", __base__=bases)


@cache
def no_kind(known: tuple[str, ...]) -> type[BaseModel]:
    """Return a type that takes any settings and no kind: the problem names the kinds that there are."""

    def known_kind(_kind: str) -> str:
        raise ValueError(_("one of {kinds}").format(kinds=", ".join(known) or _("none, as none is here")))

    class NoKind(SourceSettings):
        model_config = ConfigDict(extra="allow")
        kind: Annotated[str, AfterValidator(known_kind)]

    return NoKind
