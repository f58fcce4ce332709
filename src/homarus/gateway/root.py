"""Root is asked whether it means it: an agent that runs as root can do anything to the machine."""

import os
from pathlib import Path

CONSENT = "root-is-fine"
"""A file in the state folder that root leaves by saying so once."""


def is_root() -> bool:
    """Whether this process may do anything."""
    return os.geteuid() == 0


def is_container() -> bool:
    """Whether this machine is a container, whose root is not the host's."""
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists() or "container" in os.environ


def has_consent(home: Path) -> bool:
    """Whether a gateway may run here: as anybody but root, in a container, or because root said so."""
    return not is_root() or is_container() or (home / CONSENT).exists()
