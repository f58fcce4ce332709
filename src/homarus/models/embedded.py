"""The model that comes with homarus: llama.cpp with SmolLM2 in a child process on loopback, started on first need.

A child, because a native crash then costs one answer and not the gateway, and because its memory goes back when it
ends. It has a key of its own, listens on 127.0.0.1 at a port that the system chooses, shows no pages to browsers, and
ends with us. Figures behind the settings: two cores, quiet and loaded, docs/explanation/embedded-model.md.
"""

import asyncio
import importlib.util
import json
import os
import secrets
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic

from homarus.domain.errors import EngineError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Endpoint, Health, Timeouts
from homarus.domain.settings import EmbeddedSettings
from homarus.models import cpu, processes, weights

PROVIDER = "embedded"
MODEL = ModelRef(provider=PROVIDER, model_id="smollm2")
BATCH_TOKENS = 128
CACHE_MIB = 128
MOST_THREADS = 4
START_TIMEOUT_S = 60.0
MAX_CRASHES = 5
CRASH_WINDOW_S = 600.0
SLOTS = "slots"
_CHILD = Path(__file__).with_name("embedded_child.py")


class State(StrEnum):
    """What the engine is doing, for status pages."""

    OFF = "off"
    """Not started: nobody has needed it yet, or it was stopped."""
    STARTING = "starting"
    READY = "ready"
    ASLEEP = "asleep"
    """Runs, and has given the memory of the model back; the next request wakes it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The engine is in another state; `detail` says why in words."""

    state: State
    detail: str = ""


def _unwatched(_change: Change) -> None:
    return


async def _unprepared(_at: Endpoint) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listening:
    child: processes.Child
    base_url: str
    api_key: str


class Embedded:
    """Starts, restarts and stops the engine; give it to whoever needs an endpoint."""

    def __init__(
        self,
        settings: EmbeddedSettings,
        home: Path,
        *,
        on_change: Callable[[Change], None] = _unwatched,
        missing_flags: Callable[[], tuple[str, ...]] = cpu.missing_here,
        packages: Sequence[str] = weights.PACKAGES,
        pause_s: float = 0.25,
    ) -> None:
        """Prepare, without starting anything; `on_change` hears of every change of state.

        `packages` may bring the weights; `pause_s` is waited after a second crash, and doubles with each more.
        """
        self._settings = settings
        self._home = home
        self._on_change = on_change
        self._missing_flags = missing_flags
        self._packages = packages
        self._pause_s = pause_s
        self.prepare: Callable[[Endpoint], Awaitable[None]] = _unprepared
        """Told of a child that has just been started, before anybody else may ask it."""
        self._state = State.OFF
        self._listening: _Listening | None = None
        self._crashes: deque[float] = deque(maxlen=MAX_CRASHES)
        self._starting = asyncio.Lock()  # invariant: at most one child at a time

    # --- what others ask ---

    @property
    def state(self) -> State:
        """What it is doing now."""
        if self._listening and not self._listening.child.is_running:
            return State.FAILED
        return self._state

    @property
    def problem(self) -> EngineError | None:
        """Why it cannot be used here, as far as one can tell without starting it."""
        if not self._settings.enabled:
            return EngineError(
                _("The built-in model is switched off."), hint=_("Run `homarus config set embedded.enabled true`.")
            )
        if importlib.util.find_spec("xllamacpp") is None:
            return EngineError(
                _("There is no engine for the built-in model on this kind of machine."),
                hint=_("Use Ollama or another model server: `homarus models list` shows what was found."),
            )
        flags = self._missing_flags()
        if flags:
            return EngineError(
                _("This processor lacks {flags}, which the built-in model needs.").format(
                    flags=", ".join(flags).upper()
                ),
                hint=_(
                    "Use Ollama here or a model server on another machine: `homarus models list` shows what was found."
                ),
            )
        return None if weights.find(self._home, self._packages) else weights.missing()

    @property
    def is_usable(self) -> bool:
        """Whether a start is worth trying."""
        return self.problem is None

    @property
    def because(self) -> str:
        """Why it is not usable, with the next step; empty when it is."""
        problem = self.problem
        return f"{problem.message} {problem.hint}" if problem else ""

    @property
    def pid(self) -> int | None:
        """The process id of the child that runs."""
        return self._listening.child.pid if self._listening and self._listening.child.is_running else None

    @property
    def log_tail(self) -> str:
        """The engine's own last lines, for diagnosis."""
        return self._listening.child.stderr_tail if self._listening else ""

    def memory_bytes(self) -> int:
        """Return the memory that the child holds now."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss) if self.pid else 0
        except psutil.Error:
            return 0

    def health(self) -> Health:
        """Say how it is, without starting it."""
        problem = self.problem
        if problem:
            return Health(is_well=False, sentence=problem.message, hint=problem.hint)
        if self.state is State.FAILED:
            return Health(
                is_well=False,
                sentence=_("The built-in model stopped unexpectedly."),
                hint=_("It starts again with the next request; `homarus logs` says more."),
            )
        return Health(is_well=True, sentence=_("The built-in model is {state}.").format(state=self.state.value))

    async def endpoint(self) -> Endpoint:
        """Return where it listens; starts it when it does not run.

        Raises:
            EngineError: when it cannot run here, with the next step.
        """
        async with self._starting:
            if self._listening and not self._listening.child.is_running:
                await self._bury(self._listening)
            is_fresh = self._listening is None
            listening = self._listening or await self._start()
            at = self._at(listening)
            if is_fresh:
                await self.prepare(at)
        return at

    @staticmethod
    def _at(listening: _Listening) -> Endpoint:
        return Endpoint(
            provider=PROVIDER,
            base_url=f"{listening.base_url}/v1",
            api_key=listening.api_key,
            headers={"Connection": "close"},  # the server closes after a stream although it says keep-alive
            timeouts=Timeouts(connect_s=5.0, first_byte_s=180.0, idle_s=120.0),
            place="this machine",
            is_local=True,
        )

    async def stop(self) -> None:
        """End the child; the next `endpoint` starts a new one."""
        async with self._starting:
            listening, self._listening = self._listening, None
            if listening:
                await listening.child.stop()
                self._change(State.OFF)

    # --- starting ---

    async def _start(self) -> _Listening:
        self._change(State.STARTING)
        try:
            found = await asyncio.to_thread(self._checked_weights)
            listening = await self._launch(found)
        except EngineError as error:
            self._change(State.FAILED, error.message)
            raise
        self._listening = listening
        self._change(State.READY, _("The built-in model is ready."))
        return listening

    async def _launch(self, path: Path) -> _Listening:
        child = await self._spawn()
        is_open = False
        try:
            listening = await self._opened(child, path)
            is_open = True
        finally:
            if not is_open:  # also when the caller gave up in between
                child.kill()
                await child.stop()
        return listening

    def _checked_weights(self) -> Path:
        problem = self.problem
        found = weights.find(self._home, self._packages)
        if problem or not found:
            raise problem or weights.missing()
        weights.verify(found.path, self._home)
        return found.path

    async def _spawn(self) -> processes.Child:
        try:
            return await processes.start(
                (sys.executable, "-I", str(_CHILD)), environment=_environment(), on_stderr=self._hear
            )
        except OSError as error:
            raise EngineError(
                _("The engine of the built-in model cannot be started: {reason}.").format(reason=error.strerror),
                hint=_("Check free memory and process limits, then try again."),
            ) from error

    async def _opened(self, child: processes.Child, path: Path) -> _Listening:
        api_key = secrets.token_urlsafe(32)
        child.write(json.dumps(self._order(path, api_key)).encode() + b"\n")
        try:
            line = await child.first_line(START_TIMEOUT_S)
            said: dict[str, str] = json.loads(line or "{}")
        except (TimeoutError, ValueError) as error:
            raise self._refused(child, "it did not say where it listens") from error
        if "address" not in said:
            raise self._refused(child, said.get("error") or _death(child))
        return _Listening(child=child, base_url=said["address"].rstrip("/"), api_key=api_key)

    def _order(self, path: Path, api_key: str) -> dict[str, object]:
        cores = _cores()
        return {
            "weights": str(path),
            "name": MODEL.model_id,
            "api_key": api_key,
            "context_tokens": self._settings.context_tokens,
            "batch_tokens": BATCH_TOKENS,
            "cache_mib": CACHE_MIB,
            "threads": self._settings.threads or _writing_threads(cores),
            "batch_threads": cores,
            "sleep_idle_seconds": self._settings.sleep_idle_seconds,
            "slots": self._slots(),
        }

    def _slots(self) -> str:
        """Return where slots are kept; llama.cpp wants the slash at the end."""
        folder = self._home / SLOTS
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return f"{folder}{os.sep}"

    def _refused(self, child: processes.Child, reason: str) -> EngineError:
        self._crashes.append(monotonic())
        tail = child.stderr_tail.splitlines()[-1:]
        detail = f"{reason} ({tail[0]})" if tail and reason not in tail[0] else reason
        return EngineError(
            _("The engine of the built-in model did not start: {reason}.").format(reason=detail.rstrip(".")),
            hint=_("Run `homarus doctor`; with little memory, set `embedded.contextTokens` to 2048."),
        )

    # --- crashes ---

    async def _bury(self, dead: _Listening) -> None:
        """Clear away a child that died by itself, and wait longer each time before there is another.

        Raises:
            EngineError: when it died too often.
        """
        self._listening = None
        await dead.child.stop()
        now = monotonic()
        self._crashes.append(now)
        recent = [at for at in self._crashes if now - at < CRASH_WINDOW_S]
        self._change(
            State.FAILED, _("The built-in model stopped: {why}. It is started again.").format(why=_death(dead.child))
        )
        if len(recent) >= MAX_CRASHES:
            self._crashes.clear()
            raise EngineError(
                _("The built-in model stopped {count} times in ten minutes.").format(count=len(recent)),
                hint=_("Look into `homarus logs`, use another model meanwhile, or try once more."),
            )
        await asyncio.sleep(self._pause_s * 2 ** (len(recent) - 2) if len(recent) > 1 else 0)

    # --- hearing ---

    def _hear(self, line: str) -> None:
        """Follow the engine's log: it is the only place where it tells of falling asleep and waking."""
        if "entering sleeping state" in line and self._state is State.READY:
            self._change(State.ASLEEP)
        elif "load_model: initializing" in line and self._state is State.ASLEEP:
            self._change(State.READY)

    def _change(self, state: State, detail: str = "") -> None:
        if state is not self._state or detail:
            self._state = state
            self._on_change(Change(state=state, detail=detail))


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _writing_threads(cores: int) -> int:
    """Return the threads for generation: one core stays free, and so small a model gains nothing beyond four."""
    import psutil

    physical = psutil.cpu_count(logical=False) or cores
    return max(1, min(cores, physical, MOST_THREADS + 1) - 1)


def _death(child: processes.Child) -> str:
    code = child.exit_code
    if code is not None and code < 0:
        import signal

        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _environment() -> dict[str, str]:
    """Return all that the child needs.

    Spinning threads are slow a hundredfold when other programs want the cores (1 against 26-59 tokens/s measured).
    """
    return {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
