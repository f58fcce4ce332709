"""What a server refuses by name is not sent again, and nothing else is left out."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from homarus.domain.content import JsonObject, Message, Role, Text, system, user
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.labels import OWNER
from homarus.models.concessions import Concessions
from homarus.models.openai_completions import OpenAiCompletions
from homarus.net.door import OpenDoor
from homarus.testing.quirks import Asked, Quirk, QuirkServer, Refusal, say
from homarus.testing.wire_bench import WireBench, asking

pytestmark = pytest.mark.anyio
OPENAI = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."


@pytest.fixture
async def bench() -> AsyncIterator[WireBench]:
    async with OpenDoor() as door:
        yield WireBench(wire=OpenAiCompletions(), api="openai-completions", door=door)


def refused(message: str, failure: Failure = Failure.BAD_REQUEST) -> ModelCallError:
    return ModelCallError(failure, message, hint="-")


def refusing(field: str, message: str) -> Quirk:
    def refuse(asked: Asked) -> Refusal | None:
        return Refusal(status=400, message=message) if field in asked.body else None

    return Quirk(name=f"refuses_{field}", about="A field is refused.", refuse=refuse)


def bodies(server: QuirkServer) -> list[JsonObject]:
    return [request.json for request in server.prompts]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("stream_options", "Unrecognized request argument supplied: stream_options"),
        ("return_progress", "body.return_progress: Extra inputs are not permitted"),
        ("temperature", "Unsupported value: 'temperature' does not support 0 with this model."),
        ("max_tokens", OPENAI),
    ],
)
async def test_a_field_that_is_refused_is_left_out_from_then_on(bench: WireBench, field: str, message: str) -> None:
    async with bench.server([say("Four.")], quirks=[refusing(field, message)]) as server:
        said = [(await bench.ask(server)).text for _ in range(2)]

    assert said == ["Four.", "Four."]
    assert [field in body for body in bodies(server)] == [True, False, False]
    assert field != "max_tokens" or bodies(server)[-1]["max_completion_tokens"] == 64


async def test_a_system_message_without_a_place_goes_before_the_users_words(bench: WireBench) -> None:
    async with bench.server([say("Four.")], quirks=["system_refused"]) as server:
        said = [(await bench.ask(server)).text for _ in range(2)]

    assert said == ["Four.", "Four."]
    assert bodies(server)[-1]["messages"] == [{"role": "user", "content": "You are kind.\n\nHi"}]
    assert len(server.prompts) == 3


async def test_what_the_owner_set_is_never_left_out(bench: WireBench) -> None:
    request = replace(asking("Hi"), extra={"temperature": 2})
    quirk = refusing("temperature", "Unsupported value: 'temperature'.")
    async with bench.server([say("Four.")], quirks=[quirk]) as server:
        error = await bench.failure(server, request)

    assert error.failure is Failure.BAD_REQUEST
    assert len(server.prompts) == 1


async def test_a_server_that_refuses_everything_is_asked_a_few_times_only(bench: WireBench) -> None:
    words = "Unsupported: stream_options, return_progress, temperature, max_tokens, messages"
    quirk = Quirk(name="no", about="No.", refuse=lambda _: Refusal(status=400, message=words))
    async with bench.server(quirks=[quirk]) as server:
        error = await bench.failure(server)

    assert error.failure is Failure.BAD_REQUEST
    assert len(server.prompts) <= 5


def _same(conceded: Concessions, error: ModelCallError) -> bool:
    return conceded.after(error, ["temperature", "messages", "response_format"], own=()) is None


@pytest.mark.parametrize(
    "error",
    [
        refused("messages: Extra inputs are not permitted"),
        refused("Unsupported parameter: 'quirk'."),
        refused("The temperature of this reactor is too high."),
        refused("Unsupported value: 'temperature'", Failure.RATE_LIMITED),
        refused("response_format is not supported by this model"),
    ],
    ids=lambda error: error.message,
)
def test_nothing_is_conceded_to_what_names_no_field_that_can_be_spared(error: ModelCallError) -> None:
    assert _same(Concessions(), error)


def _folded(*messages: Message) -> list[tuple[Role, str]]:
    return [(message.role, message.text) for message in Concessions(folds_system=True).messages(messages)]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: (system("Be kind."), user("Hi", OWNER)), [(Role.USER, "Be kind.\n\nHi")]),
        (lambda: (user("Hi", OWNER),), [(Role.USER, "Hi")]),
        (
            lambda: (system("Be kind."), Message(role=Role.ASSISTANT, parts=(Text(text="Yes?"),))),
            [(Role.USER, "Be kind."), (Role.ASSISTANT, "Yes?")],
        ),
    ],
)
def test_orders_are_folded_into_whatever_comes_first(
    make: Callable[[], tuple[Message, ...]], expected: list[tuple[Role, str]]
) -> None:
    assert _folded(*make()) == expected
