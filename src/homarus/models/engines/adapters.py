"""The adapter of each kind of server; it is loaded with the first server of its kind."""

from homarus.domain.engines import Adapter, EngineKind
from homarus.domain.ports import Wire
from homarus.models.engines.generic import GenericEngine


def adapter_for(kind: EngineKind, wire: Wire | None = None) -> Adapter:
    """Return how a kind of server is looked at and told what to do; `wire` lists the models of one that is no kind.

    The embedded engine is not asked over the network: its adapter is made with it (`engines.embedded`).
    """
    match kind:
        case EngineKind.OLLAMA:
            from homarus.models.engines.ollama import OllamaEngine

            return OllamaEngine()
        case EngineKind.LM_STUDIO:
            from homarus.models.engines.lm_studio import LmStudioEngine

            return LmStudioEngine()
        case EngineKind.VLLM:
            from homarus.models.engines.vllm import VllmEngine

            return VllmEngine()
        case EngineKind.LLAMA_SERVER:
            from homarus.models.engines.llama_server import LlamaServerEngine

            return LlamaServerEngine()
        case _:
            return GenericEngine(wire)
