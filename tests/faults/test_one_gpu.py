"""One model, one slot, and everybody wants it: what a person sees of it, through a whole gateway."""

import threading
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from faults.conftest import model_server
from faults.living import Living
from homarus.domain.content import Json
from homarus.testing.quirks import QuirkServer, Turn, call, say
from homarus.testing.quirks.turns import Asked

STEPS = 3


class Model:
    """Answers a swarm in steps, each with a tool call, and keeps in its second one until it is let go."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.in_second_step, self.go_on = threading.Event(), threading.Event()

    def __call__(self, asked: Asked) -> Turn:
        who = asked.last_user.partition(":")[0]
        if who != "swarm":
            self.order.append(who)
            return say("Good morning.")
        step = self.order.count("swarm") + 1
        self.order.append("swarm")
        if step == 2:
            self.in_second_step.set()
            assert self.go_on.wait(30)
        return call("time.now") if step < STEPS else say("The swarm is done.")


class OneGpu:
    def __init__(self, model: Model, living: Living) -> None:
        self.model, self.living = model, living


@pytest.fixture
def one_gpu(home: Path) -> Generator[OneGpu]:
    model = Model()
    with ExitStack() as stack:
        server: QuirkServer = stack.enter_context(model_server(model, ["one_slot"]))
        stack.callback(model.go_on.set)
        provider: dict[str, Json] = {
            "baseUrl": f"{server.url}/v1",
            "api": "openai-completions",
            "compat": {"slots": 1},
            "models": [{"id": "tester", "contextWindow": 32000}],
        }
        living = Living(
            home, model_url=server.url, further={"models": {"mode": "replace", "providers": {"quirk": provider}}}
        )
        stack.callback(living.stop)
        living.start()
        yield OneGpu(model, living)


def test_a_person_gets_in_between_the_steps_of_a_swarm_and_hears_how_long_it_takes(one_gpu: OneGpu) -> None:
    living, model = one_gpu.living, one_gpu.model
    swarm = living.send("swarm: go through everything", session="Swarm", priority="swarm")
    assert model.in_second_step.wait(20)
    heartbeat = living.send("heartbeat: anything new?", session="Heart", priority="heartbeat")
    person = living.send("person: good morning!", session="Me")
    watching = living.line.stream("GET", f"/api/v1/turns/{person}/events")
    told = next(frame.data for frame in watching if frame.name == "waiting")
    model.go_on.set()

    assert living.reply(person)["text"] == "Good morning."
    assert living.reply(swarm)["text"] == "The swarm is done."
    living.reply(heartbeat)
    assert model.order == ["swarm", "swarm", "person", "heartbeat", "swarm"]
    assert (told["phase"], told["total"]) == ("queued", 1)
    assert str(told["detail"]).startswith("about ")
