"""Read what people say where an interface may be used: Hacker News, Discourse, Lemmy, Mastodon, Reddit's RSS."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.readable import readable, visible
from homarus.tools.sources.asking import asked, json_of, moment, number, refuse_faults, rows_of, word
from homarus.tools.sources.courier import Courier, Known, Manners
from homarus.tools.sources.feed import entries_of, news
from homarus.tools.sources.parts import MOST_CHARS, PartRead, label_of, read_parts, said, tried

_HOMES = {"hackernews": "https://hn.algolia.com", "reddit": "https://www.reddit.com"}
_CLOSED = frozenset({"x", "twitter", "facebook", "instagram", "linkedin", "tiktok", "quora", "threads"})
_NEEDS_ADDRESS = frozenset({"discourse", "lemmy", "mastodon"})


class ForumSettings(Manners):
    """A place where people talk."""

    site: Literal["hackernews", "discourse", "lemmy", "mastodon", "reddit", "x", "facebook", "linkedin", "quora"]
    """What it runs on. `x`, `facebook`, `linkedin` and `quora` have no interface that a person may use for this; a
    source of theirs says so instead of guessing."""
    base_url: str = ""
    """The address of a Discourse, Lemmy or Mastodon."""
    queries: tuple[str, ...] = ()
    """What to look for: words, of Reddit `r/name` or words, of Mastodon a tag."""
    token: SecretStr | None = None
    """Of Reddit: a token of your own approved application; without one its RSS is read."""


@source("forum", settings=ForumSettings)
class ForumSource:
    """Posts at one place."""

    def __init__(self, settings: ForumSettings, *, courier: Courier | None = None) -> None:
        """Take the place; a courier of one's own for tests."""
        self._settings = settings
        self._courier = courier or Courier(settings)

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return posts that are new or were edited."""
        self._check(context.name)
        return await read_parts(context, self._settings.queries, since, self._read, label=label_of("forum", context))

    async def probe(self, context: SourceContext) -> Health:
        """Ask for the first query."""
        return await tried(self, context, next(iter(self._settings.queries), ""))

    def _check(self, name: str) -> None:
        if self._settings.site in _CLOSED:
            raise NoDataError(
                _("{site} has no interface that may be used for this without a contract.").format(
                    site=self._settings.site
                ),
                hint=_("Remove {source!r}, or watch public pages about the subject instead.").format(source=name),
            )
        if self._settings.site in _NEEDS_ADDRESS and not self._settings.base_url:
            raise NoDataError(
                _("{source!r} does not say where it is.").format(source=name),
                hint=_("Set `baseUrl` to the address of the {site}.").format(site=self._settings.site),
            )

    async def _read(self, context: SourceContext, part: str, known: JsonObject) -> PartRead:
        headers = self._headers()
        base = (self._settings.base_url or _HOMES.get(self._settings.site, "")).rstrip("/")
        if self._settings.site == "reddit" and headers and not self._settings.base_url:
            base = "https://oauth.reddit.com"
        url = base + _path(self._settings.site, part, has_key=bool(headers))
        brought = await asked(self._courier, context, url, known=Known(etag=said(known, "etag")), headers=headers)
        if brought.is_unchanged:
            return PartRead(items=(), watermark=known)
        blob = await context.blobs.put(brought.body)
        if self._settings.site == "reddit" and not headers:
            entries = await asyncio.to_thread(entries_of, brought.body, url=url)
            items = [_post(entry.key, entry.title, entry.text, entry.url, fields=entry.fields) for entry in entries]
        else:
            answer = json_of(brought)
            refuse_faults(answer, url)
            # What was deleted or is dead has an entry and no words.
            items = [item for item in _READ[self._settings.site](answer, base) if item.title or item.text]
        had = news([_with_blob(item, blob) for item in items], known)
        return PartRead(items=had.items, watermark={**had.watermark, "etag": brought.etag})

    def _headers(self) -> Mapping[str, str]:
        if self._settings.token is None:
            return {}
        return {"Authorization": f"Bearer {self._settings.token.get_secret_value()}"}


def _path(site: str, query: str, *, has_key: bool) -> str:
    match site:
        case "hackernews":
            return "/api/v1/search_by_date?" + urlencode({"query": query, "tags": "(story,comment)", "hitsPerPage": 50})
        case "discourse":
            return "/posts.json" if query in {"", "*"} else "/search.json?" + urlencode({"q": f"{query} order:latest"})
        case "lemmy":
            return "/api/v3/search?" + urlencode({"q": query, "type_": "Posts", "sort": "New", "limit": 50})
        case "mastodon":
            return f"/api/v1/timelines/tag/{quote(query.lstrip('#'), safe='')}?limit=40"
        case _:
            ending = "" if has_key else ".rss"
            if query.startswith("r/"):
                return f"/{quote(query)}/new{ending or '.json'}?limit=50"
            return f"/search{ending or '.json'}?" + urlencode({"q": query, "sort": "new"})


def _post(key: str, title: str, text: str, url: str, *, at: str = "", fields: JsonObject | None = None) -> Item:
    words = readable(f"<body>{text}</body>", url=url).text if "<" in text else visible(text)
    return Item(
        key=key,
        kind="mention",
        title=visible(title)[:500] or words[:80],
        text=words[:MOST_CHARS],
        at=moment(at),
        url=url,
        fields=fields or {},
    )


def _with_blob(item: Item, blob: str) -> Item:
    return Item(
        key=item.key,
        kind=item.kind,
        title=item.title,
        text=item.text,
        at=item.at,
        url=item.url,
        fields=item.fields,
        blob=blob,
    )


def _of_hackernews(answer: Json, _base: str) -> list[Item]:
    return [
        _post(
            f"hn:{word(row, 'objectID')}",
            word(row, "title") or word(row, "story_title"),
            word(row, "story_text") or word(row, "comment_text") or word(row, "title"),
            f"https://news.ycombinator.com/item?id={word(row, 'objectID')}",
            at=word(row, "created_at"),
            fields={"author": word(row, "author"), "points": number(row, "points")},
        )
        for row in rows_of(answer, "hits")
    ]


def _of_discourse(answer: Json, base: str) -> list[Item]:
    return [
        _post(
            f"{base}/p/{word(row, 'id')}",
            word(row, "topic_title") or word(row, "name"),
            word(row, "raw") or word(row, "blurb") or word(row, "cooked"),
            f"{base}/p/{word(row, 'id')}",
            at=word(row, "created_at"),
            fields={"author": word(row, "username")},
        )
        for row in [*rows_of(answer, "latest_posts"), *rows_of(answer, "posts")]
    ]


def _of_lemmy(answer: Json, base: str) -> list[Item]:
    return [
        _post(
            word(row, "post", "ap_id") or f"{base}/post/{word(row, 'post', 'id')}",
            word(row, "post", "name"),
            word(row, "post", "body") or word(row, "post", "name"),
            word(row, "post", "ap_id") or f"{base}/post/{word(row, 'post', 'id')}",
            at=word(row, "post", "published"),
            fields={"author": word(row, "creator", "name"), "points": number(row, "counts", "score")},
        )
        for row in rows_of(answer, "posts")
    ]


def _of_mastodon(answer: Json, _base: str) -> list[Item]:
    return [
        _post(
            word(row, "uri"),
            "",
            word(row, "content"),
            word(row, "url") or word(row, "uri"),
            at=word(row, "created_at"),
            fields={"author": word(row, "account", "acct"), "points": number(row, "favourites_count")},
        )
        for row in rows_of(answer)
    ]


def _of_reddit(answer: Json, _base: str) -> list[Item]:
    return [
        _post(
            word(row, "data", "name"),
            word(row, "data", "title"),
            word(row, "data", "selftext") or word(row, "data", "title"),
            f"https://www.reddit.com{word(row, 'data', 'permalink')}",
            fields={"author": word(row, "data", "author"), "points": number(row, "data", "score")},
        )
        for row in rows_of(answer, "data", "children")
    ]


_READ: dict[str, Callable[[Json, str], list[Item]]] = {
    "hackernews": _of_hackernews,
    "discourse": _of_discourse,
    "lemmy": _of_lemmy,
    "mastodon": _of_mastodon,
    "reddit": _of_reddit,
}
