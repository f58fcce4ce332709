"""Which claims say the same: by their facts and their words, never across a `not`."""

import re
from collections.abc import Sequence

from homarus.playbooks.board.held import Claim, Cluster, Held, Standing

_SAME_WORDS = 0.6
_SAME_FACTS = 0.3
"""Claims that stand on the very same facts need fewer words in common."""
_NOT_WORDS = (
    "not no never none without neither nor cannot worse less down fall falls fell lower decline nicht kein keine ohne "
    "nie weniger schlechter sinkt"
)
_EMPTY_WORDS = (
    "the a an of in on and or is are was were to for with by that this it as at from than der die das und ist sind im "
    "in von zu mit"
)
_NOT, _EMPTY = frozenset(_NOT_WORDS.split()), frozenset(_EMPTY_WORDS.split())


def clustered(held: Sequence[Held]) -> list[Cluster]:
    """Return the claims of all experts, those that say the same once; in the order of the experts."""
    groups: list[list[Claim]] = []
    for opinion in held:
        for claim in opinion.claims:
            twin = next((group for group in groups if _is_same(group[0], claim)), None)
            if twin is None:
                groups.append([claim])
            else:
                twin.append(claim)
    experts = [opinion.expert for opinion in held]
    return [_cluster(f"C{number}", group, experts) for number, group in enumerate(groups, 1)]


def _cluster(key: str, group: Sequence[Claim], experts: Sequence[str]) -> Cluster:
    authors = {author for claim in group for author in claim.authors}
    return Cluster(
        key=key,
        text=group[0].text,
        fact_ids=tuple(dict.fromkeys(fact_id for claim in group for fact_id in claim.fact_ids)),
        standings={expert: Standing.CLAIMS if expert in authors else Standing.UNADDRESSED for expert in experts},
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.lower())) - _EMPTY


def _is_same(one: Claim, two: Claim) -> bool:
    left, right = _words(one.text), _words(two.text)
    if left & _NOT != right & _NOT or _figures(one.text) != _figures(two.text):
        return False
    alike = len(left & right) / max(len(left | right), 1)
    is_on_same = bool(one.fact_ids) and set(one.fact_ids) == set(two.fact_ids)
    return alike >= (_SAME_FACTS if is_on_same else _SAME_WORDS)


def _figures(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d+(?:[.,]\d+)*", text))
