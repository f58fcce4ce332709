"""The beginning of prompts is read ahead: where it may, when nobody else wants the engine, and once."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homarus.domain.content import system, user
from homarus.domain.engines import Ability, Engine, EngineKind, LoadState, ServedModel
from homarus.domain.inference import ModelRef, ModelRequest
from homarus.domain.labels import OWNER, Reach
from homarus.domain.ports import Endpoint, Outbound
from homarus.models.dispatch import Priority
from homarus.models.engine_lanes import queue_key
from homarus.models.queue_views import InLine, QueueView
from homarus.models.slots import Slots, slot_name, standing_name
from homarus.models.warmup import Warmup, restoring
from homarus.testing.door import FakeAnswer, FakeDoor, Reaction

pytestmark = pytest.mark.anyio
REF = ModelRef(provider="lab", model_id="m")
LOADED, UNLOADED = LoadState.LOADED, LoadState.UNLOADED


def beginning(text: str = "You help.") -> ModelRequest:
    return ModelRequest(model=REF, messages=(system(text), user(".", OWNER)))


class Lab:
    """A desk, its engine and its queue in one."""

    def __init__(self, state: LoadState = LOADED, *, is_local: bool = True, keeps: bool = False) -> None:
        self.state, self.is_local, self.keeps = state, is_local, keeps
        self.asked: list[tuple[Reach, Priority]] = []
        self.waits = 0
        self.gate: asyncio.Event | None = None
        self.text = "You help."
        self.mode = "loaded"

    async def stream(
        self, ref: ModelRef, request: ModelRequest, *, reach: Reach, priority: Priority = Priority.PERSON
    ) -> AsyncIterator[object]:
        assert ref == request.model
        self.asked.append((reach, priority))
        if self.gate is not None:
            await self.gate.wait()
        yield "."

    async def endpoint(self, ref: ModelRef) -> Endpoint:
        return Endpoint(provider=ref.provider, base_url="http://127.0.0.1:1/v1")

    def engine_of(self, ref: ModelRef) -> Engine:
        return Engine(
            provider=ref.provider,
            kind=EngineKind.LLAMA_SERVER,
            base_url="http://127.0.0.1:1/v1",
            place="here",
            is_local=self.is_local,
            is_up=True,
            models=(ServedModel(model_id="m", state=self.state, digest="d"),),
            abilities=frozenset({Ability.KEEP_SLOTS}) if self.keeps else frozenset(),
        )

    def view(self, engine: str) -> QueueView:
        is_mine = engine == queue_key("lab", "http://127.0.0.1:1/v1")
        line = tuple(InLine(model="m", priority="person", since_s=0.0) for _ in range(self.waits if is_mine else 0))
        return QueueView(engine=engine, waiting=line)

    async def next(self) -> ModelRequest:
        return beginning(self.text)


def warmup(lab: Lab, door: FakeDoor, folder: Path) -> Warmup:
    slots = Slots(door=door, folder=folder)
    return Warmup(lab, engines=lab, queues=lab, slots=slots, beginning=lab.next, mode=lambda: lab.mode)


async def hows(made: Warmup, times: int = 1) -> list[str]:
    found = [await made.look() for _time in range(times)]
    return [one.how for one in found if one is not None]


async def test_a_loaded_model_reads_the_beginning_once_and_again_when_it_changed(tmp_path: Path) -> None:
    lab = Lab()
    made = warmup(lab, FakeDoor(), tmp_path)
    assert await hows(made, 3) == ["read"]
    lab.text = "You help a lot."
    assert await hows(made, 2) == ["read"]
    assert lab.asked == [(Reach.LOCAL_ONLY, Priority.SWARM)] * 2


async def test_a_model_that_was_loaded_anew_reads_it_again(tmp_path: Path) -> None:
    lab = Lab()
    made = warmup(lab, FakeDoor(), tmp_path)
    await made.look()
    lab.state = UNLOADED
    await made.look()
    lab.state = LOADED
    assert await hows(made) == ["read"]


LEFT_ALONE = [(Lab(UNLOADED), "loaded"), (Lab(is_local=False), "load"), (Lab(), "off")]


@pytest.mark.parametrize(("lab", "mode"), LEFT_ALONE)
async def test_nothing_is_loaded_sent_away_or_done_against_the_owners_will(lab: Lab, mode: str, tmp_path: Path) -> None:
    lab.mode = mode
    assert await hows(warmup(lab, FakeDoor(), tmp_path)) == []
    assert lab.asked == []


async def test_it_is_given_up_as_soon_as_somebody_comes(tmp_path: Path) -> None:
    lab = Lab()
    lab.gate = asyncio.Event()
    made = warmup(lab, FakeDoor(), tmp_path)
    looking = asyncio.create_task(hows(made))
    while not lab.asked:
        await asyncio.sleep(0)
    lab.waits = 1
    assert await looking == ["given up"]
    lab.waits, lab.gate = 0, None
    assert await hows(made) == ["read"]


async def test_a_server_that_keeps_slots_reads_once_in_its_life(tmp_path: Path) -> None:
    kept: list[str] = []

    def answer(outbound: Outbound) -> Reaction:
        action = outbound.url.rpartition("=")[2]
        if action == "save":
            kept.append(outbound.url)
            return FakeAnswer(body=b'{"n_saved": 900}')
        return FakeAnswer(body=b'{"n_restored": 900}' if kept else b'{"error": "no file"}', status=200 if kept else 400)

    door = FakeDoor(otherwise=answer)
    assert await hows(warmup(Lab(keeps=True), door, tmp_path)) == ["read"]
    assert await hows(warmup(Lab(keeps=True), door, tmp_path)) == ["restored"]


async def test_a_server_that_is_not_ours_has_one_file_for_all_beginnings(tmp_path: Path) -> None:
    files: list[str] = []

    def answer(outbound: Outbound) -> Reaction:
        if outbound.url.endswith("save"):
            files.append(json.loads(outbound.body or b"")["filename"])
        return FakeAnswer(body=b'{"n_saved": 900, "n_restored": 900}')

    lab = Lab(keeps=True)
    made = warmup(lab, FakeDoor(otherwise=answer), tmp_path)
    for lab.text in ("One.", "Two.", "Three."):
        assert await hows(made) == ["restored"]
    assert len(files) == 3
    assert set(files) == {standing_name(REF)}
    assert len(lab.asked) == 3


def test_another_model_or_another_beginning_is_another_file() -> None:
    names = {slot_name(beginning(), "a"), slot_name(beginning(), "b"), slot_name(beginning("Else."), "a")}
    assert len(names) == 3
    assert slot_name(beginning(), "a") in names


async def test_old_files_go_and_what_is_kept_is_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    slots = Slots(door=FakeDoor(), folder=folder)
    slots.ready()
    for name in ("homarus-old.slot", "homarus-new.slot"):
        (folder / name).write_bytes(b"x")
    slots.tidy(["homarus-new.slot"])
    assert [file.name for file in folder.iterdir()] == ["homarus-new.slot"]
    assert (folder / "homarus-new.slot").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_fresh_child_is_given_back_what_it_had_read(tmp_path: Path) -> None:
    (tmp_path / "homarus-a.slot").write_bytes(b"x")
    door = FakeDoor(otherwise=lambda _outbound: FakeAnswer(body=b'{"n_restored": 1}'))
    await restoring(Slots(door=door, folder=tmp_path))(Endpoint(provider="embedded", base_url="http://127.0.0.1:1/v1"))
    assert [outbound.url for outbound in door.opened] == ["http://127.0.0.1:1/slots/0?action=restore"]
