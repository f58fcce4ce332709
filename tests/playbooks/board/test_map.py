from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from homarus.playbooks.board.clustering import clustered
from homarus.playbooks.board.held import Claim, Cluster, Held, Objection, Standing
from homarus.playbooks.board.map import as_fields, as_table, drawn

EXPERTS = ["growth", "risk"]


def cluster(text: str = "Reels reach more people") -> Cluster:
    return Cluster(
        key="C1",
        text=text,
        fact_ids=("f1",),
        standings={"growth": Standing.CLAIMS, "risk": Standing.DISAGREES},
        objections=[Objection(expert="risk", because="They cost more.")],
    )


def test_the_map_tells_every_standing_in_words() -> None:
    root = ET.fromstring(drawn([cluster()], EXPERTS))
    titles = [node.text for node in root.iter("{http://www.w3.org/2000/svg}title")]

    assert titles == ["Where does the board disagree?", "growth: says so, C1", "risk: disagrees, C1"]
    assert "prefers-color-scheme:dark" in drawn([cluster()], EXPERTS)


def test_shapes_differ_without_colour() -> None:
    signs = set[str]()
    for standing in Standing:
        one = cluster()
        one.standings["growth"] = standing
        signs.add(drawn([one], ["growth"]).partition("<g>")[2].partition("</title>")[2].partition("</g>")[0])

    assert len(signs) == len(Standing)


@given(text=st.text(max_size=300))
def test_no_claim_breaks_the_drawing_or_the_table(text: str) -> None:
    clean = "".join(letter for letter in text if letter.isprintable())

    ET.fromstring(drawn([cluster(clean)], EXPERTS))
    assert len(as_table([cluster(clean)], EXPERTS).splitlines()) == 3


def test_a_page_gets_the_same_as_values() -> None:
    claims = as_fields([cluster()], EXPERTS)["claims"]

    assert claims == [
        {
            "key": "C1",
            "text": "Reels reach more people",
            "facts": ["f1"],
            "standings": {"growth": "claims", "risk": "disagrees"},
            "objections": [{"expert": "risk", "because": "They cost more."}],
            "answers": {},
        }
    ]


def held(name: str, *texts: str, fact: str = "f1") -> Held:
    claims = tuple(Claim(text=text, fact_ids=(fact,), authors=(name,)) for text in texts)
    return Held(expert=name, model="m", claims=claims, advice=None, confidence=0.5)


def test_claims_that_say_the_same_are_one() -> None:
    clusters = clustered([held("growth", "Reels reach the most people."), held("risk", "Reels reach most people")])

    assert [one.by(Standing.CLAIMS) for one in clusters] == [["growth", "risk"]]


def test_a_not_parts_claims() -> None:
    assert len(clustered([held("growth", "Reels reach people."), held("risk", "Reels do not reach people.")])) == 2


def test_other_figures_part_claims() -> None:
    assert len(clustered([held("growth", "Sales fell by 10 %."), held("risk", "Sales fell by 12 %.")])) == 2
