"""The map of disagreement, claim by expert: drawn for eyes and told for everybody else; words, never colour alone."""

from collections.abc import Sequence
from html import escape

from homarus.domain.content import JsonObject
from homarus.domain.i18n import _
from homarus.playbooks.board.evidence.words import bare
from homarus.playbooks.board.held import Cluster, Standing

_LEFT, _TOP, _CELL, _ROW = 380, 96, 76, 44
_SIGN = 9
_LINE_CHARS = 52
_LINES = 2
_STYLE = (
    "<style>svg{color:#1b1f24;font:13px system-ui,sans-serif}@media(prefers-color-scheme:dark){svg{color:#e6e8eb}}"
    "text{fill:currentColor}.soft{opacity:.62}.line{stroke:currentColor;stroke-width:1;opacity:.16}"
    ".sign{stroke:currentColor;stroke-width:2;fill:none}.full{fill:currentColor}</style>"
)


def word_of(standing: Standing) -> str:
    """Return a standing as people read it."""
    words = {
        Standing.CLAIMS: _("says so"),
        Standing.AGREES: _("agrees"),
        Standing.DISAGREES: _("disagrees"),
        Standing.UNADDRESSED: _("unaddressed"),
        Standing.WITHDREW: _("took it back"),
    }
    return words[standing]


def drawn(clusters: Sequence[Cluster], experts: Sequence[str]) -> str:
    """Return the map as SVG; it takes the colour of the text around it, light or dark."""
    width, height = _LEFT + _CELL * len(experts) + 16, _TOP + _ROW * len(clusters) + 64
    title = _("Where does the board disagree?")
    disputed = sum(cluster.is_disputed for cluster in clusters)
    about = _("{claims} claims by {experts} experts; {disputed} of them are disputed.").format(
        claims=len(clusters), experts=len(experts), disputed=disputed
    )
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-labelledby="board-map-title board-map-about">'
        ),
        f'<title id="board-map-title">{escape(title)}</title><desc id="board-map-about">{escape(about)}</desc>',
        _STYLE,
        f'<text x="8" y="24" font-size="16" font-weight="600">{escape(title)}</text>',
        f'<text x="8" y="46" class="soft">{escape(about)}</text>',
    ]
    for column, expert in enumerate(experts):
        x = _LEFT + column * _CELL + _CELL // 2
        parts.append(f'<text x="{x}" y="{_TOP - 12}" text-anchor="middle" font-size="12">{escape(expert)}</text>')
    for row, cluster in enumerate(clusters):
        parts += _row(cluster, row, experts, width)
    return "".join([*parts, *_legend(height), "</svg>"])


def _row(cluster: Cluster, row: int, experts: Sequence[str], width: int) -> list[str]:
    top = _TOP + row * _ROW
    parts = [f'<line class="line" x1="8" x2="{width - 8}" y1="{top}" y2="{top}"/>']
    lines = _lines(f"{cluster.key}  {cluster.text}")
    first = top + 27 - 8 * (len(lines) - 1)
    parts += [
        f'<text x="8" y="{first + 16 * number}" font-size="12">{escape(line)}</text>'
        for number, line in enumerate(lines)
    ]
    for column, expert in enumerate(experts):
        standing = cluster.standings.get(expert, Standing.UNADDRESSED)
        x, y = _LEFT + column * _CELL + _CELL // 2, top + _ROW // 2
        told = f"{expert}: {word_of(standing)}, {cluster.key}"
        parts.append(f"<g><title>{escape(told)}</title>{_sign(standing, x, y)}</g>")
    return parts


def _lines(text: str) -> list[str]:
    """Return a claim in two lines at most; the table has all of it."""
    lines: list[str] = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) + 1 > _LINE_CHARS:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip(" ") if lines[-1] else word
    return lines if len(lines) <= _LINES else [*lines[: _LINES - 1], f"{lines[_LINES - 1][: _LINE_CHARS - 1]}…"]


def _sign(standing: Standing, x: int, y: int) -> str:
    """Return a shape for a standing: each can be told from the others without colour."""
    s = _SIGN
    disc = f'<circle class="sign full" cx="{x}" cy="{y}" r="{s}"/>'
    ring = f'<circle class="sign" cx="{x}" cy="{y}" r="{s}"/>'
    cross = f'<path class="sign" d="M{x - s} {y - s}L{x + s} {y + s}M{x + s} {y - s}L{x - s} {y + s}"/>'
    tick = f'<path class="sign" d="M{x - s} {y}L{x - 2} {y + s - 2}L{x + s} {y - s + 2}"/>'
    dot = f'<circle class="full soft" cx="{x}" cy="{y}" r="2"/>'
    struck = f'{ring}<path class="sign" d="M{x - s - 4} {y}L{x + s + 4} {y}"/>'
    return {
        Standing.CLAIMS: disc,
        Standing.AGREES: tick,
        Standing.DISAGREES: cross,
        Standing.UNADDRESSED: dot,
        Standing.WITHDREW: struck,
    }[standing]


def _legend(height: int) -> list[str]:
    parts: list[str] = []
    x = 20
    for standing in Standing:
        word = word_of(standing)
        parts.append(f'{_sign(standing, x, height - 24)}<text x="{x + 18}" y="{height - 20}">{escape(word)}</text>')
        x += 44 + 8 * len(word)
    return parts


def as_table(clusters: Sequence[Cluster], experts: Sequence[str]) -> str:
    """Return the map as a Markdown table."""
    head = " | ".join((_("claim"), *experts))
    lines = [f"| {head} |", "|" + " --- |" * (len(experts) + 1)]
    for cluster in clusters:
        cells = [word_of(cluster.standings.get(expert, Standing.UNADDRESSED)) for expert in experts]
        lines.append(f"| {cluster.key}: {bare(cluster.text)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def as_fields(clusters: Sequence[Cluster], experts: Sequence[str]) -> JsonObject:
    """Return the map for a page that draws it itself."""
    return {
        "experts": list(experts),
        "claims": [
            {
                "key": cluster.key,
                "text": cluster.text,
                "facts": list(cluster.fact_ids),
                "standings": {expert: standing.value for expert, standing in cluster.standings.items()},
                "objections": [{"expert": one.expert, "because": one.because} for one in cluster.objections],
                "answers": dict(cluster.answers),
            }
            for cluster in clusters
        ],
    }
