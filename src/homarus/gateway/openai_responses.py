"""/v1/responses: hand on, translate, or make a turn - whatever the model's name says."""

from typing import cast

from aiohttp import web

from homarus.domain.content import JsonObject
from homarus.domain.ids import fresh
from homarus.gateway.bodies import parse, parse_as, read
from homarus.gateway.bounding import checked
from homarus.gateway.callers import Need
from homarus.gateway.openai_answer import of_model, of_turn, speak
from homarus.gateway.openai_chat import named_model
from homarus.gateway.openai_proxy import forward
from homarus.gateway.openai_responses_request import ResponsesRequest, echoed, messages_of, model_request
from homarus.gateway.openai_responses_voice import ResponsesVoice
from homarus.gateway.openai_turns import accept, agent_named
from homarus.gateway.operations import Operation, caller_of, house_of
from homarus.gateway.queueing import priority_of
from homarus.models.dispatch import Priority

_API = "openai-responses"
_OF_TURN = "resp_"


async def respond(request: web.Request) -> web.StreamResponse:
    """Answer a request for a response."""
    body = await read(request)
    parsed = parse(body)
    name = named_model(parsed)
    agent = agent_named(name)
    if agent is not None:
        return await _turn(request, parse_as(parsed, ResponsesRequest), agent)
    house = house_of(request)
    model = house.desk.find(name)
    bounds = await checked(house, model)
    if model.api == _API:
        return await forward(request, body, cast("JsonObject", parsed), model, path="/responses", bounds=bounds)
    wanted = parse_as(parsed, ResponsesRequest)
    label = caller_of(request).label
    asked = model_request(wanted, model.ref, label)
    priority = priority_of(request, usual=Priority.JOB)
    events = house.desk.stream(model.ref, asked, reach=bounds.reach, region=bounds.region, priority=priority)
    voice = ResponsesVoice(fresh("resp"), wanted.model, echoed(wanted))
    return await speak(request, of_model(events), voice, streams=bool(wanted.stream))


async def _turn(request: web.Request, wanted: ResponsesRequest, agent: str) -> web.StreamResponse:
    messages = messages_of(wanted, caller_of(request).label)
    follows = wanted.previous_response_id.removeprefix(_OF_TURN) if wanted.previous_response_id else None
    accepted = await accept(request, agent, messages, named=wanted.user, follows=follows)
    # The id names the turn, so that `previous_response_id` goes on in its session.
    voice = ResponsesVoice(f"{_OF_TURN}{accepted.turn}", wanted.model, echoed(wanted))
    moments = house_of(request).moments.watch(accepted.turn)
    streams = bool(wanted.stream)
    return await speak(request, of_turn(moments, voice, streams=streams), voice, streams=streams)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/responses",
        answer=respond,
        need=Need.MODELS,
        about="Responses, as OpenAI has them; with an agent, `previous_response_id` goes on in the same session.",
        takes=ResponsesRequest,
        streams=True,
    ),
)
