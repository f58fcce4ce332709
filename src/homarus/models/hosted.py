"""Providers that are known by name: their addresses, and the variables in which people keep their keys.

Each can be overridden in `models.providers.<name>`. Only what is configured is ever contacted; a local one is also
looked for on this machine.
"""

from homarus.domain.marks import ProviderMark, mark_of, provider


@provider("openai", api="openai-responses", base_url="https://api.openai.com/v1", key_env="OPENAI_API_KEY")
class OpenAi:
    """OpenAI."""


@provider("anthropic", api="anthropic-messages", base_url="https://api.anthropic.com/v1", key_env="ANTHROPIC_API_KEY")
class Anthropic:
    """Anthropic."""


@provider(
    "google",
    api="openai-completions",
    base_url="https://generativelanguage.googleapis.com/v1beta/openai",
    key_env="GEMINI_API_KEY",
)
class Google:
    """Google's Gemini, through its OpenAI-compatible address."""


@provider("openrouter", api="openai-completions", base_url="https://openrouter.ai/api/v1", key_env="OPENROUTER_API_KEY")
class OpenRouter:
    """OpenRouter."""


@provider("nvidia", api="openai-completions", base_url="https://integrate.api.nvidia.com/v1", key_env="NVIDIA_API_KEY")
class Nvidia:
    """NVIDIA NIM."""


@provider("groq", api="openai-completions", base_url="https://api.groq.com/openai/v1", key_env="GROQ_API_KEY")
class Groq:
    """Groq."""


@provider("mistral", api="openai-completions", base_url="https://api.mistral.ai/v1", key_env="MISTRAL_API_KEY")
class Mistral:
    """Mistral."""


@provider("deepseek", api="openai-completions", base_url="https://api.deepseek.com/v1", key_env="DEEPSEEK_API_KEY")
class DeepSeek:
    """DeepSeek."""


@provider("together", api="openai-completions", base_url="https://api.together.xyz/v1", key_env="TOGETHER_API_KEY")
class Together:
    """Together."""


@provider(
    "fireworks",
    api="openai-completions",
    base_url="https://api.fireworks.ai/inference/v1",
    key_env="FIREWORKS_API_KEY",
)
class Fireworks:
    """Fireworks."""


@provider("xai", api="openai-completions", base_url="https://api.x.ai/v1", key_env="XAI_API_KEY")
class Xai:
    """xAI."""


@provider("cerebras", api="openai-completions", base_url="https://api.cerebras.ai/v1", key_env="CEREBRAS_API_KEY")
class Cerebras:
    """Cerebras."""


@provider("ollama", api="ollama", base_url="http://127.0.0.1:11434", is_hosted=False)
class OllamaHere:
    """Ollama on this machine."""


@provider("lmstudio", api="openai-responses", base_url="http://127.0.0.1:1234/v1", is_hosted=False)
class LmStudioHere:
    """LM Studio on this machine."""


@provider("vllm", api="openai-completions", base_url="http://127.0.0.1:8000/v1", is_hosted=False)
class VllmHere:
    """vLLM on this machine."""


@provider("llamacpp", api="openai-completions", base_url="http://127.0.0.1:8080/v1", is_hosted=False)
class LlamaCppHere:
    """llama.cpp's server on this machine."""


_KNOWN = (
    OllamaHere,
    LmStudioHere,
    LlamaCppHere,
    VllmHere,
    OpenAi,
    Anthropic,
    Google,
    OpenRouter,
    Nvidia,
    Groq,
    Mistral,
    DeepSeek,
    Together,
    Fireworks,
    Xai,
    Cerebras,
)


def known_providers() -> dict[str, ProviderMark]:
    """Return the marks of the providers that come with homarus, by name; local ones first."""
    marks = [mark_of(known) for known in _KNOWN]
    return {mark.name: mark for mark in marks if isinstance(mark, ProviderMark)}
