"""What the doctor says of model servers."""

import socket
import sys
from pathlib import Path

import pytest

from gateway.http_parts import providers, running_place
from homarus.domain.errors import ModelCallError
from homarus.domain.inference import ModelRef
from homarus.gateway.model_checks import ModelChecks

pytestmark = pytest.mark.anyio


async def test_the_last_words_of_a_server_that_did_not_start_are_said(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        command = {"command": sys.executable, "args": ["-c", "import sys; sys.exit('no GPU in /home/eva')"]}
        own = {"api": "openai-completions", "baseUrl": url, "models": [{"id": "m"}], "localService": command}
        async with running_place(home, providers(own=own)) as place:
            with pytest.raises(ModelCallError, match="ended before") as failed:
                await place.house.desk.endpoint(ModelRef(provider="own", model_id="m"))
            checks = ModelChecks(engines=place.house.engines, settings=place.house.settings)
            faults = [one.sentence for one in await checks() if not one.is_well and "own" in one.sentence]
    assert "eva" not in failed.value.message
    assert len(faults) == 1
    assert "no GPU in /home/eva" in faults[0]
