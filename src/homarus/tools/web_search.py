"""Search the web: at a SearXNG of the owner's choice, or at Brave with a key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.content import JsonObject
from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, ToolArgumentError, ToolFailedError
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.ports import Outbound, Purpose, Timeouts
from homarus.domain.settings import WebSearch
from homarus.domain.tooling import ToolContext
from homarus.tools.readable import visible

_BRAVE = "https://api.search.brave.com/res/v1"
_MOST_BYTES = 2 << 20
_SNIPPET_CHARS = 300
_OK = 200
_LONGEST_QUERY = 1_000
_TIMEOUTS = Timeouts(connect_s=10, first_byte_s=20, idle_s=10)


class Hit(BaseModel):
    """A result, in the words of either source."""

    model_config = ConfigDict(extra="ignore")
    title: str = ""
    url: str = ""
    content: str = ""
    description: str = ""


class _Hits(BaseModel):
    results: list[Hit] = Field(default_factory=list[Hit])


class _BraveAnswer(BaseModel):
    web: _Hits = _Hits()


def missing_source(settings: WebSearch) -> str:
    """Return what is missing before the web can be searched, or nothing."""
    if settings.provider == "brave":
        return "" if settings.api_key else _("tools.web.search.apiKey is not set")
    if settings.base_url:
        return ""
    return _("no source is configured: set tools.web.search.baseUrl to the address of a SearXNG")


@tool("web.search", risk=Risk.REACH, key=["query"], settings=WebSearch)
async def search(context: ToolContext, *, query: Annotated[str, at_most(_LONGEST_QUERY)]) -> ToolOutput:
    """Search the web."""
    words = " ".join(query.split())
    if not words:
        raise ToolArgumentError("`query` is empty.", hint="Write what to search for.")
    settings = WebSearch.model_validate({name: value for name, value in context.settings.items() if value is not None})
    missing = missing_source(settings)
    if missing:
        raise ToolFailedError(f"The web cannot be searched: {missing}.", hint="Tell the owner.")
    outbound = _outbound(words, settings, context)
    hits = hits_of(await _answer(outbound, context), is_brave=settings.provider == "brave")[: settings.max_results]
    host = urlsplit(outbound.url).hostname or ""
    return ToolOutput(
        text="\n\n".join(_shown(hit) for hit in hits) or "[nothing found]",
        label=Label(origin=Origin.WEB, source=f"web.search {words!r}"),
        summary=_("Searched {host} for {query!r}, {count} results").format(host=host, query=words, count=len(hits)),
        facts={"query": words, "host": host, "results": len(hits)},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search as it is sent."""

    url: str
    headers: Mapping[str, str]


def question(words: str, settings: WebSearch) -> Question:
    """Return what to send to the configured source."""
    headers = {"Accept": "application/json"}
    if settings.provider == "brave":
        key = settings.api_key
        headers["X-Subscription-Token"] = key.get_secret_value() if key else ""
        base = (settings.base_url or _BRAVE).rstrip("/")
        url = f"{base}/web/search?" + urlencode({"q": words, "count": settings.max_results})
    else:
        url = f"{(settings.base_url or '').rstrip('/')}/search?" + urlencode({"q": words, "format": "json"})
    return Question(url=url, headers=headers)


def _outbound(words: str, settings: WebSearch, context: ToolContext) -> Outbound:
    asked = question(words, settings)
    return Outbound(
        method="GET",
        url=asked.url,
        purpose=Purpose.TOOL,
        headers=asked.headers,
        reach=context.reach,
        timeouts=_TIMEOUTS,
        turn=context.turn,
    )


async def _answer(outbound: Outbound, context: ToolContext) -> JsonObject:
    try:
        async with context.door.open(outbound) as inlet:
            status, body = inlet.status, await inlet.read(_MOST_BYTES)
    except (EgressRefusedError, ConnectionFailedError) as error:
        raise ToolFailedError(f"The search source did not answer: {error.message}", hint=error.hint) from error
    if status != _OK:
        why = " (a SearXNG must allow the json format in its settings)" if status in {403, 404} else ""
        raise ToolFailedError(f"The search source answered {status}{why}.", hint="Tell the owner.")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ToolFailedError("The search source did not answer JSON.", hint="Tell the owner.") from error
    return cast("JsonObject", answer) if isinstance(answer, Mapping) else {}


def hits_of(answer: JsonObject, *, is_brave: bool) -> list[Hit]:
    """Return the results of an answer that lead to web pages.

    Raises:
        ToolFailedError: when it is not what such a source answers.
    """
    try:
        found = _BraveAnswer.model_validate(answer).web if is_brave else _Hits.model_validate(answer)
    except ValidationError as error:
        raise ToolFailedError("The search source answered something unknown.", hint="Tell the owner.") from error
    return [hit for hit in found.results if hit.url.startswith(("http://", "https://"))]


def _shown(hit: Hit) -> str:
    snippet = " ".join(visible(hit.content or hit.description).split())[:_SNIPPET_CHARS]
    return f"{' '.join(visible(hit.title).split())}\n{hit.url}\n{snippet}".rstrip()
