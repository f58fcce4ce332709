"""Look for new places at a SearXNG of the owner's, or at Brave with a key: addresses and snippets, no pages."""

from collections.abc import Mapping

from pydantic import Field, SecretStr

from homarus.domain.content import JsonObject
from homarus.domain.errors import ToolFailedError
from homarus.domain.i18n import _
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.settings import WebSearch
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.readable import visible
from homarus.tools.sources.addresses import canonical, read_address
from homarus.tools.sources.asking import asked, json_of
from homarus.tools.sources.courier import Courier, Manners
from homarus.tools.sources.feed import news
from homarus.tools.sources.parts import PartRead, label_of, read_parts, tried
from homarus.tools.web_search import hits_of, missing_source, question


class SearchSettings(Manners):
    """Searches; the same words as under `tools.web.search`."""

    provider: str | None = Field(default=None, pattern="^(searxng|brave)$")
    """`searxng` or `brave`."""
    base_url: str | None = None
    """The address of a SearXNG."""
    api_key: SecretStr | None = None
    """The key, where the provider wants one."""
    max_results: int = Field(default=8, ge=1, le=20)
    """How many results a search brings."""
    queries: tuple[str, ...] = ()
    """What to search for every night."""

    def web_search(self) -> WebSearch:
        """Return them as the tool knows them."""
        return WebSearch.model_validate(
            {
                "provider": self.provider,
                "base_url": self.base_url,
                "api_key": self.api_key,
                "max_results": self.max_results,
            }
        )


@source("search", settings=SearchSettings)
class SearchSource:
    """Results of searches: where else something is said; a place beyond the list is only named until it is listed."""

    def __init__(self, settings: SearchSettings, *, courier: Courier | None = None) -> None:
        """Take the settings; a courier of one's own for tests."""
        self._settings = settings
        # The search itself is the owner's own choice and may stand in the own network.
        address = read_address(settings.base_url or "")
        own = (*settings.own_places, address.place) if address is not None else settings.own_places
        self._courier = courier or Courier(settings.model_copy(update={"own_places": own}))

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return results that were not there before; the option `more` names further questions."""
        if missing := missing_source(self._settings.web_search()):
            raise NoDataError(
                _("{source!r} cannot search: {missing}.").format(source=context.name, missing=missing),
                hint=_("Set `provider` and `baseUrl` or `apiKey` under `sources.{source}`.").format(
                    source=context.name
                ),
            )
        more = context.options.get("more")
        asked_too = tuple(word for word in more if isinstance(word, str)) if isinstance(more, list) else ()
        return await read_parts(
            context, (*self._settings.queries, *asked_too), since, self._read, label=label_of("search", context)
        )

    async def probe(self, context: SourceContext) -> Health:
        """Search for the first thing."""
        return await tried(self, context, next(iter(self._settings.queries), ""))

    async def _read(self, context: SourceContext, part: str, known: JsonObject) -> PartRead:
        settings = self._settings.web_search()
        sent = question(part, settings)
        answer = json_of(await asked(self._courier, context, sent.url, headers=sent.headers))
        try:
            hits = hits_of(answer if isinstance(answer, Mapping) else {}, is_brave=settings.provider == "brave")
        except ToolFailedError as error:
            raise NoDataError(
                _("The search answered something that cannot be read."), hint=_("Check that it speaks JSON.")
            ) from error
        items = [
            Item(
                key=canonical(hit.url),
                kind="result",
                title=" ".join(visible(hit.title).split())[:300],
                text=" ".join(visible(hit.content or hit.description).split())[:600],
                url=canonical(hit.url),
                fields={"query": part},
            )
            for hit in hits[: self._settings.max_results]
        ]
        return news(items, known)
