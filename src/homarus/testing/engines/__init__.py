"""Model servers that remember: what is loaded, downloaded and allocated changes as it does on the real ones.

`python -m homarus.testing.engines --kind ollama` starts one. They answer as the contract files say (`tests/models/
contracts`), with a scripted model behind them; the quirk server is for misbehaviour inside an answer, these are for
everything around it.
"""

from homarus.testing.engines.server import KINDS, EngineServer
from homarus.testing.engines.stock import Faults, Model, Rack

__all__ = ["KINDS", "EngineServer", "Faults", "Model", "Rack"]
