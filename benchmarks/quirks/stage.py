"""Play a scenario: model servers in this process, the agent's own command line beside them, a folder for each."""

import asyncio
import os
import pty
import signal
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.ground import free_port
from benchmarks.quirks import agent as agents
from benchmarks.quirks.agent import Agent
from benchmarks.quirks.received import received
from benchmarks.quirks.scenario import Ask, Change, Command, Idle, Look, Saw, Scenario, Seen, Side, Step, Together
from homarus.testing.quirks import QuirkServer, Turn, quirk_named
from homarus.testing.quirks.turns import OLLAMA, Asked, Call

_AFTER_KILL_S = 5.0
_STOP_LIMIT_S = 30.0
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """What a command printed."""

    out: str
    shown: str
    code: int
    seconds: float
    is_out_of_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Play:
    """A scenario under way."""

    agent: Agent
    known: Mapping[str, Any]
    environment: Mapping[str, str]
    home: Path
    first: QuirkServer


async def play(scenario: Scenario, agent: Agent, home: Path) -> Seen:
    """Play a scenario from nothing in an empty folder, and return what was seen."""
    async with _server(scenario.first, agent) as first, _server(scenario.second or Side(), agent) as second:
        known = _known(scenario, home, first, second)
        workspace = Path(agents.render(agent.workspace, known))
        known = {**known, "workspace": str(workspace)}
        _write(home, {path: agents.render(text, known) for path, text in agent.files.items()})
        _write(workspace, scenario.files)
        environment = _environment(agent, known, home)
        under_way = _Play(agent=agent, known=known, environment=environment, home=home, first=first)
        turns: list[Saw] = []
        try:
            for step in scenario.steps:
                turns += await _step(step, under_way)
        finally:
            if "stop" in agent.commands:
                await _run(under_way, agent.rendered("stop", _asking(under_way, Ask(text=""))), limit_s=_STOP_LIMIT_S)
        return Seen(turns=tuple(turns), first=received(first), second=received(second), workspace=workspace)


def misses(scenario: Scenario, agent: Agent) -> str:
    """Return why an agent cannot be put into a scenario; nothing when it can."""
    apis = {side.api for side in (scenario.first, scenario.second) if side is not None}
    if unknown := apis - set(agent.speaks):
        return f"does not speak {', '.join(sorted(unknown))}"
    looks = {step.what for step in scenario.steps if isinstance(step, Look)}
    looks |= {"run" for step in scenario.steps if isinstance(step, Command)}
    if absent := looks - set(agent.commands):
        return f"has no command for {', '.join(sorted(absent))}"
    asks = [ask for step in scenario.steps for ask in (step.asks if isinstance(step, Together) else (step,))]
    asked = " ".join(agent.commands["ask"])
    if any(isinstance(ask, Ask) and ask.with_model for ask in asks) and "model" not in asked:
        return "cannot be told a model for one message"
    if len(asks) > 1 and "session" not in asked:
        return "keeps no conversation"
    unset = [name for name in scenario.settings if f"settings.{name}" not in "".join(agent.files.values())]
    return f"has no setting for {', '.join(unset)}" if unset else ""


# --- before -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _server(side: Side, agent: Agent) -> AsyncGenerator[QuirkServer]:
    model = side.mind()

    def script(asked: Asked) -> Turn:
        turn = model(asked)
        return replace(turn, calls=tuple(_renamed(call, agent) for call in turn.calls))

    async with QuirkServer(script, quirks=side.quirks, manner=side.manner()) as server:
        yield server


def _renamed(call: Call, agent: Agent) -> Call:
    """Return a call with the names that the agent under test has for the tool and its arguments."""
    other = agent.tools.get(call.name)
    if other is None:
        return call
    arguments = {other.arguments.get(name, name): value for name, value in call.arguments.items()}
    return replace(call, name=other.name, arguments=arguments)


def _known(scenario: Scenario, home: Path, first: QuirkServer, second: QuirkServer) -> dict[str, Any]:
    return {
        **agents.here(),
        "home": str(home),
        "port": free_port(),
        "first": _side(scenario.first, first.url),
        "second": _side(scenario.second, second.url) if scenario.second else None,
        "settings": _Settings(scenario.settings),
    }


class _Settings(dict[str, Any]):
    """What a scenario sets; everything else is not set, which is no error in a template."""

    def __missing__(self, name: str) -> None:
        """Return nothing for what is not set."""


def _side(side: Side, url: str) -> dict[str, Any]:
    address = url if side.is_there else f"http://127.0.0.1:{free_port()}"
    path = side.path if side.path is not None else ("" if side.api == OLLAMA else "/v1")
    return {
        "api": side.api,
        "url": address,
        "base_url": address + path,
        "key": side.key or "",
        "model": side.model,
        "window_tokens": side.window_tokens,
        "patience_s": side.patience_s,
        "is_named": side.is_named,
        "sees": side.sees,
    }


def _write(folder: Path, files: Mapping[str, str] | Mapping[str, str | bytes]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def _environment(agent: Agent, known: Mapping[str, Any], home: Path) -> dict[str, str]:
    """Return an environment without keys and settings of whoever runs the scoreboard."""
    kept = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm"}
    return {**kept, **{name: agents.render(value, known) for name, value in agent.environment.items()}}


# --- steps --------------------------------------------------------------------------------------------------------


async def _step(step: Step, play: _Play) -> list[Saw]:
    match step:
        case Ask():
            return [await _ask(step, play)]
        case Together():
            async with asyncio.TaskGroup() as group:
                asked = [group.create_task(_ask(ask, play)) for ask in step.asks]
            return [task.result() for task in asked]
        case Look():
            ran = await _run(play, play.agent.rendered(step.what, _asking(play, Ask(text=""))), play.agent.limit_s)
            return [_saw(ran, ran.out)]
        case Command():
            known = _asking(play, Ask(text=""))
            words = (agents.render(word, known) for word in step.words)
            ran = await _run(play, (*play.agent.rendered("run", known), *words), play.agent.limit_s)
            return [_saw(ran, ran.out)]
        case Change():
            play.first.quirks = [quirk_named(one) if isinstance(one, str) else one for one in step.quirks]
            return []
        case Idle():
            await asyncio.sleep(step.seconds)
            return []


async def _ask(ask: Ask, play: _Play) -> Saw:
    await asyncio.sleep(ask.after_s)
    command = play.agent.rendered("ask", _asking(play, ask))
    if ask.at_terminal:
        ran = await _run_at_terminal(play, command, play.agent.limit_s)
    else:
        ran = await _run(play, command, play.agent.limit_s, piped=ask.piped)
    return replace(_saw(ran, play.agent.words_of(ran.out)), shown=play.agent.without_banners(ran.shown))


def _asking(play: _Play, ask: Ask) -> dict[str, Any]:
    return {**play.known, "text": ask.text, "session": ask.session, "model": ask.with_model}


def _saw(ran: _Ran, said: str) -> Saw:
    return Saw(said=said, shown=ran.shown, code=ran.code, seconds=ran.seconds, is_out_of_time=ran.is_out_of_time)


# --- commands -----------------------------------------------------------------------------------------------------


async def _run(play: _Play, command: Sequence[str], limit_s: float, *, piped: str = "") -> _Ran:
    began = time.monotonic()
    given = asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL
    process = await _started(play, command, given, asyncio.subprocess.PIPE, asyncio.subprocess.PIPE)
    is_out_of_time = False
    collected = asyncio.create_task(process.communicate(piped.encode() or None))
    try:
        async with asyncio.timeout(limit_s):
            out, complained = await asyncio.shield(collected)
    except TimeoutError:
        is_out_of_time = True
        _kill(process)
        out, complained = await _rest(collected)
    seconds = time.monotonic() - began
    said, told = agents.plain(out.decode(errors="replace")), agents.plain(complained.decode(errors="replace"))
    code = process.returncode if process.returncode is not None else -1
    return _Ran(out=said, shown=f"{said}\n{told}".strip(), code=code, seconds=seconds, is_out_of_time=is_out_of_time)


async def _rest(collected: "asyncio.Task[tuple[bytes, bytes]]") -> tuple[bytes, bytes]:
    """Return what a killed command printed; nothing when a child of its own holds the pipes open."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_AFTER_KILL_S):
            return await collected
    return b"", b""


async def _run_at_terminal(play: _Play, command: Sequence[str], limit_s: float) -> _Ran:
    began = time.monotonic()
    mine, its = pty.openpty()
    shown = bytearray()
    loop = asyncio.get_running_loop()
    loop.add_reader(mine, _collect, mine, shown)
    is_out_of_time = False
    try:
        process = await _started(play, command, its, its, its)
        os.close(its)
        try:
            async with asyncio.timeout(limit_s):
                await process.wait()
        except TimeoutError:
            is_out_of_time = True
            _kill(process)
            await process.wait()
        _collect(mine, shown)
    finally:
        loop.remove_reader(mine)
        os.close(mine)
    text = agents.plain(shown.decode(errors="replace"))
    seconds = time.monotonic() - began
    return _Ran(out=text, shown=text, code=process.returncode or 0, seconds=seconds, is_out_of_time=is_out_of_time)


def _collect(terminal: int, shown: bytearray) -> None:
    with suppress(OSError):  # the other end is closed
        os.set_blocking(terminal, False)
        while piece := os.read(terminal, _READ_BYTES):
            shown += piece


async def _started(play: _Play, command: Sequence[str], given: int, out: int, told: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command, stdin=given, stdout=out, stderr=told, cwd=play.home, env=play.environment, start_new_session=True
    )


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
