"""A wheel built from this checkout, installed alone into an empty environment."""

import subprocess
import sys

import pytest

from house.source import ROOT
from shipping.installed import Installed


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    place = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "scripts/build_wheel.py", "--out", str(place))
    [wheel] = place.glob("homarus-*.whl")
    find = "import sys; sys.path.insert(0, 'scripts'); import bootstrap; print(bootstrap.find_uv())"
    uv, python = _run(sys.executable, "-c", find).strip(), str(place / "env" / "bin" / "python")
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(place / "env"))
    install = (uv, "pip", "install", "--quiet", "--python", python, "--no-deps")
    _run(*install, "--require-hashes", "-r", "requirements/run.lock")
    _run(*install, str(wheel))
    return Installed(wheel=wheel, bin=place / "env" / "bin")


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout
