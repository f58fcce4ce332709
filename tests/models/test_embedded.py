import asyncio
import http.client
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from homarus.domain.errors import EngineError
from homarus.domain.ports import Endpoint
from homarus.domain.settings import EmbeddedSettings
from homarus.models import weights
from homarus.models.embedded import Change, Embedded, State

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.weights,
    pytest.mark.skipif(weights.find(Path("/nowhere")) is None, reason="the weights are not installed"),
]


@dataclass
class Engine:
    embedded: Embedded
    changes: list[Change] = field(default_factory=list[Change])


@pytest.fixture
async def engine(home: Path) -> AsyncIterator[Engine]:
    changes: list[Change] = []
    made = Engine(Embedded(EmbeddedSettings(sleep_idle_seconds=1), home, on_change=changes.append, pause_s=0), changes)
    yield made
    await made.embedded.stop()


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    body: str


def call(at: Endpoint, path: str, body: object = None, **headers: str) -> Got:
    place = urlsplit(at.base_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    sent = {"Authorization": f"Bearer {at.api_key}", **headers}
    method = "POST" if body is not None else "GET"
    connection.request(method, path, json.dumps(body) if body is not None else None, sent)
    answer = connection.getresponse()
    got = Got(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode())
    connection.close()
    return got


def chat(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": 8}


async def ask(at: Endpoint, text: str = "Say hello.") -> Got:
    return await asyncio.to_thread(call, at, "/v1/chat/completions", chat(text))


def shown_to_all(pid: int | None) -> bytes:
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.05)


async def test_it_starts_on_first_need_and_answers(engine: Engine) -> None:
    assert engine.embedded.state is State.OFF
    at = await engine.embedded.endpoint()
    got = await ask(at)
    assert got.status == 200
    assert json.loads(got.body)["model"] == "smollm2"
    assert at.headers == {"Connection": "close"}
    assert engine.embedded.memory_bytes() > 50 << 20


async def test_two_who_need_it_at_once_get_the_same_child(engine: Engine) -> None:
    first, second = await asyncio.gather(engine.embedded.endpoint(), engine.embedded.endpoint())
    assert first == second
    assert [change.state for change in engine.changes] == [State.STARTING, State.READY]


async def test_temperature_zero_gives_the_same_words_again(engine: Engine) -> None:
    at = await engine.embedded.endpoint()
    texts = {json.loads((await ask(at)).body)["choices"][0]["message"]["content"] for _ in range(3)}
    assert len(texts) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_key_stands_in_no_argument_list_and_no_environment(engine: Engine) -> None:
    at = await engine.embedded.endpoint()
    assert str(at.api_key).encode() not in shown_to_all(engine.embedded.pid)


async def test_a_wrong_key_is_refused(engine: Engine) -> None:
    at = await engine.embedded.endpoint()
    got = await asyncio.to_thread(call, at, "/v1/models", Authorization="Bearer guess")
    assert got.status == 401


async def test_a_page_elsewhere_gets_no_cors_headers_and_there_is_no_page_here(engine: Engine) -> None:
    at = await engine.embedded.endpoint()
    got = await asyncio.to_thread(call, at, "/v1/models", Origin="https://evil.example")
    assert "access-control-allow-origin" not in got.headers
    assert (await asyncio.to_thread(call, at, "/")).status == 404


async def test_a_prompt_beyond_the_window_is_a_context_error(engine: Engine) -> None:
    at = await engine.embedded.endpoint()
    got = await ask(at, "word " * 6000)
    assert got.status == 400
    assert "exceed_context_size_error" in got.body


async def test_leaving_while_the_prompt_is_read_stops_the_reading(engine: Engine) -> None:
    at = await engine.embedded.endpoint()
    place = urlsplit(at.base_url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    body = json.dumps({**chat("one two three " * 1200), "stream": True, "return_progress": True}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {at.api_key}\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await reader.readuntil(b"prompt_progress")
    writer.close()
    await until(lambda: "stop processing: n_tokens = " in engine.embedded.log_tail)
    read = int(engine.embedded.log_tail.rpartition("stop processing: n_tokens = ")[2].split(",")[0])
    assert read < 3000


async def test_killed_it_is_announced_and_started_again(engine: Engine) -> None:
    await engine.embedded.endpoint()
    await kill(engine.embedded)
    assert engine.embedded.state is State.FAILED
    assert (await ask(await engine.embedded.endpoint())).status == 200
    assert any(change.state is State.FAILED and "SIGKILL" in change.detail for change in engine.changes)


async def test_an_engine_that_dies_again_and_again_is_given_up_in_words(engine: Engine) -> None:
    for _ in range(5):
        await engine.embedded.endpoint()
        await kill(engine.embedded)
    with pytest.raises(EngineError, match="5 times in ten minutes"):
        await engine.embedded.endpoint()


async def kill(embedded: Embedded) -> None:
    pid = embedded.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    await until(lambda: embedded.pid is None)


async def test_idle_it_gives_memory_back_and_wakes_with_the_next_request(engine: Engine) -> None:
    at = await engine.embedded.endpoint()
    awake = engine.embedded.memory_bytes()
    await until(lambda: engine.embedded.state is State.ASLEEP)
    await until(lambda: engine.embedded.memory_bytes() < awake / 2)
    assert (await ask(at)).status == 200
    assert State.READY in [change.state for change in engine.changes[-2:]]


async def test_stopped_it_is_gone_and_can_be_needed_again(engine: Engine) -> None:
    await engine.embedded.endpoint()
    pid = engine.embedded.pid
    assert pid
    await engine.embedded.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert engine.embedded.state is State.OFF
    assert (await ask(await engine.embedded.endpoint())).status == 200


async def test_it_ends_with_the_process_that_started_it(home: Path) -> None:
    code = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom homarus.domain.settings import EmbeddedSettings\n"
        "from homarus.models.embedded import Embedded\nasync def main():\n"
        "    engine = Embedded(EmbeddedSettings(), Path(sys.argv[1]))\n    await engine.endpoint()\n"
        "    print(engine.pid, flush=True)\n    await asyncio.sleep(600)\nasyncio.run(main())"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(home), stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await until(lambda: not _is_running(pid))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def test_weights_with_one_flipped_bit_are_refused(home: Path, engine: Engine) -> None:
    found = weights.find(home)
    assert found
    content = bytearray(found.path.read_bytes())
    content[50_000_000] ^= 1
    weights.folder(home).mkdir()
    (weights.folder(home) / "smollm2.gguf").write_bytes(content)
    with pytest.raises(EngineError, match="sha256 is wrong") as caught:
        await engine.embedded.endpoint()
    assert "homarus models add smollm2" in caught.value.hint
    assert engine.embedded.state is State.FAILED


async def test_without_weights_it_says_how_to_get_them(home: Path) -> None:
    embedded = Embedded(EmbeddedSettings(), home, packages=())
    assert not embedded.is_usable
    assert "homarus models add smollm2 --from FILE" in embedded.because
    with pytest.raises(EngineError, match="not on this machine"):
        await embedded.endpoint()


async def test_an_old_processor_is_told_before_anything_is_started(home: Path) -> None:
    embedded = Embedded(EmbeddedSettings(), home, missing_flags=lambda: ("avx2",))
    assert "lacks AVX2" in embedded.because
    with pytest.raises(EngineError, match="AVX2"):
        await embedded.endpoint()
    assert embedded.health().hint


async def test_switched_off_it_does_not_start(home: Path) -> None:
    embedded = Embedded(EmbeddedSettings(enabled=False), home)
    with pytest.raises(EngineError, match="switched off"):
        await embedded.endpoint()
