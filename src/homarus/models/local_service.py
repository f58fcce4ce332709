"""Start a model server by the owner's command when a request needs it, and stop it when nobody has for a while.

Only what stands in `models.providers.<name>.localService` is ever started: no plugin, no model and no page can name a
command. A server that answers already is used as it is, and left alone. One that dies is started again, later each
time; it never outlives the gateway (`models/keeper.py`).
"""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homarus.domain.errors import ConnectionFailedError, Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Endpoint, Outbound, Purpose, Timeouts
from homarus.domain.settings import LocalServer
from homarus.models import processes

_log = logging.getLogger(__name__)
_KEEPER = Path(__file__).with_name("keeper.py")
_GLANCE = Timeouts(connect_s=1.0, first_byte_s=2.0, idle_s=2.0)
_LOOK_AGAIN_S = 0.2
_LONGEST_PAUSE_S = 60.0
_STABLE_S = 60.0
_TAIL_LINES = 5
_OK = 200
_REDIRECT = 300
_PASSED_ON = re.compile(
    r"^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TMPDIR|TZ|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|XDG_\w+|CUDA_\w+"
    r"|NVIDIA_\w+|HIP_\w+|ROCR_\w+|HSA_\w+|GGML_\w+|LLAMA_\w+|OLLAMA_\w+|VLLM_\w+|HF_\w+|OMP_\w+|GOMP_\w+)$"
)
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)


@dataclass(slots=True)
class _Place:
    """One configured server."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while it is started or stopped
    child: processes.Child | None = None
    is_ready: bool = False
    used_at: float = 0.0
    started_at: float = 0.0
    crashes: int = 0
    took_s: float | None = None
    last_words: str = ""
    """Of the last start that failed; whoever talks with an agent does not see them, they may name anything."""


class LocalServers:
    """The servers that the owner lets the gateway start."""

    def __init__(
        self,
        configured: Callable[[], Mapping[str, LocalServer]],
        environment: Mapping[str, str],
        door: Door,
        *,
        is_busy: Callable[[str], bool] = lambda _provider: False,
        pause_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what is configured by provider, the gateway's environment, and who knows whether one is at work.

        `pause_s` is waited after a crash, and doubles with each more.
        """
        self._configured = configured
        self._environment = environment
        self._door = door
        self._is_busy = is_busy
        self._pause_s = pause_s
        self._clock = clock
        self._places: dict[str, _Place] = {}
        self._begun = asyncio.Event()

    def must_start(self, provider: str) -> bool:
        """Say whether a request for a provider has to wait for its server."""
        if provider not in self._configured():
            return False
        place = self._places.get(provider)
        return place is None or not place.is_ready or (place.child is not None and not place.child.is_running)

    def expected_s(self, provider: str) -> float | None:
        """Return how long the last start took."""
        place = self._places.get(provider)
        return place.took_s if place is not None else None

    def log_tail(self, provider: str) -> str:
        """Return the last lines that a server wrote, for diagnosis."""
        place = self._places.get(provider)
        return place.child.stderr_tail if place is not None and place.child is not None else ""

    def last_words(self, provider: str) -> str:
        """Return what a server said when it could not be started, for the owner's eyes."""
        place = self._places.get(provider)
        return place.last_words if place is not None else ""

    async def ensure(self, at: Endpoint) -> None:
        """Start the server of a provider, where the owner named a command, and wait until it answers.

        Raises:
            ModelCallError: when it cannot be started, dies, or is not ready in time; its last words are in the log.
        """
        order = self._configured().get(at.provider)
        if order is None:
            return
        place = self._places.setdefault(at.provider, _Place())
        place.used_at = self._clock()
        if not self.must_start(at.provider):
            return
        async with place.lock:
            if self.must_start(at.provider):
                await self._bring_up(place, order, at)
        place.used_at = self._clock()
        self._begun.set()

    async def run(self) -> None:
        """Stop what nobody has used for as long as its owner says; for as long as the house stands."""
        while True:
            await self._begun.wait()
            due_s = [self._left_s(name, place) for name, place in self._places.items()]
            waits_s = [left for left in due_s if left is not None]
            if not waits_s:
                self._begun.clear()
                continue
            await asyncio.sleep(max(0.05, min(waits_s)))
            for name, place in list(self._places.items()):
                left_s = self._left_s(name, place)
                if left_s is not None and left_s <= 0:
                    async with place.lock:
                        await self._end(place)

    async def stop(self) -> None:
        """Stop everything that was started here."""
        for place in self._places.values():
            async with place.lock:
                await self._end(place)

    # --- inside ---

    def _left_s(self, name: str, place: _Place) -> float | None:
        """Return how long a server may stay idle; nothing when it is not ours to stop."""
        order = self._configured().get(name)
        if place.child is None or not place.child.is_running or order is None or not order.idle_stop_ms:
            return None
        if self._is_busy(name):
            place.used_at = self._clock()
        return place.used_at + order.idle_stop_ms / 1000 - self._clock()

    async def _bring_up(self, place: _Place, order: LocalServer, at: Endpoint) -> None:
        if place.child is not None and not place.child.is_running:
            await self._bury(place)
        if place.child is None and await self._answers(order, at):
            place.is_ready = True  # somebody else's: used, and never stopped
            return
        if place.child is None:
            await asyncio.sleep(self._rest_s(place))
            place.child = await self._start(order, at)
            place.started_at = self._clock()
        try:
            async with asyncio.timeout(order.ready_timeout_ms / 1000):
                await self._until_ready(place, order, at)
        except TimeoutError as error:
            said = place.child.stderr_tail
            await self._end(place)
            _note(place, at, said)
            what = _("was not ready after {seconds:.0f} s").format(seconds=order.ready_timeout_ms / 1000)
            raise _failed(Failure.LOADING, at, what) from error
        place.is_ready, place.last_words = True, ""
        place.took_s = self._clock() - place.started_at

    async def _until_ready(self, place: _Place, order: LocalServer, at: Endpoint) -> None:
        while not await self._answers(order, at):
            child = place.child
            if child is None or not child.is_running:
                said = child.stderr_tail if child is not None else ""
                await self._bury(place)
                _note(place, at, said)
                raise _failed(Failure.SERVER_DOWN, at, _("ended before it was ready"))
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _start(self, order: LocalServer, at: Endpoint) -> processes.Child:
        argv = (sys.executable, "-I", "-S", str(_KEEPER), order.command, *order.args)
        try:
            return await processes.start(argv, environment=self._variables(order), folder=_folder(order))
        except OSError as error:
            what = _("cannot be started ({because})").format(because=error.strerror or "")
            raise _failed(Failure.SERVER_DOWN, at, what) from error

    def _variables(self, order: LocalServer) -> dict[str, str]:
        kept = {
            name: value
            for name, value in self._environment.items()
            if _PASSED_ON.match(name) and not _SECRET.search(name)
        }
        return {**kept, **{name: value.get_secret_value() for name, value in order.env.items()}}

    async def _answers(self, order: LocalServer, at: Endpoint) -> bool:
        url = order.health_url or f"{at.base_url.rstrip('/')}/models"
        headers = {"Authorization": f"Bearer {at.api_key}"} if at.api_key and not order.health_url else {}
        outbound = Outbound(method="GET", url=url, purpose=Purpose.MODEL, headers=headers, timeouts=_GLANCE)
        try:
            async with self._door.open(outbound) as inlet:
                return _OK <= inlet.status < _REDIRECT
        except ConnectionFailedError:
            return False

    async def _bury(self, place: _Place) -> None:
        """Clear away what died by itself; the next one waits longer, unless this one had lived for long."""
        if place.child is None:
            return
        await place.child.stop()
        place.crashes = 1 if self._clock() - place.started_at > _STABLE_S else place.crashes + 1
        place.child, place.is_ready = None, False

    def _rest_s(self, place: _Place) -> float:
        return min(_LONGEST_PAUSE_S, self._pause_s * 2 ** (place.crashes - 1)) if place.crashes else 0.0

    async def _end(self, place: _Place) -> None:
        place.is_ready = False
        if place.child is not None:
            await place.child.stop()
        place.child = None


def _note(place: _Place, at: Endpoint, said: str) -> None:
    place.last_words = " / ".join(line for line in said.splitlines()[-_TAIL_LINES:] if line.strip())
    _log.warning("The server of %r could not be started. Its last words: %s", at.provider, place.last_words)


def _failed(failure: Failure, at: Endpoint, what: str) -> ModelCallError:
    return ModelCallError(
        failure,
        _("The server of {provider!r} {what}.").format(provider=at.provider, what=what),
        hint=_(
            "`homarus doctor models` has its last words; or try the command of "
            "`models.providers.{provider}.localService` by hand."
        ).format(provider=at.provider),
    )


def _folder(order: LocalServer) -> Path | None:
    return Path(order.cwd).expanduser() if order.cwd else None
