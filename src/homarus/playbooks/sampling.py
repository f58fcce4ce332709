"""The sample data that homarus ships, so that every playbook can be tried in one command with nothing configured.

It stands in the package, in `playbooks/samples/<playbook>`, and is made by `scripts/samples_<playbook>.py`. A sample
has a day of its own: whenever it is tried, its deadlines are as near as they were meant to be.
"""

from datetime import datetime
from pathlib import Path

from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _

_FOLDER = Path(__file__).with_name("samples")
NOW = "now.txt"


def sample_folder(playbook: str) -> Path:
    """Return where a playbook's sample data is.

    Raises:
        NotFoundError: when none is shipped for it.
    """
    folder = _FOLDER / playbook
    if not playbook.isidentifier() or not folder.is_dir():
        raise NotFoundError(
            _("No sample data is shipped for {playbook!r}.").format(playbook=playbook),
            hint=_("Configure sources of your own; `homarus playbooks show {playbook}` names what it reads.").format(
                playbook=playbook
            ),
        )
    return folder


def sample_now(playbook: str) -> datetime:
    """Return the time at which a sample plays, with its zone's offset.

    Raises:
        NotFoundError: when none is shipped for it.
    """
    return datetime.fromisoformat((sample_folder(playbook) / NOW).read_text("utf-8").strip())
