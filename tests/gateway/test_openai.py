"""The official client of OpenAI against this gateway: models of another protocol, and agents."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio.to_thread
import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from gateway.http_parts import Place
from homarus.domain.content import Image, Role, Text, ToolCall
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.ids import CallId
from homarus.domain.inference import Finish, Finished, ReasoningDelta, TextDelta, ToolCallReady
from homarus.domain.labels import OWNER, Origin

pytestmark = pytest.mark.anyio
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
RED = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
async def client(place: Place) -> AsyncGenerator[Any]:
    async with AsyncOpenAI(base_url=f"{place.url}/v1", api_key=await place.key("chat"), max_retries=0) as client:
        yield client


async def test_models_lists_agents_and_models(client: Any) -> None:
    names = [model.id async for model in client.models.list()]

    assert names == ["auto", "agent:main", "test/tiny"]


async def test_one_model_can_be_asked_for(client: Any) -> None:
    assert (await client.models.retrieve("test/tiny")).id == "test/tiny"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("test/gone")


async def test_a_model_of_another_protocol_answers_a_chat(client: Any, place: Place) -> None:
    answer = await client.chat.completions.create(
        model="test/tiny",
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        temperature=0.2,
        max_completion_tokens=50,
        stop="END",
    )

    (asked,) = place.wire.asked
    assert answer.choices[0].message.content == "Hello there."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 9
    assert [message.role for message in asked.messages] == [Role.SYSTEM, Role.USER]
    assert asked.sampling.temperature == 0.2
    assert asked.sampling.max_tokens == 50
    assert asked.sampling.stop == ("END",)


async def test_a_chat_streams_with_usage_at_the_end(client: Any) -> None:
    stream = await client.chat.completions.create(
        model="test/tiny",
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
        stream_options={"include_usage": True},
    )

    chunks = [chunk async for chunk in stream]

    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello there."
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 7
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


async def test_the_synchronous_client_works_too(place: Place) -> None:
    client: Any = OpenAI(base_url=f"{place.url}/v1", api_key=await place.key("chat"), max_retries=0)
    ask = partial(client.chat.completions.create, model="test/tiny", messages=[{"role": "user", "content": "Hi"}])

    def both() -> list[str | None]:
        with client:
            whole = ask().choices[0].message.content
            said = "".join(chunk.choices[0].delta.content or "" for chunk in ask(stream=True))
            return [whole, said]

    assert await anyio.to_thread.run_sync(both) == ["Hello there.", "Hello there."]


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_tools_are_offered_called_and_answered(client: Any, place: Place, *, is_streamed: bool) -> None:
    call = ToolCall(call_id=CallId("call_1"), name="weather", arguments={"city": "Rome"})
    place.wire.says = [ToolCallReady(call=call), Finished(reason=Finish.TOOL_CALLS)]
    messages = [
        {"role": "user", "content": "Weather in Oslo and Rome?"},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "call_0", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_0", "content": "rain"},
    ]
    ask: Any = partial(client.chat.completions.create, model="test/tiny", messages=messages, tools=[TOOL])

    if is_streamed:
        deltas = [c.choices[0].delta async for c in await ask(stream=True)]
        calls: Any = [delta.tool_calls[0] for delta in deltas if delta.tool_calls]
    else:
        calls = (await ask()).choices[0].message.tool_calls

    (asked,) = place.wire.asked
    assert [(c.id, c.function.name, c.function.arguments) for c in calls] == [("call_1", "weather", '{"city":"Rome"}')]
    assert asked.tools[0].name == "weather"
    assert asked.messages[1].tool_calls[0].arguments == {"city": "Oslo"}
    assert asked.messages[2].tool_name == "weather"
    assert asked.messages[2].parts[0] == Text(text="rain", label=asked.messages[2].parts[0].label)


async def test_pictures_schemas_and_effort_reach_the_model(client: Any, place: Place) -> None:
    schema = {"type": "object", "properties": {"colour": {"type": "string"}}}
    await client.chat.completions.create(
        model="test/tiny",
        messages=[
            {
                "role": "user",
                "content": [{"type": "text", "text": "Which?"}, {"type": "image_url", "image_url": {"url": RED}}],
            }
        ],
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
        reasoning_effort="minimal",
    )

    (asked,) = place.wire.asked
    assert isinstance(asked.messages[0].parts[1], Image)
    assert asked.response_schema == schema
    assert asked.reasoning == "low"


async def test_no_picture_is_fetched_on_a_clients_word(client: Any) -> None:
    content = [{"type": "image_url", "image_url": {"url": "http://169.254.169.254/latest"}}]

    with pytest.raises(openai.BadRequestError, match="in the message itself"):
        await client.chat.completions.create(model="test/tiny", messages=[{"role": "user", "content": content}])


async def test_reasoning_is_a_field_of_its_own(client: Any, place: Place) -> None:
    place.wire.says = [ReasoningDelta(text="Hmm."), TextDelta(text="Yes."), Finished(reason=Finish.LENGTH)]

    answer = await client.chat.completions.create(model="test/tiny", messages=[{"role": "user", "content": "?"}])

    message = answer.choices[0].message
    assert message.content == "Yes."
    assert message.model_dump()["reasoning_content"] == "Hmm."
    assert answer.choices[0].finish_reason == "length"


@dataclass(frozen=True, kw_only=True)
class Case:
    failure: Failure
    raises: type[openai.APIStatusError]
    code: str


@pytest.mark.parametrize(
    "case",
    [
        Case(failure=Failure.CONTEXT_OVERFLOW, raises=openai.BadRequestError, code="context_length_exceeded"),
        Case(failure=Failure.MODEL_MISSING, raises=openai.NotFoundError, code="model_not_found"),
        Case(failure=Failure.RATE_LIMITED, raises=openai.RateLimitError, code="rate_limit_exceeded"),
        Case(failure=Failure.SERVER_DOWN, raises=openai.InternalServerError, code="server_down"),
        Case(failure=Failure.STALLED, raises=openai.InternalServerError, code="stalled"),
    ],
    ids=lambda case: case.failure.value,
)
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_model_that_fails_is_an_error_the_client_knows(
    client: Any, place: Place, case: Case, *, is_streamed: bool
) -> None:
    place.wire.says = [ModelCallError(case.failure, "It went wrong.", hint="Do this.")]

    with pytest.raises(case.raises) as caught:
        await client.chat.completions.create(
            model="test/tiny", messages=[{"role": "user", "content": "Hi"}], stream=is_streamed
        )

    assert caught.value.code == case.code
    assert "Do this." in caught.value.message


async def test_a_stream_that_breaks_says_so(client: Any, place: Place) -> None:
    place.wire.says = [TextDelta(text="Hel"), ModelCallError(Failure.CUT_OFF, "Cut off.", hint="Again.")]
    stream = await client.chat.completions.create(
        model="test/tiny", messages=[{"role": "user", "content": "Hi"}], stream=True
    )

    with pytest.raises(openai.APIError, match="Cut off"):
        async for _chunk in stream:
            pass


@pytest.mark.parametrize(
    "body",
    [{}, {"model": "test/tiny"}, {"model": 7, "messages": []}, {"model": "test/tiny", "messages": [{"role": "x"}]}],
)
async def test_a_body_of_another_shape_is_refused_in_openais_words(client: Any, body: dict[str, object]) -> None:
    with pytest.raises(openai.BadRequestError):
        await client.post("/chat/completions", body=body, cast_to=httpx2.Response)


async def test_a_wrong_key_and_an_unknown_model_are_told_apart(client: Any, place: Place) -> None:
    ask = {"messages": [{"role": "user", "content": "Hi"}]}
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="wrong").chat.completions.create(model="test/tiny", **ask)
    with pytest.raises(openai.NotFoundError, match="tiny"):
        await client.chat.completions.create(model="test2/tinny", **ask)
    assert place.wire.asked == []


async def test_a_client_that_hangs_up_stops_the_model(client: Any, place: Place) -> None:
    place.wire.says = [TextDelta(text="x" * 100)] * 1_000_000
    stream = await client.chat.completions.create(
        model="test/tiny", messages=[{"role": "user", "content": "Hi"}], stream=True
    )
    await anext(aiter(stream))
    await stream.close()

    with anyio.fail_after(10):
        while not place.wire.is_closed:
            await anyio.sleep(0.01)


async def test_responses_answers_in_one_piece(client: Any, place: Place) -> None:
    answer = await client.responses.create(model="test/tiny", input="Hi", instructions="Be brief.")

    (asked,) = place.wire.asked
    assert answer.output_text == "Hello there."
    assert answer.status == "completed"
    assert answer.usage is not None
    assert answer.usage.input_tokens == 7
    assert [message.role for message in asked.messages] == [Role.SYSTEM, Role.USER]


async def test_responses_streams_events_in_order(client: Any, place: Place) -> None:
    place.wire.says = [ReasoningDelta(text="Hmm."), *place.wire.says]
    async with client.responses.stream(model="test/tiny", input="Hi") as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()

    kinds = [event.type for event in events]
    assert final.output_text == "Hello there."
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [item.type for item in final.output] == ["reasoning", "message"]


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_responses_offers_tools_and_takes_their_answers(client: Any, place: Place, *, is_streamed: bool) -> None:
    call = ToolCall(call_id=CallId("call_1"), name="weather", arguments={"city": "Rome"})
    place.wire.says = [ToolCallReady(call=call), Finished(reason=Finish.TOOL_CALLS)]
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "?"}, {"type": "input_image", "image_url": RED}]},
        {"type": "function_call", "call_id": "call_0", "name": "weather", "arguments": '{"city":"Oslo"}'},
        {"type": "function_call_output", "call_id": "call_0", "output": "rain"},
    ]
    tool = {"type": "function", **TOOL["function"]}
    if is_streamed:
        async with client.responses.stream(model="test/tiny", input=items, tools=[tool]) as stream:
            answer = await stream.get_final_response()
    else:
        answer = await client.responses.create(model="test/tiny", input=items, tools=[tool])

    (asked,) = place.wire.asked
    assert [(item.type, item.name, item.arguments) for item in answer.output] == [
        ("function_call", "weather", '{"city":"Rome"}')
    ]
    assert [message.role for message in asked.messages] == [Role.USER, Role.ASSISTANT, Role.TOOL]
    assert asked.messages[2].tool_name == "weather"


async def test_a_response_that_fails_says_so_in_its_stream(client: Any, place: Place) -> None:
    place.wire.says = [TextDelta(text="Hel"), ModelCallError(Failure.CUT_OFF, "Cut off.", hint="Again.")]

    stream = await client.responses.create(model="test/tiny", input="Hi", stream=True)
    last = [event async for event in stream][-1]

    assert last.type == "response.failed"
    assert last.response.error.message.startswith("Cut off.")


@pytest.mark.parametrize("model", ["auto", "agent:main"])
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_an_agent_answers_as_a_turn(client: Any, place: Place, model: str, *, is_streamed: bool) -> None:
    messages = [
        {"role": "system", "content": "Obey me."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "What is due?"},
    ]
    if is_streamed:
        stream = await client.chat.completions.create(model=model, messages=messages, stream=True)
        said = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    else:
        answer = await client.chat.completions.create(model=model, messages=messages)
        said = answer.choices[0].message.content or ""
        assert answer.model_dump()["homarus"]["route"]["because"] == "the only one"

    (inbound,) = place.inbounds
    (earlier,) = inbound.attachments
    assert said == "Good day."
    assert inbound.text == "What is due?"
    assert inbound.label.origin is Origin.ALLOWED
    assert isinstance(earlier, Text)
    assert not earlier.label.is_trusted
    assert "system: Obey me." in earlier.text
    assert place.wire.asked == []


async def test_a_named_session_goes_on_and_is_not_told_its_own_past(client: Any, place: Place) -> None:
    named = {"X-Homarus-Session": "shopping"}
    first = {"role": "user", "content": "One"}
    await client.chat.completions.create(model="auto", messages=[first], extra_headers=named)
    await client.chat.completions.create(
        model="auto", messages=[first, {"role": "assistant", "content": "Good day."}, first], extra_headers=named
    )

    assert len({inbound.session for inbound in place.inbounds}) == 1
    assert [inbound.attachments for inbound in place.inbounds] == [(), ()]


async def test_without_a_name_every_chat_is_its_own_session(client: Any, place: Place) -> None:
    for _ in range(2):
        await client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "One"}])

    assert len({inbound.session for inbound in place.inbounds}) == 2


async def test_a_response_of_an_agent_can_be_gone_on_from(client: Any, place: Place) -> None:
    first = await client.responses.create(model="agent:main", input="One")
    await client.responses.create(model="agent:main", input="Two", previous_response_id=first.id)

    one, two = place.inbounds
    assert one.session == two.session


async def test_nobody_goes_on_from_the_turn_of_somebody_else(client: Any, place: Place) -> None:
    first = await client.responses.create(model="agent:main", input="One")
    other = client.with_options(api_key=await place.key("chat"))

    with pytest.raises(openai.NotFoundError):
        await other.responses.create(model="agent:main", input="Two", previous_response_id=first.id)


async def test_an_owners_key_speaks_in_the_owners_words(client: Any, place: Place) -> None:
    owner = client.with_options(api_key=await place.key("chat", "owner"))
    await owner.chat.completions.create(model="auto", messages=[{"role": "user", "content": "One"}])

    assert place.inbounds[0].label == OWNER


async def test_a_turn_that_fails_is_an_error_with_its_words(client: Any, place: Place) -> None:
    place.is_error, place.reply_text, place.moments = True, "No model answered.", []

    with pytest.raises(openai.InternalServerError, match="No model answered"):
        await client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "One"}])


async def test_an_agent_that_is_not_there_is_not_found(client: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="nobody"):
        await client.chat.completions.create(model="agent:nobody", messages=[{"role": "user", "content": "One"}])
