"""Run llama.cpp's server in a process of its own; `models/embedded.py` starts this file, nobody imports it.

It stands alone: the standard library and xllamacpp, nothing of homarus. One JSON line on stdin says what to load (the
API key comes that way, so that it never stands in an argument list), one JSON line on stdout says where it listens or
why it cannot. After that stdin is the lifeline: when it closes, the parent is gone and the process ends.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
from typing import IO, Any

PR_SET_PDEATHSIG = 1
_kept: list[Any] = []  # the engine stops when its server object is collected


def main() -> None:
    """Load, listen, and live as long as the parent."""
    _die_with_parent()
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the engine prints is for the log, not for the parent's line
    try:
        address = _listen(json.loads(sys.stdin.buffer.readline()))
    except (RuntimeError, ValueError, OSError, ImportError) as error:
        _say(report, {"error": str(error) or type(error).__name__})
        os._exit(1)
    _say(report, {"address": address})
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)  # not sys.exit: the engine's threads would be waited for


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _say(report: IO[str], line: dict[str, str]) -> None:
    report.write(json.dumps(line) + "\n")
    report.flush()


def _listen(order: dict[str, Any]) -> str:
    engine: Any = importlib.import_module("xllamacpp")
    server: Any = engine.Server(_params(engine, order))
    _kept.append(server)
    return str(server.listening_address)


def _params(engine: Any, order: dict[str, Any]) -> Any:
    params = engine.CommonParams()
    params.model.path = order["weights"]
    params.model_alias = {order["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [order["api_key"]]
    params.cors_origins = "localhost"  # never sent: it only keeps the default `*` away
    params.cors_credentials = False
    params.ui = False
    params.offline = True
    params.endpoint_slots = False
    if order.get("slots"):
        params.slot_save_path = order["slots"]  # what a slot has read is kept there, and read from there
    params.n_parallel = 1
    params.n_ctx = order["context_tokens"]
    params.n_batch = order["batch_tokens"]  # a request is cancelled between two batches, not within one
    params.n_ubatch = order["batch_tokens"]
    params.cache_ram_mib = order["cache_mib"]
    # On a CPU it adds up in another order for one token than for many, so an answer would depend on what was cached.
    params.flash_attn_type = engine.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cpuparams.n_threads = order["threads"]
    params.cpuparams_batch.n_threads = order["batch_threads"]
    params.sampling.temp = 0.0
    params.sleep_idle_seconds = order["sleep_idle_seconds"] or -1
    return params


if __name__ == "__main__":
    main()
