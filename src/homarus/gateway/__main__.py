"""`python -m homarus.gateway`: the process behind `homarus up`. It logs to standard error."""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from homarus.domain.errors import HomarusError
from homarus.domain.i18n import _
from homarus.gateway.loops import new_loop
from homarus.gateway.root import has_consent

_M_ARENA_MAX = -8


def main() -> int:
    """Serve until stopped; 1 when it cannot start, with one sentence and the next step."""
    parser = argparse.ArgumentParser(prog="python -m homarus.gateway")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    os.umask(0o077)
    # What is imported stays: looking for garbage in it costs 15 of 360 ms now and 5 % of every proxied request later.
    gc.disable()
    _share_one_heap()
    if not has_consent(options.home):
        sys.stderr.write(
            _("You are root, and an agent that runs as root can do anything to this machine.")
            + "\n"
            + _("Next: use an ordinary account, or say that it is fine, once: homarus up --as-root")
            + "\n"
        )
        return 1
    from homarus.gateway.running import run

    gc.freeze()
    gc.enable()
    code = 0
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(run(options.home, environment=dict(os.environ), file=options.config, port=options.port))
    except* HomarusError as group:
        for error in _leaves(group):
            sys.stderr.write(f"{error.message}\nNext: {error.hint}\n")
        code = 1
    return code


def _share_one_heap() -> None:
    """Let all threads allocate from one heap: those that glibc gives to each keep half a megabyte that nobody uses.

    Python runs one thread at a time, so none waits for another.
    Source: https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(AttributeError, OSError):  # another C library than glibc
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _leaves(group: BaseExceptionGroup[HomarusError]) -> Iterator[HomarusError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


if __name__ == "__main__":
    sys.exit(main())
