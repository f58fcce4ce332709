import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "src" / "homarus" / "playbooks" / "samples" / "board"


def test_the_sample_data_is_what_its_script_makes(tmp_path: Path) -> None:
    command = [sys.executable, "scripts/samples_board.py", "--folder", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)

    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in SAMPLES.iterdir()}


def test_the_sample_data_is_where_the_pages_say() -> None:
    assert (ROOT / "examples" / "data" / "board" / "shop_orders.csv").is_file()
