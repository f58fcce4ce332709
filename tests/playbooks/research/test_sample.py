"""The sample: a stranger runs research twice on a machine without a network, and sees what changed."""

import subprocess
import sys
from pathlib import Path

import pytest

from homarus.playbooks.research.night import night
from homarus.playbooks.research.settings import ResearchSettings
from homarus.playbooks.sampling import sample_folder
from homarus.testing.playbooks import PlaybookWorld
from playbooks.opening import open_house
from playbooks.research.farming import editor, researcher, verifier

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ResearchSettings(sample=True)


async def test_the_second_run_of_the_sample_shows_the_price_change() -> None:
    world = PlaybookWorld(answers={"researcher": researcher, "verifier": verifier, "editor": editor})
    first = await night(await open_house(world, SAMPLE, playbook="research"))
    world.next_run("run_2")
    second = await night(await open_house(world, SAMPLE, playbook="research"))
    world.next_run("run_3")
    third = await night(await open_house(world, SAMPLE, playbook="research"))

    assert first.title == "Sample data: Research, 2026-11-19"
    assert second.title == "Sample data: Research, 2026-11-20"
    assert "Solmark Duo 800: 549.00 -> 499.00 EUR (-9.1 %)" in second.text
    assert "robots.txt asks robots to stay away" in first.text
    assert "bankrupt" not in first.text + second.text
    assert third.summary.startswith("0 new, 0 changed, 0 gone")


async def test_the_sample_needs_no_model() -> None:
    world = PlaybookWorld()
    for number in (1, 2):
        world.next_run(f"run_{number}")
        report = await night(await open_house(world, SAMPLE, playbook="research", is_degraded=True))

    assert "Solmark Duo 800: 549.00 -> 499.00 EUR (-9.1 %)" in report.message
    assert report.is_degraded


def test_the_sample_is_what_its_script_makes(tmp_path: Path) -> None:
    script = (ROOT / "scripts" / "samples_research.py").read_text("utf-8")
    said = "import sys; sys.argv = ['x']\n" + script.replace('if __name__ == "__main__":\n    sys.exit(main())', "")
    said = said.replace("Path(__file__)", f"Path({str(ROOT / 'scripts' / 'x.py')!r})")
    said += f"\nfrom pathlib import Path\nFOLDER = Path({str(tmp_path)!r})\nmain()\n"
    subprocess.run([sys.executable, "-c", said], check=True, timeout=60)

    shipped = sample_folder("research")
    made = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {str(path.relative_to(shipped)): path.read_bytes() for path in shipped.rglob("*") if path.is_file()}
