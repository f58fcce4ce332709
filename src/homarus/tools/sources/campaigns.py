"""What campaigns did: exports of Mailchimp, GA4, Google Ads and others as CSV, and APIs shaped like Listmonk's.

Columns are found by their names in English and German; what stands above the header and sums below are left out.
"""

import asyncio
import base64
import hashlib
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from homarus.domain.content import JsonObject
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.bringing import bring, is_address
from homarus.tools.campaign_columns import Row, rows_of_csv, rows_of_json
from homarus.tools.mails.heads import decode

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class CampaignSettings(BaseModel):
    """Figures of campaigns."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(min_length=1, max_length=2_000)
    """A CSV or JSON file, or an address: `https://list.example.org/api/campaigns?per_page=100` of Listmonk,
    `https://us1.api.mailchimp.com/3.0/reports?count=100` of Mailchimp."""
    auth: Literal["none", "basic", "bearer", "listmonk"] = "none"
    """How the address wants the token: `basic` for Mailchimp, `listmonk` for its `token user:token`."""
    user: str = ""
    """Of `basic` and `listmonk`; Mailchimp takes any word."""
    token: SecretStr | None = None
    channel: str = ""
    """What to call where these campaigns run, when the file does not say: `newsletter`, `google ads`."""
    currency: str = Field(default="", max_length=3)
    """Of the costs, when the file does not say: `EUR`."""


@source("campaigns", settings=CampaignSettings)
class Campaigns:
    """The figures of campaigns by day: what the export holds, not what is new."""

    def __init__(self, settings: CampaignSettings) -> None:
        """Keep where they are."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return a row per campaign and day.

        Raises:
            NoDataError: when they cannot be read, or no column has a name that is known.
        """
        known = since or {}
        mark, digest = str(known.get("mark", "")), str(known.get("blob", ""))
        where = self._settings.where
        brought = await bring(where, context, mark=mark if digest else "", headers=self._headers())
        content = await context.blobs.get(digest) if brought.is_same else brought.content
        digest = digest if brought.is_same else await context.blobs.put(content)
        rows = await asyncio.to_thread(_rows, content, context.name)
        undated = sum(not row.day for row in rows)
        return Fetched(
            items=tuple(self._item(row, digest, context.name) for row in rows),
            watermark={"mark": brought.mark, "blob": digest},
            label=Label(
                origin=Origin.WEB if is_address(where) else Origin.FILE,
                source=_("campaigns {name}").format(name=context.name),
            ),
            is_whole=not brought.is_same,
            missing=(
                Missing(
                    what=_("{count} rows of {name!r} without a day").format(count=undated, name=context.name),
                    because=_("Their day is missing or in a form that is not known."),
                    hint=_("Export them by day; `2026-11-20`, `20.11.2026` and `Nov 20, 2026` are understood."),
                ),
            )
            if undated
            else (),
        )

    async def probe(self, context: SourceContext) -> Health:
        """Say whether they can be read."""
        try:
            found = await self.fetch(context, since=None)
        except NoDataError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        return Health(is_well=True, sentence=_("{count} rows can be read.").format(count=len(found.items)))

    def _headers(self) -> dict[str, str]:
        token = self._settings.token.get_secret_value() if self._settings.token else ""
        user = self._settings.user
        match self._settings.auth:
            case "basic":
                word = base64.b64encode(f"{user or 'homarus'}:{token}".encode()).decode()
                return {"Authorization": f"Basic {word}"}
            case "bearer":
                return {"Authorization": f"Bearer {token}"}
            case "listmonk":
                return {"Authorization": f"token {user}:{token}"}
            case _:
                return {}

    def _item(self, row: Row, digest: str, name: str) -> Item:
        channel = self._settings.channel or row.source or name
        told = f"{row.campaign}\0{row.day}\0{row.source}\0{row.medium}\0{name}"
        return Item(
            key=f"row:{hashlib.sha256(told.encode()).hexdigest()[:24]}",
            kind="row",
            title=row.campaign,
            blob=digest,
            fields={
                "campaign": row.campaign,
                "day": row.day,
                "source": row.source,
                "medium": row.medium,
                "channel": channel,
                "currency": row.currency or self._settings.currency.upper(),
                "line": row.line,
                "metrics": dict(row.metrics),
            },
        )


def _rows(content: bytes, name: str) -> tuple[Row, ...]:
    text = decode(content.removeprefix(b"\xef\xbb\xbf"), "utf-16" if content.startswith(_UTF16) else "utf-8")
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return rows_of_json(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise NoDataError(
                _("{name!r} is not JSON that can be read.").format(name=name), hint=_("Check the address.")
            ) from error
    rows = rows_of_csv(text)
    if not rows and text.strip():
        raise NoDataError(
            _("No column of {name!r} has a name that is known, or it has no rows.").format(name=name),
            hint=_("It needs a header with a campaign or a day, and figures: sent, opens, clicks, cost, conversions."),
        )
    return rows
