"""What users of local models suffer, one file per group of complaints, each scenario with its public thread."""

from benchmarks.quirks.pains import calls_as_text, control
from benchmarks.quirks.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    *control.SCENARIOS,
    *calls_as_text.SCENARIOS,
)
