"""A Bluesky account: who answered and mentioned the owner, and where `social.post` posts."""

from datetime import datetime

from homarus.domain.content import JsonObject
from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, ToolFailedError
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.networks.accounts import BlueskySettings
from homarus.tools.networks.bluesky import sign_in
from homarus.tools.networks.wire import call

_WANTED = frozenset({"mention", "reply", "quote"})


@source("bluesky", settings=BlueskySettings)
class Bluesky:
    """Mentions, answers and quotations since the last reading."""

    def __init__(self, settings: BlueskySettings) -> None:
        """Keep the account."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return what is new.

        Raises:
            NoDataError: when the server cannot be asked.
        """
        last = str((since or {}).get("last", ""))
        try:
            session = await sign_in(self._settings, context.door)
            url = f"{self._settings.base}/xrpc/app.bsky.notification.listNotifications?limit=50"
            said = await call(context.door, "GET", url, token=session.token)
        except (ConnectionFailedError, EgressRefusedError, ToolFailedError) as error:
            raise NoDataError(error.message, hint=error.hint) from error
        except TimeoutError as error:
            raise NoDataError(
                _("{url} took too long.").format(url=self._settings.base), hint=_("Try later.")
            ) from error
        if not said.is_ok:
            raise NoDataError(
                _("{url} answered {problem}.").format(url=self._settings.base, problem=said.problem),
                hint=_("A server of your own without the app's view can be posted on, but not read."),
            )
        told = said.body.get("notifications")
        rows = [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []
        new = [row for row in rows if row.get("reason") in _WANTED and str(row.get("indexedAt", "")) > last]
        newest = max((str(row.get("indexedAt", "")) for row in rows), default=last)
        label = Label(origin=Origin.WEB, source=_("mentions {name}").format(name=context.name))
        items = tuple(_item(row) for row in new)
        return Fetched(items=items, watermark={"last": max(newest, last)}, label=label, is_whole=not last)

    async def probe(self, context: SourceContext) -> Health:
        """Sign in."""
        try:
            session = await sign_in(self._settings, context.door)
        except (ConnectionFailedError, EgressRefusedError, ToolFailedError) as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        except TimeoutError:
            return Health(is_well=False, sentence=_("{url} took too long.").format(url=self._settings.base))
        return Health(is_well=True, sentence=_("Signed in as {name}.").format(name=session.did))


def _item(row: JsonObject) -> Item:
    record, author = row.get("record"), row.get("author")
    text = str(record.get("text", ""))[:2_000] if isinstance(record, dict) else ""
    name = str(author.get("handle", "")) if isinstance(author, dict) else ""
    try:
        at = datetime.fromisoformat(str(row.get("indexedAt", "")))
    except ValueError:
        at = None
    return Item(
        key=f"bluesky:{row.get('uri', '')}",
        kind="post",
        title=f"{name}: {text[:80]}",
        text=text,
        at=at,
        fields={"from": name},
    )
