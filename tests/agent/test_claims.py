"""Claims of deeds: found where they are meant, left alone where they are not, and held against receipts."""

import pytest
from claim_corpus import CLAIMS, NO_CLAIMS
from hypothesis import given
from hypothesis import strategies as st

from homarus.agent.claims import claims, unbacked
from homarus.domain.acts import Outcome, Receipt, Risk
from homarus.domain.ids import CallId


def receipt(tool: str, risk: Risk, outcome: Outcome = Outcome.DONE) -> Receipt:
    return Receipt(call_id=CallId("c"), tool=tool, outcome=outcome, summary="x", arguments={}, risk=risk)


def test_the_corpus_is_large_and_the_figures_hold() -> None:
    """131 claims, 118 others; all of them right when this was written. Doubting a true sentence weighs more."""
    missed = [sentence for sentence in CLAIMS if not claims(sentence)]
    doubted = [sentence for sentence in NO_CLAIMS if claims(sentence)]
    assert len(CLAIMS) + len(NO_CLAIMS) >= 240
    assert len(missed) <= len(CLAIMS) * 0.03, missed
    assert doubted == []


@pytest.mark.parametrize("sentence", NO_CLAIMS[:80:4])
def test_a_claim_is_found_between_other_sentences(sentence: str) -> None:
    assert [claim.sentence for claim in claims(f"{sentence}\nI have set a reminder for noon.\n{sentence}")] == [
        "I have set a reminder for noon."
    ]


@pytest.mark.parametrize(
    ("said", "tool", "risk", "is_true"),
    [
        ("I have set a reminder for noon.", "remind.set", Risk.WRITE, True),
        ("I have set a reminder for noon.", "memory.save", Risk.WRITE, False),
        ("I have set a reminder for noon.", "remind.list", Risk.READ, False),
        ("I have saved the note.", "memory.save", Risk.WRITE, True),
        ("I have saved the note.", "memory.search", Risk.READ, False),
        ("I've sent the mail to Lena.", "memory.save", Risk.WRITE, False),
        ("I've sent the mail to Lena.", "mail.send", Risk.ACT, True),
        ("I've sent the mail to Lena.", "shell.run", Risk.RUN, True),
        ("I've turned off the lights.", "home.light", Risk.WRITE, True),
        ("I searched the web and found it.", "web.search", Risk.REACH, True),
        ("I have deleted the file a.md.", "web.fetch", Risk.REACH, False),
        ("The reminder is set for Friday.", "remind.list", Risk.READ, True),
        ("I have called memory.save and it is done.", "time.now", Risk.READ, True),
        ("Done!", "web.fetch", Risk.REACH, True),
    ],
)
def test_only_a_tool_that_can_have_done_it_backs_a_claim(said: str, tool: str, risk: Risk, *, is_true: bool) -> None:
    assert bool(unbacked(said, [receipt(tool, risk)])) is not is_true


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.REFUSED])
def test_what_failed_or_was_refused_backs_nothing(outcome: Outcome) -> None:
    assert unbacked("I have saved the note.", [receipt("memory.save", Risk.WRITE, outcome)])


@pytest.mark.parametrize(
    "asked", ["Did you set the reminder?", "Is my reminder set?", "Hast du die Erinnerung gesetzt?", "What did you do?"]
)
def test_who_asks_what_was_done_is_told_about_earlier_turns(asked: str) -> None:
    assert not unbacked("Yes, the reminder is set.", [], asked=asked)


def test_who_asks_for_a_deed_in_the_form_of_a_question_is_not() -> None:
    assert unbacked("I have set a reminder.", [], asked="Can you set a reminder, and did you note the key?")


def test_code_and_quotes_are_nobodys_claim() -> None:
    assert not claims('```\nI have sent the mail.\n```\nHe wrote: "I have sent the mail to Lena."')


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(text: str) -> None:
    claims(text)


def test_what_never_ends_a_sentence_does_not_hold_the_house_up() -> None:
    """It took twenty seconds, in which nobody else was served."""
    for piece in ("ich habe ", "ich habe a, ", "a/", "I've "):
        assert claims(piece * 10_000) == ()
