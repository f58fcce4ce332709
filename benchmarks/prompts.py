"""How long the first request is, and how much of it stays the same: `python -m benchmarks.prompts`.

Requests are taken as a model server receives them. Tokens are those of o200k over the JSON of messages and tools, where
the `rs-bpe` package is installed, else an estimate that is on the high side. What is kept is counted in bytes of the
prompt in the order in which chat templates render it: tools, system message, conversation.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from benchmarks import ground
from benchmarks.figures import Figure, main
from benchmarks.load import Line, post
from homarus.testing.quirks.received import Received
from homarus.testing.quirks.server import Manner, QuirkServer
from homarus.testing.quirks.turns import say

_TURNS = 20
_TIERS = {"full": 32_768, "entry": 8_192}
_GOALS = {"full": 1_500, "entry": 800}
_PIECES = re.compile(r"\s?[^\W\d_]+|\d{1,3}|[^\w\s]|_|\s+")
_PIECE_CHARS = 7


def tokens(text: str) -> int:
    """Return how many tokens a text has."""
    if find_spec("rs_bpe") is None:
        return estimated(text)
    from importlib import import_module

    counter: Any = import_module("rs_bpe").openai.o200k_base()
    return int(counter.count(text))


def estimated(text: str) -> int:
    """Return about how many tokens a text has: on this project's own texts, 1.1 to 1.5 times what o200k counts."""
    return sum(-(-len(piece) // _PIECE_CHARS) for piece in _PIECES.findall(text))


def counted_with() -> str:
    """Say how tokens are counted here."""
    return "o200k" if find_spec("rs_bpe") is not None else "estimate, on the high side"


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures."""
    turns = 6 if is_quick else _TURNS
    yield from asyncio.run(_measure(turns))


async def _measure(turns: int) -> list[Figure]:
    with ground.folder() as place:
        manner = Manner(window_tokens=_TIERS["full"])
        async with QuirkServer((say("All is well."),), manner=manner) as model:
            figures = list[Figure]()
            for tier, window in _TIERS.items():
                home = place / tier
                await asyncio.to_thread(ground.write_config, home, model.url, window_tokens=window)
                figures += [await _first(model, home, tier)]
            return figures + await _kept(model, place / "full", turns)


# --- how long -----------------------------------------------------------------------------------------------------


async def _first(model: QuirkServer, home: ground.Path, tier: str) -> Figure:
    seen = len(model.prompts)
    with ground.process(ground.gateway_command(home)):
        await asyncio.to_thread(ground.wait_until_up, home / "gateway.sock")
        await asyncio.to_thread(ground.turn, home / "gateway.sock", "What can you do?", "first")
    body = model.prompts[seen].json
    tools = body.get("tools")
    names = len(tools) if isinstance(tools, list) else 0
    return Figure(
        name=f"first request, {tier} tier",
        value=tokens(_compact({"messages": body["messages"], "tools": tools})),
        unit="tokens",
        goal=_GOALS[tier],
        note=f"{counted_with()}; {names} tools, of which {tokens(_compact(tools))} tokens",
    )


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- how much of it stays -----------------------------------------------------------------------------------------


async def _kept(model: QuirkServer, home: ground.Path, turns: int) -> list[Figure]:
    (home / "workspace" / "MEMORY.md").write_text("Lena's train leaves at 9:40.\n")
    with ground.process(ground.gateway_command(home)) as started:
        house = await asyncio.to_thread(ground.Gateway, home, started.pid)
        talk = [await _asked(model, house, {"session": "talk", "text": f"Point {n}, please."}) for n in range(turns)]
        other = await _asked(model, house, {"session": "other", "text": "Another matter."})
        web = await _asked(model, house, {"session": "page", "text": "And now?", "channel": "web"})
        api = await _over_api(model, house)
    steps = list(pairwise(talk))
    begin = [_beginning(talk[0])]
    note = "tools and system message"
    return [
        _share(f"prompt kept, {turns} turns", [_shared(a, b) / len(a) for a, b in steps], "of the request before"),
        _share("prompt kept, new session", [_shared(first, other) / len(first) for first in begin], note),
        _share(
            "prompt kept, other faces (CLI, web, API, /v1)",
            [_shared(first, request) / len(first) for first in begin for request in (web, *api)],
            note,
        ),
    ]


async def _asked(model: QuirkServer, house: ground.Gateway, body: dict[str, str]) -> str:
    """Have a turn over the socket and return its prompt."""
    await asyncio.to_thread(ground.have_turn, house.socket, body)
    return _prompt(model.prompts[-1])


async def _over_api(model: QuirkServer, house: ground.Gateway) -> list[str]:
    """Have turns with a key, as our API and as OpenAI's takes them, and return their prompts."""
    key = await asyncio.to_thread(house.key, "chat", "owner")
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    own = json.dumps({"text": "From a script.", "session": "script"}).encode()
    openai = {"model": "agent:main", "messages": [{"role": "user", "content": "From a client."}]}
    prompts: list[str] = []
    for path, body in (("/api/v1/turns", own), ("/v1/chat/completions", json.dumps(openai).encode())):
        line = await Line.to(house.url)
        answer = await line.send(post(f"{house.url}{path}", body, headers))
        line.close()
        assert answer.status < 300, answer.content
        prompts.append(_prompt(model.prompts[-1]))
    return prompts


def _prompt(request: Received) -> str:
    """Return a prompt as one text: tools, system message, conversation."""
    body = request.json
    messages = body["messages"]
    assert isinstance(messages, list)
    return "\n".join([_compact(body.get("tools")), *map(_compact, messages)])


def _beginning(prompt: str) -> str:
    """Return what comes before the conversation."""
    tools, system, _rest = prompt.split("\n", 2)
    return f"{tools}\n{system}\n"


def _shared(first: str, second: str) -> int:
    same = (place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    return next(same, min(len(first), len(second)))


def _share(name: str, shares: Sequence[float], note: str) -> Figure:
    return Figure(name=name, value=100 * min(shares), unit="%", goal=100, better="higher", note=note)


if __name__ == "__main__":
    sys.exit(main(measure))
