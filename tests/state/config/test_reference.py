import subprocess
import sys
from pathlib import Path

from homarus.domain.settings import Settings
from homarus.state.config.schema import leaves

_ROOT = Path(__file__).parents[3]


def test_the_reference_page_is_up_to_date() -> None:
    script = _ROOT / "scripts" / "configuration_reference.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_setting_says_what_it_means() -> None:
    silent = [".".join(leaf.path) for leaf in leaves(Settings) if not leaf.setting.description]

    assert silent == []
