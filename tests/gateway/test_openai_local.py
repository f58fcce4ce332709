"""What a server on this machine or in its network is not made to do on a client's word."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.http_parts import Place, providers, running_place, session
from gateway.upstream import running_upstream
from homarus.domain.errors import UsageError
from homarus.gateway.openai_parts import refuse_addresses

pytestmark = pytest.mark.anyio
METADATA = "http://169.254.169.254/latest/meta-data"


def _picture(url: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": METADATA}},
        {"type": "image_url", "image_url": METADATA},
        {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
        {"type": "input_image", "image_url": METADATA},
        {"type": "audio_url", "audio_url": {"url": METADATA}},
        {"type": "input_file", "file_url": METADATA},
    ],
)
def test_what_stands_elsewhere_is_refused(part: Any) -> None:
    with pytest.raises(UsageError):
        refuse_addresses([{"role": "user", "content": [part]}])


def test_what_is_there_and_what_is_only_text_may_pass() -> None:
    data = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    cited = {"type": "output_text", "text": METADATA, "annotations": [{"type": "url_citation", "url": METADATA}]}

    refuse_addresses([{"role": "user", "content": [data, {"type": "text", "text": METADATA}]}, {"content": [cited]}])


async def _post(place: Place, messages: list[dict[str, Any]], *, raw: str | None = None) -> int:
    headers = {"Authorization": f"Bearer {await place.key('models')}", "Content-Type": "application/json"}
    body = raw or json.dumps({"model": "up/big", "messages": messages, "stream": True})
    async with session(place.url) as client, client.post("/v1/chat/completions", data=body, headers=headers) as answer:
        return answer.status


async def test_a_local_server_gets_no_address_to_fetch(home: Path) -> None:
    escaped = json.dumps({"model": "up/big", "messages": _picture(METADATA)}).replace("url", "\\u0075rl")
    async with running_upstream() as upstream:
        up = {"api": "openai-completions", "baseUrl": upstream.url, "models": [{"id": "big"}]}
        async with running_place(home, providers(up=up)) as place:
            refused = [await _post(place, _picture(METADATA)), await _post(place, [], raw=escaped)]
            status = await _post(place, _picture("data:image/png;base64,AAAA"))

    assert refused == [400, 400]
    assert status == 200
    assert len(upstream.bodies) == 1
