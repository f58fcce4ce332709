"""Nothing that a model writes becomes more than text, links that show where they lead, and a few marks."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homarus.gateway.pages_markdown import html_of

ALLOWED = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "span"),
}
PIECES = [
    *"""<img src=x onerror=alert(1)>  <script>  </script>  javascript:alert(1)  data:text/html,x  ![a](  [b](  )
    https://evil.example/?q=1  <https://evil.example>  <svg/onload=x>  `  ```  **  | a |  |---|  <!--  -->  &lt;
    &#106;avascript:  vbscript:x  "  '  [x]: javascript:y  \u202e  <a href=""".replace("\n", "  ").split("  "),
    *(" ", "\n", "\n\n"),
]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.wrong.append(tag)
        for name, value in attrs:
            is_link = tag == "a" and name == "href"
            if is_link and not str(value).lower().startswith(("http://", "https://", "mailto:")):
                self.wrong.append(f"{name}={value}")
            if name not in {"href", "title", "rel", "target", "class", "start"}:
                self.wrong.append(name)


def wrong_in(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    return reader.wrong


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=200))
def test_no_text_becomes_markup_that_can_do_anything(text: str) -> None:
    assert wrong_in(html_of(text)) == []


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/x",
        "/approvals",
        "//x",
    ],
)
def test_addresses_that_are_not_of_the_web_stay_text(address: str) -> None:
    assert "<a" not in html_of(f"[click]({address})")


def test_a_link_shows_its_host_unless_it_is_its_own_text() -> None:
    assert '</a> <span class="host">(evil.example)</span>' in html_of("[bank](https://user@evil.example/x)")
    assert "host" not in html_of("<https://plain.example/x>")
    assert "host" not in html_of("[plain.example](https://plain.example/x)")


def test_a_link_that_claims_another_address_is_found_out() -> None:
    assert "(evil.example)" in html_of("[https://bank.example/](https://evil.example/)")


def test_a_picture_is_named_and_never_loaded() -> None:
    html = html_of("![cat](https://evil.example/c.png?leak=1)")

    assert "Picture not loaded: cat (evil.example)" in html
    assert "c.png" not in html


def test_a_link_to_nowhere_is_text() -> None:
    assert "href" not in html_of("[b]()")
