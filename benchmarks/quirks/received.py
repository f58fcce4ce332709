"""What a model server received, in a form that judges can read."""

import json
from itertools import pairwise

from benchmarks.quirks.scenario import Prompt, Server
from homarus.domain.content import JsonObject
from homarus.testing.quirks import QuirkServer, Received

_READ = ("system", "instructions", "messages", "input", "prompt", "tools")
"""Members of a request that a model reads."""


def received(server: QuirkServer) -> Server:
    """Return everything that a server was sent."""
    return Server(
        prompts=tuple(_prompt(request) for request in server.prompts),
        paths=tuple(request.path for request in server.received),
    )


def _prompt(request: Received) -> Prompt:
    try:
        body = request.json
    except ValueError:
        body = dict[str, str]()
    return Prompt(body=body, text=read_by_model(body), at=request.at, until=request.until or request.at)


def read_by_model(body: JsonObject) -> str:
    """Return what a model reads of a request."""
    return json.dumps({name: body[name] for name in _READ if name in body}, ensure_ascii=False)


def kept(prompts: tuple[Prompt, ...]) -> float:
    """Return the smallest share of a request that the next one begins with: what a prompt cache need not read again."""
    texts = [_in_order(prompt.body) for prompt in prompts]
    shares = [_common(before, after) / len(before) for before, after in pairwise(texts) if before]
    return min(shares, default=1.0)


def _in_order(body: JsonObject) -> str:
    """Return a request as chat templates lay it out: tools, then messages."""
    messages = body.get("messages")
    told = [json.dumps(message, ensure_ascii=False) for message in messages] if isinstance(messages, list) else []
    return json.dumps(body.get("tools", []), ensure_ascii=False) + "".join(told)


def _common(one: str, other: str) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
