"""Turn what a model wrote into HTML that can do nothing: no markup of its own, no picture fetched, no hidden address.

Two nets, one behind the other: the parser knows no HTML and only addresses of the web, and what comes out of it is
cleaned by a list of what may stay.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from homarus.domain.i18n import _

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SCHEMES = frozenset({"http", "https", "mailto"})
_TAGS = frozenset(
    {
        "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "ul",
        "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "span",
    }
)  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}}


def html_of(text: str) -> str:
    """Return markdown as safe HTML; addresses that nobody can see before clicking have their host beside them."""
    import nh3

    return nh3.clean(
        _parser().render(text),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        attribute_filter=_told,
    )


def _told(_tag: str, name: str, value: str) -> str | None:
    """Leave out an address that leads nowhere: `[text]()` is text."""
    return None if name == "href" and not value.strip() else value


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = _may_be_linked
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("link_close", _link_close)
    return parser


def _may_be_linked(url: str) -> bool:
    """Tell whether an address is one of the web or of mail; anything else stays text."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in _SCHEMES and bool(parts.netloc or parts.scheme.lower() == "mailto")


def _picture(_renderer: object, tokens: Sequence["Token"], index: int, _options: object, _env: object) -> str:
    """Name a picture and where it would come from; it is never loaded."""
    token = tokens[index]
    host = _host(str(token.attrs.get("src", "")))
    said = _("Picture not loaded: {name} ({host})").format(name=token.content or _("without a name"), host=host)
    return f'<span class="picture">{escape(said)}</span>'


def _link_close(_renderer: object, tokens: Sequence["Token"], index: int, _options: object, _env: object) -> str:
    """End a link with the host it leads to, unless its text is the address or the host itself."""
    depth, start = 0, index
    while start >= 0:
        depth += {"link_close": 1, "link_open": -1}.get(tokens[start].type, 0)
        if depth == 0:
            break
        start -= 1
    address = str(tokens[start].attrs.get("href", ""))
    shown = "".join(token.content for token in cast("Sequence[Any]", tokens[start:index]))
    if shown in (address, _host(address)):
        return "</a>"
    return f'</a> <span class="host">({escape(_host(address))})</span>'


def _host(address: str) -> str:
    parts = urlsplit(address)
    return parts.netloc.rpartition("@")[2] or parts.path.rpartition("@")[2] or _("nowhere")
