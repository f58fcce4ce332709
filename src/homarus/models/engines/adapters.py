"""The adapter of each kind of server."""

from homarus.domain.engines import Adapter, EngineKind
from homarus.domain.ports import Wire
from homarus.models.engines.generic import GenericEngine
from homarus.models.engines.llama_server import LlamaServerEngine
from homarus.models.engines.lm_studio import LmStudioEngine
from homarus.models.engines.ollama import OllamaEngine
from homarus.models.engines.vllm import VllmEngine


def adapter_for(kind: EngineKind, wire: Wire | None = None) -> Adapter:
    """Return how a kind of server is looked at and told what to do; `wire` lists the models of one that is no kind.

    The embedded engine is not asked over the network: its adapter is made with it (`engines.embedded`).
    """
    match kind:
        case EngineKind.OLLAMA:
            return OllamaEngine()
        case EngineKind.LM_STUDIO:
            return LmStudioEngine()
        case EngineKind.VLLM:
            return VllmEngine()
        case EngineKind.LLAMA_SERVER:
            return LlamaServerEngine()
        case _:
            return GenericEngine(wire)
