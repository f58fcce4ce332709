"""Watch repositories on GitHub, or on a server that speaks as GitHub does: releases, issues, commits, stars."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from pydantic import Field, SecretStr

from homarus.domain.content import Json, JsonObject
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, SourceContext
from homarus.tools.readable import visible
from homarus.tools.sources.asking import asked, json_of, moment, number, refuse_faults, rows_of, word
from homarus.tools.sources.courier import Courier, Known, Manners
from homarus.tools.sources.feed import news
from homarus.tools.sources.parts import MOST_CHARS, PartRead, label_of, read_parts, said, tried

_PER_PAGE = 30


class GithubSettings(Manners):
    """Repositories to watch."""

    repos: tuple[str, ...] = ()
    """`owner/name` of each."""
    watch: tuple[Literal["releases", "issues", "commits", "stars"], ...] = ("releases", "issues", "stars")
    """What of them."""
    token: SecretStr | None = None
    """A token raises the allowance from 60 to 5,000 calls an hour; one without any rights is enough."""
    base_url: str = "https://api.github.com"
    """The address of the interface."""
    delay_seconds: float = Field(default=0.5, ge=0, le=3600)
    """How far apart two calls are at least."""


@source("github", settings=GithubSettings)
class GithubSource:
    """What happens in repositories."""

    def __init__(self, settings: GithubSettings, *, courier: Courier | None = None) -> None:
        """Take the repositories; a courier of one's own for tests."""
        self._settings = settings
        self._courier = courier or Courier(settings)

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return what is new in the repositories."""
        return await read_parts(context, self._settings.repos, since, self._read, label=label_of("github", context))

    async def probe(self, context: SourceContext) -> Health:
        """Ask for the first repository."""
        return await tried(self, context, next(iter(self._settings.repos), ""))

    async def _read(self, context: SourceContext, part: str, known: JsonObject) -> PartRead:
        items: list[Item] = []
        marks: dict[str, Json] = dict(known)
        for what in self._settings.watch:
            before = known.get(what)
            had = await self._of(context, part, what, before if isinstance(before, dict) else {})
            items += had.items
            marks[what] = had.watermark
        return PartRead(items=tuple(items), watermark=marks)

    async def _of(self, context: SourceContext, repo: str, what: str, known: JsonObject) -> PartRead:
        base = f"{self._settings.base_url.rstrip('/')}/repos/{repo}"
        url = base if what == "stars" else f"{base}/{what}?per_page={_PER_PAGE}"
        headers = {"Accept": "application/vnd.github+json"}
        if self._settings.token is not None:
            headers["Authorization"] = f"Bearer {self._settings.token.get_secret_value()}"
        brought = await asked(self._courier, context, url, known=Known(etag=said(known, "etag")), headers=headers)
        if brought.is_unchanged:
            return PartRead(items=(), watermark=known)
        answer = json_of(brought)
        refuse_faults(answer, url)
        blob = await context.blobs.put(brought.body)
        if what == "stars":
            items = [_count(answer, repo, blob, context.clock.now())]
        else:
            rows = await asyncio.to_thread(rows_of, answer)
            items = [_READ[what](row, repo, blob) for row in rows if "pull_request" not in row]
        had = news(items, known)
        return PartRead(items=had.items, watermark={**had.watermark, "etag": brought.etag})


def _release(row: JsonObject, repo: str, blob: str) -> Item:
    tag = word(row, "tag_name")
    return Item(
        key=f"{repo}@{tag}",
        kind="release",
        title=f"{repo} {word(row, 'name') or tag}",
        text=visible(word(row, "body"))[:MOST_CHARS],
        at=moment(word(row, "published_at")),
        url=word(row, "html_url"),
        fields={"repo": repo, "tag": tag, "prerelease": row.get("prerelease") is True},
        blob=blob,
    )


def _issue(row: JsonObject, repo: str, blob: str) -> Item:
    return Item(
        key=f"{repo}#{number(row, 'number')}",
        kind="issue",
        title=f"{repo} #{number(row, 'number')}: {visible(word(row, 'title'))}",
        text=visible(word(row, "body"))[:MOST_CHARS],
        at=moment(word(row, "updated_at")),
        url=word(row, "html_url"),
        fields={"repo": repo, "state": word(row, "state"), "author": word(row, "user", "login")},
        blob=blob,
    )


def _commit(row: JsonObject, repo: str, blob: str) -> Item:
    message = visible(word(row, "commit", "message"))
    return Item(
        key=f"{repo}:{word(row, 'sha')}",
        kind="commit",
        title=f"{repo}: {message.splitlines()[0] if message else word(row, 'sha')}",
        text=message[:MOST_CHARS],
        at=moment(word(row, "commit", "author", "date")),
        url=word(row, "html_url"),
        fields={"repo": repo, "author": word(row, "commit", "author", "name")},
        blob=blob,
    )


def _count(row: Json, repo: str, blob: str, at: datetime) -> Item:
    stars, forks = number(row, "stargazers_count"), number(row, "forks_count")
    return Item(
        key=f"{repo}:counts",
        kind="count",
        title=repo,
        text=f"{stars} stars, {forks} forks",
        at=at,
        url=word(row, "html_url"),
        fields={"repo": repo, "stars": stars, "forks": forks, "open_issues": number(row, "open_issues_count")},
        blob=blob,
    )


_READ: dict[str, Callable[[JsonObject, str, str], Item]] = {
    "releases": _release,
    "issues": _issue,
    "commits": _commit,
}
