"""Hold prose against facts."""

import re
from collections.abc import Mapping, Sequence

from homarus.domain.findings import Claim, ClaimState, Fact
from homarus.domain.playbooks import Prose

_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_ID = re.compile(r"\[(f\d+)\]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")


def check(
    text: str, facts: Sequence[Fact], *, texts: Mapping[str, str], may_have: Sequence[str] = (), by: str = "", step: str
) -> Prose:
    """Return the text without the sentences that nothing supports, and what became of each."""
    kept: list[str] = []
    claims: list[Claim] = []
    known = {fact.fact_id: fact for fact in facts}
    for number, sentence in enumerate(_SENTENCE.split(text)):
        ids = tuple(_ID.findall(sentence))
        bare = _ID.sub("", sentence)
        figures = [one for one in _NUMBER.findall(bare) if not any(one in free for free in may_have)]
        if not ids and not figures:
            kept.append(sentence)
            continue
        lost = [one for one in ids if one not in known]
        lost += [one for one in figures if not any(one == str(fact.value) for fact in facts)]
        state = ClaimState.REJECTED if lost else ClaimState.SUPPORTED
        if not lost:
            kept.append(bare)
        claims.append(
            Claim(claim_id=f"{step}:{number}", text=sentence, support=ids, state=state, because=", ".join(lost), by=by)
        )
    return Prose(text="\n".join(kept), claims=tuple(claims))
