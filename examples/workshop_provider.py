"""A provider known by name: a llama.cpp server on another machine of yours, with nothing to configure but its address.

With this file approved, `workshop/qwen3-8b` is a model. Another address goes into the configuration:

    models: { providers: { workshop: { baseUrl: "http://192.168.1.20:8080/v1" } } }
"""

from homarus.domain.marks import provider


@provider("workshop", api="openai-completions", base_url="http://workshop.local:8080/v1", is_hosted=False)
class Workshop:
    """The box with the graphics card. A hosted service has `key_env="ITS_API_KEY"` in place of `is_hosted=False`."""
