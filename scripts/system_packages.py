"""Install Chromium, PostgreSQL and bubblewrap from Debian's packages, for the tests that use the real ones.

Dovecot is unpacked into the user's cache and not installed, so that no mail server ever starts on this machine.
Where there is no apt or no right to use it, those tests are skipped, and one line here says so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WANTED = {
    "chromium": lambda: shutil.which("chromium") is not None,
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/postgres")),
    "bubblewrap": lambda: shutil.which("bwrap") is not None,
}
UNPACKED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homarus-tests" / "dovecot"
DOVECOT = ("dovecot-imapd", "dovecot-lmtpd")


def main() -> int:
    """Install what is missing, or say which tests will be skipped."""
    missing = [name for name, is_there in WANTED.items() if not is_there()]
    has_dovecot = shutil.which("dovecot") is not None or (UNPACKED / "usr/sbin/dovecot").exists()
    if not missing and has_dovecot:
        return 0
    names = ", ".join(missing if has_dovecot else [*missing, "dovecot"])
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"Not here and not installable without root and apt: {names}; the tests that need them are skipped.")
        return 0
    print(f"Installing {names} from Debian's packages ...", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["install", "-y", "-qq", "--no-install-recommends"]
    for command in (["update", "-qq"], *([[*install, *missing]] if missing else [])):
        done = subprocess.run(["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            print(f"apt-get {command[0]} failed; the tests that need {names} are skipped.")
            return 0
    if not has_dovecot and not unpacked(quiet):
        print("Dovecot could not be unpacked; the tests that need it are skipped.")
    return 0


def unpacked(env: dict[str, str]) -> bool:
    """Fetch Dovecot with whatever it needs that is not here, and unpack all that into the cache."""
    UNPACKED.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dovecot-", dir=UNPACKED.parent) as made:
        folder = Path(made)
        (folder / "debs" / "partial").mkdir(parents=True)
        options = ["-o", f"Dir::Cache::archives={folder / 'debs'}", "-o", "APT::Sandbox::User=root"]
        fetch = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "--download-only", *options, *DOVECOT]
        if subprocess.run(fetch, env=env, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            return False
        commands = [["dpkg", "-x", str(deb), str(folder / "all")] for deb in sorted((folder / "debs").glob("*.deb"))]
        if any(subprocess.run(command, check=False).returncode != 0 for command in commands):
            return False
        shutil.rmtree(UNPACKED, ignore_errors=True)
        (folder / "all").rename(UNPACKED)
    return True


if __name__ == "__main__":
    sys.exit(main())
