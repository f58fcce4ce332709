import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.tools.readable import Link, readable, visible

LONG = "A sentence that a person reads on this page. " * 6


def text_of(html: str) -> str:
    return readable(html, url="https://example.org/a/b").text


def test_a_page_becomes_its_headings_paragraphs_lists_and_tables() -> None:
    html = """<title>T</title><body><nav>Menu</nav><h1>One</h1><p>Some <b>bold</b>
      text.</p><ul><li>a</li><li><p>b</p></li></ul><table><tr><td>x</td><td>1</td></tr></table>
      <pre>keep
  this</pre><footer>imprint</footer></body>"""
    assert text_of(html) == "# One\nSome bold text.\n- a\n- b\nx | 1 |\n```\nkeep\n  this\n```"


def test_the_main_part_is_taken_where_there_is_one() -> None:
    assert text_of(f"<body><div>Cookies!</div><main><p>{LONG}</p></main><div>More for you</div>") == LONG.strip()


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>EVIL</p>",
        "<p aria-hidden=true>EVIL</p>",
        "<p style='display:none'>EVIL</p>",
        "<p style='Display : NONE !important'>EVIL</p>",
        "<p style='visibility:hidden'>EVIL</p>",
        "<p style='opacity:0'>EVIL</p>",
        "<p style='opacity: 0.01'>EVIL</p>",
        "<p style='font-size:0'>EVIL</p>",
        "<p style='font-size:1px'>EVIL</p>",
        "<p style='height:0;overflow:hidden'>EVIL</p>",
        "<p style='position:absolute;left:-9999px'>EVIL</p>",
        "<p style='clip:rect(0,0,0,0)'>EVIL</p>",
        "<p style='color:transparent'>EVIL</p>",
        "<style>.x{display:none}</style><p class=x>EVIL</p>",
        "<style>@media screen { #y { visibility: hidden } }</style><p id=y>EVIL</p>",
        "<p class=sr-only>EVIL</p>",
        "<!-- EVIL -->",
        "<script>EVIL</script>",
        "<template>EVIL</template>",
        "<noscript>EVIL</noscript>",
        "<input value=EVIL><textarea>EVIL</textarea>",
        "<div hidden><div><p>EVIL</p></div></div>",
    ],
)
def test_what_a_person_cannot_see_is_dropped(hidden: str) -> None:
    assert text_of(f"<body><p>before</p>{hidden}<p>after</p></body>") == "before\nafter"


@pytest.mark.parametrize(
    "style",
    ["opacity:0.5", "font-size:10px", "width:100%", "height:10px", "max-width:1200px", "left:-10px", "line-height:1"],
)
def test_what_a_person_sees_stays(style: str) -> None:
    assert text_of(f"<body><p style='{style}'>seen</p></body>") == "seen"


def test_characters_that_nobody_sees_are_dropped() -> None:
    assert visible("a\u200bb\u202ec\U000e0041d\ufeff é 漢") == "abcd é 漢"


def test_links_are_absolute_and_named_once() -> None:
    page = readable(
        "<body><a href='/x'>X</a><a href='/x#part'>again</a><a href='javascript:evil()'>J</a><a href='c'>C</a></body>",
        url="https://example.org/a/b",
    )
    assert page.links == (
        Link(text="X", url="https://example.org/x"),
        Link(text="C", url="https://example.org/a/c"),
    )


def test_a_very_deep_page_is_read_without_falling_over() -> None:
    assert text_of("<body><p>top</p>" + "<div>" * 20_000 + "deep").startswith("top")


@given(st.text(alphabet="<>/=\"'abp divstyle:none{}!-&;#x0 \n", max_size=200))
def test_any_markup_gives_some_text(html: str) -> None:
    assert isinstance(text_of(html), str)


def test_a_style_sheet_that_nobody_understands_hides_nothing() -> None:
    html = "<html><style>::[[ {display:none} a:::b{display:none}</style><p>Still here.</p></html>"

    assert readable(html, url="https://a.example/").text == "Still here."


@pytest.mark.parametrize(
    "html",
    ["<div>" * 100_000 + "deep", "<div " + "".join(f"a{n} " for n in range(60_000)) + ">wide</div>"],
    ids=["nested", "attributes"],
)
def test_markup_without_end_is_read_in_one_go(html: str) -> None:
    assert text_of(f"<body><p>Hello</p>{html}") == "Hello"


def test_what_stands_deeper_than_browsers_go_stays_in_its_order() -> None:
    html = "<body>" + "<span>" * 600 + "x" + "</span>" * 600 + "<p>after</p>"
    assert text_of(html) == "after"


@pytest.mark.parametrize("style", ["html:not(b){display:none}", "html{display:none}", "*:not(p){display:none}"])
def test_a_style_that_hides_everything_hides_no_page_from_the_reader(style: str) -> None:
    assert "Hello" in text_of(f"<html style='display:none'><style>{style}</style><body><p>Hello</p>")


@pytest.mark.parametrize("address", ["http://[x", "//\u2100.example/"])
def test_addresses_that_are_none_keep_no_page_from_being_read(address: str) -> None:
    html = f"<base href='{address}'><p>Hello <a href='{address}'>one</a> <a href='/two'>two</a></p>"
    page = readable(html, url="https://example.org/")
    assert page.text == "Hello one two"
    assert [link.url for link in page.links] == ["https://example.org/two"]
