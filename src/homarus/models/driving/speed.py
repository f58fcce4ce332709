"""Speed: how fast a model reads a prompt of a thousand tokens and writes a few dozen."""

from time import time_ns

from homarus.domain.i18n import _
from homarus.models.driving.bench import Bench, Finding, Said, Tally, house, person
from homarus.models.driving.haystack import hay

NAME = "speed"
_PROMPT_CHARS, _QUICK_CHARS = 4_000, 2_000
_MOST_TOKENS = 48
_LEAST_READ, _LEAST_WRITTEN = 100, 8


async def speed(bench: Bench) -> Finding:
    """Ask for a count after a page of plain text; what a cache has is not counted as read."""
    page = hay(_QUICK_CHARS if bench.quick else _PROMPT_CHARS, seed=time_ns())  # another page each time: nothing cached
    said = await bench.ask(
        [house("You are a careful assistant."), person(f"{page}\n\nNow count from 1 to 40, with commas.")],
        max_tokens=_MOST_TOKENS,
    )
    tally = Tally(name=NAME)
    read, written = _prefill(said), _generation(said)
    tally.count(not said.problem, lambda: said.problem)
    if read or written:
        tally.detail = _("It reads {read} and writes {written} tokens a second.").format(
            read=round(read) if read else "?", written=round(written, 1) if written else "?"
        )
    return Finding(score=tally.score, prefill_tokens_s=read, generation_tokens_s=written)


def _prefill(said: Said) -> float | None:
    read = said.usage.prompt_tokens - said.usage.cached_tokens
    spent_ms = said.prefill_ms or said.first_token_ms
    return read / spent_ms * 1000 if read >= _LEAST_READ and spent_ms else None


def _generation(said: Said) -> float | None:
    spent_ms = said.generation_ms or said.total_ms - said.first_token_ms
    written = said.usage.completion_tokens
    return written / spent_ms * 1000 if written >= _LEAST_WRITTEN and spent_ms > 0 else None
