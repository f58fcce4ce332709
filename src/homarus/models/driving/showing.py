"""Score cards for people and for files: Markdown to read, JSON to keep."""

from collections.abc import Iterable

from homarus.domain import codec
from homarus.domain.cards import ScoreCard
from homarus.domain.content import JsonObject
from homarus.domain.i18n import _
from homarus.models.knowledge import ref_of


def as_json(cards: Iterable[ScoreCard]) -> JsonObject:
    """Return cards as they are exported."""
    return {"cards": [codec.dump(card) for card in cards]}


def as_markdown(card: ScoreCard) -> str:
    """Return a card as a page: what it is about, what was found out, and what is weak."""
    lines = [f"# {ref_of(card.subject)}", "", *_subject(card), ""]
    lines += [_("| discipline | passed | |"), "|---|---|---|"]
    lines += [f"| {s.name} | {f'{s.passed}/{s.tried}' if s.tried else '-'} | {_cell(s.detail)} |" for s in card.scores]
    if card.weaknesses:
        lines += ["", _("What to know:"), "", *(f"- {sentence}" for sentence in card.weaknesses)]
    return "\n".join(lines) + "\n"


def _subject(card: ScoreCard) -> list[str]:
    subject = card.subject
    facts = {
        _("digest"): subject.digest or _("not named by the server"),
        _("quantisation"): subject.quantization,
        _("template"): subject.template_sha256[:16],
        _("engine"): subject.engine,
        _("tried"): f"{card.at:%Y-%m-%d %H:%M} UTC, {card.took_s:g} s",
        _("tool protocol"): card.tool_protocol,
        _("safe window"): _("as the server says") if card.safe_window_tokens is None else str(card.safe_window_tokens),
        _("asks before tools above"): _("every tool") if card.most_risk is None else card.most_risk.value,
        _("reads, tokens/s"): _rate(card.prefill_tokens_s),
        _("writes, tokens/s"): _rate(card.generation_tokens_s),
    }
    return [f"- {name}: {value}" for name, value in facts.items() if value]


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{rate:g}"


def _cell(text: str) -> str:
    """Return text that cannot end the cell of a table: it quotes what a model said."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
