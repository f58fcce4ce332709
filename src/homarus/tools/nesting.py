"""Markup that is nested deeper than pages are, made flat before it is parsed.

Browsers stop at 512 levels; lexbor does not, and looks through all open elements at each new one: 400 kB of `<div>`
took 65 s, in which nothing else of the house ran; and so it does with the attributes of one tag.
"""

import re

_MOST_DEPTH = 500
_LONG = re.compile(r"<([A-Za-z][A-Za-z0-9:-]{0,40}+)[^>]{20000,}+")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40}+)")
_CLOSED_BY_THEMSELVES = frozenset(
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup caption rp rt body html head br img input meta "  # noqa: SIM905 - reads better
    "link hr area base col embed source track wbr".split()
)


def flat(html: str) -> str:
    """Return the markup; what opens too deep does not open, so that its text stands in what is around it.

    A tag of more than 20,000 letters hides what is in it, as one of its attributes may have done.
    """
    html = _LONG.sub(r"<\1 hidden", html)
    if html.count("<") <= _MOST_DEPTH:
        return html
    depth, at = 0, 0
    parts: list[str] = []
    for tag in _TAG.finditer(html):
        if tag[2].lower() in _CLOSED_BY_THEMSELVES:
            continue
        if tag[1]:
            depth = max(depth - 1, 0)
        elif depth < _MOST_DEPTH:
            depth += 1
        else:
            parts += [html[at : tag.start()], "<br"]
            at = tag.end()
    return "".join([*parts, html[at:]])
