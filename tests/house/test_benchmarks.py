"""The benchmarks can be run by name, and their table finds its place; no figure is measured here."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout


def test_every_benchmark_is_run_by_its_name() -> None:
    files = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "main(measure)" in path.read_text()}
    assert set(python("from benchmarks.__main__ import NAMES; print(*NAMES)").split()) == files


def test_the_table_goes_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("Before\n<!-- figures -->\nold\n<!-- /figures -->\nAfter\n")
    figure = "Figure(name='start', value=30.0, unit='ms', goal=40, baseline=10.0, baseline_name='python')"
    python(
        "import sys, pathlib; from benchmarks.__main__ import write_readme; from benchmarks.figures import Figure; "
        f"assert write_readme([{figure}], pathlib.Path(sys.argv[1]))",
        str(readme),
    )
    text = readme.read_text()
    assert text.startswith("Before\n<!-- figures -->\n")
    assert text.endswith("\n<!-- /figures -->\nAfter\n")
    assert "| start | 30 ms | <= 40 ms | met | 3.00x python |" in text
    assert "old" not in text


def test_tokens_are_rather_counted_too_high_than_too_low() -> None:
    code = (
        "import sys; from benchmarks import prompts; print(prompts.estimated(sys.argv[1]), prompts.tokens(sys.argv[1]))"
    )
    estimate, count = map(int, python(code, (ROOT / "pyproject.toml").read_text()[:4000]).split())
    assert estimate >= count
