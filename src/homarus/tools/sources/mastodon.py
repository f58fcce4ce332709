"""A Mastodon account: who mentioned the owner, and where `social.post` posts."""

from datetime import datetime

from homarus.domain.content import JsonObject
from homarus.domain.errors import ConnectionFailedError, EgressRefusedError
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.networks.accounts import MastodonSettings
from homarus.tools.networks.wire import Said, call
from homarus.tools.readable import readable


@source("mastodon", settings=MastodonSettings)
class Mastodon:
    """Mentions since the last reading."""

    def __init__(self, settings: MastodonSettings) -> None:
        """Keep the account."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return new mentions.

        Raises:
            NoDataError: when the server cannot be asked.
        """
        last = str((since or {}).get("last", ""))
        query = f"?types[]=mention&limit=40{f'&since_id={last}' if last else ''}"
        said = await self._asked(context, f"/api/v1/notifications{query}")
        items = tuple(_item(row) for row in said.rows if isinstance(row.get("status"), dict))
        newest = max((str(row.get("id", "")) for row in said.rows), key=lambda each: (len(each), each), default=last)
        label = Label(origin=Origin.WEB, source=_("mentions {name}").format(name=context.name))
        return Fetched(items=items, watermark={"last": newest}, label=label, is_whole=not last)

    async def probe(self, context: SourceContext) -> Health:
        """Ask who the account is."""
        try:
            said = await self._asked(context, "/api/v1/accounts/verify_credentials")
        except NoDataError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        return Health(is_well=True, sentence=_("Signed in as {name}.").format(name=said.body.get("acct", "?")))

    async def _asked(self, context: SourceContext, path: str) -> Said:
        try:
            said = await call(
                context.door, "GET", f"{self._settings.base}{path}", token=self._settings.token.get_secret_value()
            )
        except (ConnectionFailedError, EgressRefusedError) as error:
            raise NoDataError(error.message, hint=error.hint) from error
        except TimeoutError as error:
            raise NoDataError(
                _("{url} took too long.").format(url=self._settings.base), hint=_("Try later.")
            ) from error
        if not said.is_ok:
            raise NoDataError(
                _("{url} answered {problem}.").format(url=self._settings.base, problem=said.problem),
                hint=_("Make a new token in the account's settings and set it under `sources`."),
            )
        return said


def _item(row: JsonObject) -> Item:
    status = row["status"]
    assert isinstance(status, dict)
    author = status.get("account")
    name = str(author.get("acct", "")) if isinstance(author, dict) else ""
    text = readable(str(status.get("content", "")), url="").text[:2_000]
    return Item(
        key=f"mastodon:{status.get('id', '')}",
        kind="post",
        title=f"{name}: {text[:80]}",
        text=text,
        at=_time(str(status.get("created_at", ""))),
        url=str(status.get("url") or ""),
        fields={"from": name},
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
