"""Recall: how long may a prompt get before what stands in it is lost?

Three sentences are buried at the beginning, in the middle and at the end of a text that fills a quarter, a half and
nine tenths of the window; it stops at the first length at which one is lost. A server that cuts the oldest words away
without a word is found out here, because the first sentence goes first. A length that would take longer to read than
there is time, at the speed that was measured, is not tried, and is said.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from homarus.domain.content import Message, Role, Text
from homarus.domain.errors import Failure
from homarus.domain.i18n import _
from homarus.models.driving.bench import SEED, Bench, Finding, Said, Tally, house, person
from homarus.models.driving.haystack import buried

NAME = "recall"
SMALL_TOKENS = 1_000
_SHARES, _QUICK_SHARES = (0.25, 0.5, 0.9), (0.25,)
_DEPTHS = (0.04, 0.5, 0.96)
_MOST_HOSTED_TOKENS = 16_000
"""Somebody pays for each of them."""
_ANSWER_TOKENS = 120
_PAGES = 5
_FIRST_RATIO = 4.5
_LEAST_RATIO, _MOST_RATIO = 2.0, 6.0
_UNKNOWN_RATE = 100.0
"""Tokens a second, where the speed could not be measured."""
_OWNERS = ("Ansgar", "Beatrix", "Corvin")
_WORDS = ("bramble", "quartz", "lantern", "walnut", "thimble", "harpoon", "velvet", "juniper", "cobalt", "saffron")
_TASK = house("You answer questions about a text exactly, with nothing that does not stand in it.")


@dataclass(slots=True, kw_only=True)
class _Search:
    """How far the search has come."""

    ratio: float = _FIRST_RATIO
    """Characters per token, as the server counted them."""
    safe_tokens: int | None = None
    window_tokens: int | None = None
    is_lost: bool = False
    notes: list[str] = field(default_factory=list[str])


async def recall(bench: Bench) -> Finding:
    """Go up to the longest prompt for which there is time; the safe length is the last at which all was found."""
    tally, search = Tally(name=NAME), _Search()
    for tokens in _sizes(bench):
        if not _has_time(bench, tokens):
            search.notes.append(_("Prompts of {tokens} tokens were not tried: too slow.").format(tokens=tokens))
            break
        looked = await _look(bench, tokens, search)
        said = looked.said
        is_good = looked.found == len(_OWNERS)
        tally.count(is_good, lambda looked=looked, tokens=tokens: _lost(looked, tokens))
        search.window_tokens = said.window_tokens or search.window_tokens
        if not is_good:
            search.is_lost = said.failure in (None, Failure.CONTEXT_OVERFLOW) and not _is_late(said)
            break
        search.safe_tokens = said.usage.prompt_tokens or tokens
    detail = " ".join([*([tally.detail] if tally.detail else []), *search.notes])
    tally.detail = detail
    return Finding(
        score=tally.score,
        safe_tokens=(search.safe_tokens or SMALL_TOKENS // 2) if search.is_lost else None,
        window_tokens=search.window_tokens,
    )


def _is_late(said: Said) -> bool:
    return bool(said.problem) and said.failure is None


def _sizes(bench: Bench) -> Sequence[int]:
    small = min(SMALL_TOKENS, bench.window_tokens // 4)
    shares = _QUICK_SHARES if bench.quick else _SHARES
    most = bench.window_tokens if bench.is_local else _MOST_HOSTED_TOKENS
    sizes = [small, *(round(bench.window_tokens * share) for share in shares)]
    room = bench.window_tokens - 2 * _ANSWER_TOKENS
    return sorted({min(size, room) for size in sizes if size <= most or size == small})


def _has_time(bench: Bench, tokens: int) -> bool:
    rate = bench.prefill_tokens_s or _UNKNOWN_RATE
    return tokens <= SMALL_TOKENS or tokens / rate < bench.left_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What came of one length."""

    said: Said
    found: int


async def _look(bench: Bench, tokens: int, search: _Search) -> _Looked:
    dice = random.Random(SEED + tokens)  # noqa: S311 - the same words each time are the point
    hidden = tuple(dice.sample(_WORDS, len(_OWNERS)))
    needles = {
        depth: f"Remember: the drawer of {owner} opens with the word {word}."
        for depth, owner, word in zip(_DEPTHS, _OWNERS, hidden, strict=True)
    }
    straw = buried(needles, round((tokens - 2 * _ANSWER_TOKENS) * search.ratio), seed=SEED + tokens)
    asked = f"Which words open the drawers of {', '.join(_OWNERS[:-1])} and {_OWNERS[-1]}? Answer with the words only."
    messages = [_TASK, *_pages(straw), person(asked)]
    said = await bench.ask(messages, max_tokens=_ANSWER_TOKENS, longest_s=max(bench.left_s, 0.0) + 1.0)
    if said.usage.prompt_tokens > SMALL_TOKENS // 4:
        counted = sum(len(message.text) for message in messages) / said.usage.prompt_tokens
        search.ratio = min(max(counted, _LEAST_RATIO), _MOST_RATIO)
    return _Looked(said=said, found=sum(word in said.text.casefold() for word in hidden))


def _pages(straw: Sequence[str]) -> list[Message]:
    """Return a text as a conversation: some servers cut its beginning away, and some whole messages."""
    size = len(straw) // _PAGES + 1
    pages: list[Message] = []
    for start in range(0, len(straw), size):
        pages.append(person(f"Another piece of the text: {' '.join(straw[start : start + size])}"))
        pages.append(Message(role=Role.ASSISTANT, parts=(Text(text="I have read it."),)))
    return pages


def _lost(looked: _Looked, tokens: int) -> str:
    said = looked.said
    if said.problem:
        return _("At {tokens} tokens: {problem}").format(tokens=tokens, problem=said.problem)
    return _("At {tokens} tokens it found {found} of {all} sentences: {words}.").format(
        tokens=said.usage.prompt_tokens or tokens, found=looked.found, all=len(_OWNERS), words=said.quoted
    )
