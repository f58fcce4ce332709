"""Orders about files, and answers that speak as if they were carried out, in whatever words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.agent.claims import unbacked
from homarus.domain.acts import Outcome, Receipt, Risk
from homarus.domain.ids import CallId

READ = Receipt(call_id=CallId("c"), tool="files.read", outcome=Outcome.DONE, summary="x", arguments={}, risk=Risk.READ)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Write milk into list.txt", "milk is now in list.txt."),
        ("Write milk into list.txt", "list.txt now contains: milk"),
        ("Write milk into list.txt", "\u2705 list.txt"),
        ("Write milk into list.txt", "*writes milk into list.txt*"),
        ("Write milk into list.txt", "Okay! I'm writing milk into list.txt right now..."),
        ("Write milk into list.txt", "Consider it done."),
        ("Please save the plan as plan.md", "Your plan is safe in plan.md."),
        ("Can you create a file named todo.txt?", "todo.txt is there now."),
        ("Delete old.txt", "old.txt is gone."),
        ("Schreib Milch in einkauf.txt", "Ist erledigt: Die Datei einkauf.txt liegt jetzt in deinem Ordner."),
        ("Schreib Milch in einkauf.txt", "Hab ich gemacht."),
        ("Escribe leche en lista.txt", "Listo, ya guard\u00e9 la leche en lista.txt."),
        ("\u00c9cris lait dans liste.txt", "Le lait est dans liste.txt."),
        ("Scrivi latte in lista.txt", "Fatto! Ho scritto latte in lista.txt."),
        ("Escreva leite em lista.txt", "Pronto, salvei o leite em lista.txt."),
        ("Schrijf melk in lijst.txt", "Klaar, ik heb lijst.txt aangemaakt."),
    ],
)
def test_an_order_that_is_spoken_of_as_done_is_a_claim(asked: str, said: str) -> None:
    assert unbacked(said, [], asked=asked)
    write = Receipt(
        call_id=CallId("c"), tool="files.write", outcome=Outcome.DONE, summary="x", arguments={}, risk=Risk.WRITE
    )
    assert not unbacked(said, [write], asked=asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Write milk into list.txt", "Which list do you mean, list.txt or shopping.txt?"),
        ("Write milk into list.txt", "I cannot write list.txt here."),
        ("Write milk into list.txt", "Sorry, list.txt is out of my reach."),
        ("Write milk into list.txt", "list.txt was not written."),
        ("Write milk into list.txt", "You can do it yourself: echo milk > list.txt"),
        ("What is in list.txt?", "list.txt has milk in it."),
        ("Write a poem about files.", "A file is a quiet place."),
        ("How do I write to list.txt in Python?", "Open list.txt and write to it."),
        ("Schreib mir, was in plan.txt steht", "In plan.txt steht der Plan."),
        ("Write milk into list.txt", "```\necho milk > list.txt\n```"),
        ("Schreib Milch in einkauf.txt", "Leider fehlt mir der Zugriff auf einkauf.txt."),
    ],
)
def test_what_asks_refuses_or_explains_is_none(asked: str, said: str) -> None:
    assert not unbacked(said, [], asked=asked)


def test_who_has_looked_may_say_what_is_there() -> None:
    assert not unbacked("list.txt has milk in it already, so it stays.", [READ], asked="Write milk into list.txt")


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_words_can_be_held_against_each_other(said: str, asked: str) -> None:
    unbacked(said, [], asked=f"write {asked} into list.txt")
