"""vLLM 0.11: one model from the start, its metrics, its version.

Source: vllm/entrypoints/openai (ModelCard, ErrorInfo), docs/usage/metrics.md.
"""

from homarus.domain.content import JsonObject
from homarus.testing.engines.says import Admitted, Question, Says, ok, openai_error, text
from homarus.testing.engines.stock import Loaded, LoadFailedError, Model, NoSuchModelError
from homarus.testing.quirks.acts import Act, End, Head

VERSION = "0.11.0"
_METRICS = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{{engine="0",model_name="{name}"}} 0.0
# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{{engine="0",model_name="{name}"}} {waiting}.0
# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig
# TYPE vllm:cache_config_info gauge
vllm:cache_config_info{{block_size="16",cache_dtype="auto",num_gpu_blocks="{blocks}"}} 1.0
"""


async def tell(asked: Question) -> Says | None:
    """Return what vLLM says at one of its places, nothing where it has none."""
    model = next(iter(asked.rack.disk.values()))
    match asked.method, asked.path:
        case "GET", "/version":
            return ok({"version": VERSION})
        case "GET", "/health":
            return [Head(status=500 if asked.rack.faults.load_says else 200, length=0), End()]
        case "GET", "/v1/models":
            return ok({"object": "list", "data": [_card(model, asked.rack.window_tokens)]})
        case "GET", "/metrics":
            waiting = 12 if asked.rack.faults.busy else 0
            return text(_METRICS.format(name=model.name, blocks=4096, waiting=waiting))
        case _:
            return ok({"detail": "Not Found"}, status=404)


async def admit(asked: Question) -> Admitted:
    """Take a prompt for the one model."""
    name = asked.word("model")
    try:
        return Admitted(loaded=await asked.rack.use(name, keep_s=-1))
    except NoSuchModelError:
        said = f"The model `{name}` does not exist."
        return Admitted(refused=openai_error(said, status=404, kind="NotFoundError", param="model"))
    except LoadFailedError as error:
        return Admitted(refused=openai_error(str(error), status=500, kind="InternalServerError"))


def overflow(loaded: Loaded, prompt_tokens: int, asked: Question) -> list[Act] | None:  # noqa: ARG001 - the same for all
    """Return the refusal of a prompt that does not fit."""
    if prompt_tokens < loaded.window_tokens:
        return None
    said = (
        f"This model's maximum context length is {loaded.window_tokens} tokens. However, you requested "
        f"{prompt_tokens} tokens in the messages. Please reduce the length of the messages."
    )
    return openai_error(said, status=400, kind="BadRequestError")


def _card(model: Model, window_tokens: int) -> JsonObject:
    return {
        "id": model.name,
        "object": "model",
        "created": 1795167389,
        "owned_by": "vllm",
        "root": model.name,
        "parent": None,
        "max_model_len": min(window_tokens, model.trained_tokens),
        "permission": [],
    }
