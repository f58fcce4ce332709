"""Bring a web page as text."""

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, ToolArgumentError, ToolFailedError
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.ports import Inlet, Outbound, Purpose, Timeouts
from homarus.domain.settings import WebFetch
from homarus.domain.tooling import ToolContext
from homarus.tools.decoding import content_type, decoded
from homarus.tools.readable import Readable, readable, visible

_MOST_BYTES = 4 << 20
_MOST_LINKS = 40
_WHOLE_S = 45.0
_TIMEOUTS = Timeouts(connect_s=10, first_byte_s=25, idle_s=15)
_HEADERS = {
    "Accept": "text/html, text/markdown, text/plain, application/json;q=0.9, */*;q=0.5",
    "User-Agent": "homarus (personal agent)",
}
_FIRST_REFUSAL = 400
_LONGEST_URL = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """An answer as it came."""

    url: str
    kind: str
    """Media type, lower case, without parameters."""
    charset: str
    body: bytes
    is_cut: bool


@tool("web.fetch", risk=Risk.REACH, key=["url"], settings=WebFetch)
async def fetch(context: ToolContext, *, url: Annotated[str, at_most(_LONGEST_URL)], links: bool = False) -> ToolOutput:
    """Read a web page as text; `links` adds its links."""
    fetched = await _brought(context, _checked(url))
    wanted = context.settings.get("max_chars")
    limit = int(wanted) if isinstance(wanted, int | float) else WebFetch().max_chars
    text = await asyncio.to_thread(_as_text, fetched, with_links=links)
    shown = text[:limit]
    if len(text) > limit or fetched.is_cut:
        whole = f"{len(text)} characters" if not fetched.is_cut else "a longer page"
        shown += f"\n[cut: {len(shown)} of {whole}]"
    host = urlsplit(fetched.url).hostname or ""
    return ToolOutput(
        text=shown,
        label=Label(origin=Origin.WEB, source=f"web.fetch {fetched.url}"),
        summary=_("Read {url} ({size} characters)").format(url=fetched.url, size=len(shown)),
        facts={"url": fetched.url, "host": host, "bytes": len(fetched.body), "type": fetched.kind},
    )


def _checked(url: str) -> str:
    wanted = url.strip()
    if "://" not in wanted:
        wanted = f"https://{wanted}"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(letter.isspace() for letter in wanted):
        raise ToolArgumentError(f"{url[:200]!r} is not a web address.", hint="Write it as https://example.org/page.")
    return wanted.partition("#")[0]


async def _brought(context: ToolContext, url: str) -> _Fetched:
    outbound = Outbound(
        method="GET",
        url=url,
        purpose=Purpose.TOOL,
        headers=_HEADERS,
        reach=context.reach,
        is_guarded=True,
        timeouts=_TIMEOUTS,
        max_redirects=5,
        turn=context.turn,
    )
    try:
        async with asyncio.timeout(_WHOLE_S), context.door.open(outbound) as inlet:
            return await _received(inlet)
    except EgressRefusedError as error:
        raise ToolFailedError(f"{url!r} may not be opened: {error.message}", hint=error.hint) from error
    except ConnectionFailedError as error:
        raise ToolFailedError(f"{url!r} did not answer: {error.message}", hint="Try another address.") from error
    except TimeoutError as error:
        raise ToolFailedError(f"{url!r} took longer than {_WHOLE_S:g} s.", hint="Try another address.") from error


async def _received(inlet: Inlet) -> _Fetched:
    if inlet.status >= _FIRST_REFUSAL:
        raise ToolFailedError(f"{inlet.url!r} answered {inlet.status}.", hint="Check the address or try another one.")
    of = content_type(inlet.headers)
    kind, charset = of.kind, of.charset
    if kind == "application/pdf":
        raise ToolFailedError(
            f"{inlet.url!r} is a PDF, which cannot be read here.", hint="Look for a page with the same text."
        )
    if not of.is_text:
        raise ToolFailedError(f"{inlet.url!r} is {kind}, not text.", hint="Only pages, text and JSON can be read.")
    body = await inlet.read(_MOST_BYTES + 1)
    if body.startswith(b"%PDF-"):
        raise ToolFailedError(
            f"{inlet.url!r} is a PDF, which cannot be read here.", hint="Look for a page with the same text."
        )
    is_cut = len(body) > _MOST_BYTES
    return _Fetched(url=inlet.url, kind=kind, charset=charset, body=body[:_MOST_BYTES], is_cut=is_cut)


def _as_text(fetched: _Fetched, *, with_links: bool) -> str:
    text = decoded(fetched.body, charset=fetched.charset, is_cut=fetched.is_cut)
    if "\0" in text[:1000]:
        raise ToolFailedError(f"{fetched.url!r} is not text.", hint="Only pages, text and JSON can be read.")
    if "json" in fetched.kind:
        return _indented(text)
    if "html" in fetched.kind or (not fetched.kind and "<html" in text[:2000].lower()):
        return _page_text(readable(text, url=fetched.url), with_links=with_links)
    return visible(text).strip()


def _indented(text: str) -> str:
    try:
        return visible(json.dumps(json.loads(text), ensure_ascii=False, indent=1))
    except (ValueError, RecursionError):
        return visible(text).strip()


def _page_text(page: Readable, *, with_links: bool) -> str:
    parts = [f"# {page.title}"] if page.title and not page.text.startswith(f"# {page.title}") else []
    parts.append(page.text or "[the page has no text without scripts]")
    if with_links and page.links:
        parts.append("Links:\n" + "\n".join(f"[{link.text}]({link.url})" for link in page.links[:_MOST_LINKS]))
    return "\n\n".join(parts)
