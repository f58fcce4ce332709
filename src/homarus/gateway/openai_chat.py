"""/v1/chat/completions: hand on, translate, or make a turn - whatever the model's name says."""

from collections.abc import Mapping
from typing import cast

from aiohttp import web

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import fresh
from homarus.gateway.bodies import parse, parse_as, read
from homarus.gateway.bounding import checked
from homarus.gateway.callers import Need
from homarus.gateway.openai_answer import of_model, of_turn, speak
from homarus.gateway.openai_chat_request import ChatRequest, messages_of, model_request
from homarus.gateway.openai_chat_voice import ChatVoice
from homarus.gateway.openai_proxy import forward
from homarus.gateway.openai_turns import accept, agent_named
from homarus.gateway.operations import Operation, caller_of, house_of
from homarus.gateway.queueing import priority_of
from homarus.models.dispatch import Priority

_API = "openai-completions"


def named_model(parsed: Json) -> str:
    """Return the model that a body names.

    Raises:
        UsageError: when it names none.
    """
    model = parsed.get("model") if isinstance(parsed, Mapping) else None
    if not isinstance(model, str) or not model.strip():
        raise UsageError(
            _("`model` is missing."), hint=_("Write provider/id, agent:<id> or auto; GET /v1/models lists them.")
        )
    return model.strip()


async def complete(request: web.Request) -> web.StreamResponse:
    """Answer a chat."""
    body = await read(request)
    parsed = parse(body)
    name = named_model(parsed)
    agent = agent_named(name)
    if agent is not None:
        return await _turn(request, parse_as(parsed, ChatRequest), agent)
    house = house_of(request)
    model = house.desk.find(name)
    bounds = await checked(house, model)
    if model.api == _API:
        return await forward(request, body, cast("JsonObject", parsed), model, path="/chat/completions", bounds=bounds)
    wanted = parse_as(parsed, ChatRequest)
    label = caller_of(request).label
    asked = model_request(wanted, model.ref, label)
    priority = priority_of(request, usual=Priority.JOB)
    events = house.desk.stream(model.ref, asked, reach=bounds.reach, region=bounds.region, priority=priority)
    return await speak(request, of_model(events), _voice(wanted), streams=bool(wanted.stream))


async def _turn(request: web.Request, wanted: ChatRequest, agent: str) -> web.StreamResponse:
    messages = messages_of(wanted.messages, caller_of(request).label)
    accepted = await accept(request, agent, messages, named=wanted.user)
    voice = _voice(wanted)
    moments = house_of(request).moments.watch(accepted.turn)
    streams = bool(wanted.stream)
    return await speak(request, of_turn(moments, voice, streams=streams), voice, streams=streams)


def _voice(wanted: ChatRequest) -> ChatVoice:
    includes_usage = wanted.stream_options is not None and wanted.stream_options.include_usage
    return ChatVoice(fresh("chatcmpl"), wanted.model, includes_usage=includes_usage)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/chat/completions",
        answer=complete,
        need=Need.MODELS,
        about="Chat, as OpenAI has it. `provider/id` is a model; `agent:<id>` or `auto` is an agent, for scope `chat`.",
        takes=ChatRequest,
        streams=True,
    ),
)
