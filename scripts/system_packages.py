"""Install Chromium, PostgreSQL and bubblewrap from Debian's packages, for the tests that use the real ones.

Where there is no apt or no right to use it, those tests are skipped, and one line here says so.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

WANTED = {
    "chromium": lambda: shutil.which("chromium") is not None,
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/postgres")),
    "bubblewrap": lambda: shutil.which("bwrap") is not None,
}


def main() -> int:
    """Install what is missing, or say which tests will be skipped."""
    missing = [name for name, is_there in WANTED.items() if not is_there()]
    if not missing:
        return 0
    names = ", ".join(missing)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"Not here and not installable without root and apt: {names}; the tests that need them are skipped.")
        return 0
    print(f"Installing {names} from Debian's packages ...", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
        done = subprocess.run(["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            print(f"apt-get {command[0]} failed; the tests that need {names} are skipped.")
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
