"""Every quirk by its name."""

from difflib import get_close_matches

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.testing.quirks.lapses import LAPSES
from homarus.testing.quirks.quirk import Quirk
from homarus.testing.quirks.refusals import REFUSALS
from homarus.testing.quirks.sayings import SAYINGS
from homarus.testing.quirks.schemas import SCHEMAS
from homarus.testing.quirks.shapes import SHAPES
from homarus.testing.quirks.wires import DEATHS, STREAMS

QUIRKS: dict[str, Quirk] = {
    quirk.name: quirk for quirk in (*SAYINGS, *SHAPES, *LAPSES, *REFUSALS, *SCHEMAS, *DEATHS, *STREAMS)
}


def quirk_named(name: str) -> Quirk:
    """Return a quirk by its name.

    Raises:
        UsageError: when there is none of that name.
    """
    if name in QUIRKS:
        return QUIRKS[name]
    near = get_close_matches(name, QUIRKS, n=1)
    hint = _("Did you mean {near!r}?").format(near=near[0]) if near else _("`--list` names them all.")
    raise UsageError(_("There is no quirk {name!r}.").format(name=name), hint=hint)
