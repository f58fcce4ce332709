"""Turn a web page into the text that a person would read on it: no navigation, nothing hidden.

selectolax reads HTML as browsers do (lexbor), is one package without dependencies, MIT, and loads in 16 ms; what
counts as readable is decided here, because text that a person cannot see is where pages talk to agents.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from homarus.tools.nesting import flat

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_DROPPED = (
    "script,style,noscript,template,svg,canvas,iframe,object,embed,head,nav,aside,footer,form,button,select,dialog,"
    "input,textarea,audio,video,[hidden],[aria-hidden=true],.sr-only,.visually-hidden,.screen-reader-text"
)
_HIDING = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0(?![.\d])|opacity:0?\.0\d*(?!\d)|font-size:[01](?:px|pt|em|rem|%)?(?![.\d])"
    r"|(?<![-\w])(?:max-)?(?:width|height):[01](?:px)?(?![.\d%])|(?:left|top|right|text-indent):-\d{3,}|clip:rect\(0|clip-path:inset\((?:50|100)%"
    r"|transform:scale\(0|color:transparent"
)
_RULE = re.compile(r"(?<![^{}@])([^{}@]++)\{([^{}]*+)\}")
_MOST_RULES = 2_000
_BLOCKS = frozenset(
    "p div section article main header h1 h2 h3 h4 h5 h6 ul ol dl dt dd li table tr blockquote pre hr figure"  # noqa: SIM905 - reads better
    " figcaption details summary address body".split()
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_STARTS = {**_HEADINGS, "li": "- ", "blockquote": "> "}
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_ENOUGH_CHARS = 200
_MOST_DEPTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a page."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """What a page says."""

    title: str
    text: str
    links: tuple[Link, ...]


def visible(text: str) -> str:
    """Return the text without characters that nobody sees: zero width, direction marks, tags."""
    return _INVISIBLE.sub("", text)


def readable(html: str, *, url: str) -> Readable:
    """Return the title, the visible text and the links of a page."""
    from selectolax.lexbor import LexborHTMLParser

    page = LexborHTMLParser(flat(html))
    title_node = page.css_first("title")
    title = " ".join(visible(title_node.text()).split()) if title_node is not None else ""
    base_node = page.css_first("base[href]")
    base = _joined(url, base_node.attributes.get("href") or "") or url if base_node is not None else url
    _drop_hidden(page)
    root = _main(page)
    if root is None:
        return Readable(title=title, text="", links=())
    page_text = _Text()
    _walk(root, page_text, depth=0)
    return Readable(title=title, text=page_text.finished(), links=tuple(_links(root, base)))


def _drop_hidden(page: "LexborHTMLParser") -> None:
    sheets = " ".join(node.text() for node in page.css("style"))
    sheets = re.sub(r"/\*.*?(?:\*/|\Z)", "", sheets, flags=re.DOTALL)
    for node in page.css("[style]"):
        if _HIDING.search(re.sub(r"\s+", "", (node.attributes.get("style") or "").lower())):
            _take_out(node)
    for number, rule in enumerate(_RULE.finditer(sheets)):
        if number >= _MOST_RULES:
            break
        if _HIDING.search(re.sub(r"\s+", "", rule[2].lower())):
            _drop(page, rule[1].strip())
    _drop(page, _DROPPED)


def _drop(page: "LexborHTMLParser", selector: str) -> None:
    if selector in {"body", "html", "*", ":root"}:
        return
    from selectolax.lexbor import SelectolaxError

    try:
        nodes = page.css(selector)
    except (SelectolaxError, ValueError):  # a selector that lexbor does not know
        return
    for node in nodes:
        _take_out(node)


def _take_out(node: "LexborNode") -> None:
    if node.tag not in {"html", "body"}:  # the root cannot be taken out, and everything is in the other
        node.decompose()


def _main(page: "LexborHTMLParser") -> "LexborNode | None":
    for selector in ("main", "[role=main]", "article"):
        nodes = page.css(selector)
        if len(nodes) == 1 and len(nodes[0].text().strip()) >= _ENOUGH_CHARS:
            return nodes[0]
    return page.body


@dataclass(slots=True)
class _Text:
    """Text that grows line by line."""

    lines: list[str] = field(default_factory=lambda: [""])
    prefix: str = ""

    def say(self, words: str) -> None:
        text = re.sub(r"\s+", " ", visible(words))
        if not self.lines[-1]:
            text = text.lstrip()
            text = self.prefix + text if text else ""
            self.prefix = "" if text else self.prefix
        self.lines[-1] += text

    def exactly(self, text: str) -> None:
        self.lines += ["```", *visible(text).strip("\n").splitlines(), "```", ""]

    def break_line(self) -> None:
        if self.lines[-1].strip():
            self.lines.append("")

    def finished(self) -> str:
        kept = [line.rstrip() for line in self.lines]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in kept if line)).strip()


def _walk(node: "LexborNode", text: _Text, *, depth: int) -> None:
    child = node.child
    while child is not None:
        tag = child.tag or ""
        if child.is_text_node:
            text.say(child.text_content or "")
        elif tag == "br":
            text.break_line()
        elif tag == "pre":
            text.break_line()
            text.exactly(child.text())
        elif tag == "img":
            alternative = child.attributes.get("alt")
            text.say(f" [picture: {alternative}] " if alternative else "")
        elif depth < _MOST_DEPTH and child.is_element_node:
            _element(child, tag, text, depth=depth)
        child = child.next


def _element(node: "LexborNode", tag: str, text: _Text, *, depth: int) -> None:
    if tag in _BLOCKS:
        text.break_line()
        text.prefix = _STARTS.get(tag, text.prefix if depth else "")
    _walk(node, text, depth=depth + 1)
    if tag in {"td", "th"}:
        text.say(" | ")
    if tag in _BLOCKS:
        text.break_line()
        text.prefix = ""


def _links(root: "LexborNode", base: str) -> Iterator[Link]:
    seen: set[str] = set()
    for node in root.css("a[href]"):
        url = _joined(base, (node.attributes.get("href") or "").strip()).partition("#")[0]
        words = " ".join(visible(node.text()).split())
        if words and url.startswith(("http://", "https://")) and url not in seen:
            seen.add(url)
            yield Link(text=words[:120], url=url)


def _joined(base: str, address: str) -> str:
    """Return where an address leads, nothing of one that is none: `http://[x` ended the reading of its page."""
    try:
        return urljoin(base, address)
    except ValueError:
        return ""
