"""A poisoned draft is caught, and an honest one is left alone."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.findings import ClaimState, Fact, Grounds
from homarus.playbooks.core.checking import check
from homarus.playbooks.core.figures import figures_in
from homarus.playbooks.core.fitting import words_of
from homarus.playbooks.core.known import Known
from homarus.playbooks.core.number_words import words_in

REVIEW = "The service was great, really. Bob rated 4.5 of 5, and “will come again”."
FACTS = tuple(
    Fact(fact_id=f"f{number}", name=name, value=value, unit=unit, grounds=grounds)
    for number, (name, value, unit, grounds) in enumerate(
        [
            ("revenue_2026_10", 12034.5, "EUR", Grounds()),
            ("costs_2026_10", 500, "EUR", Grounds(rows=1200)),
            ("click_rate", 0.032, "", Grounds(low=0.028, high=0.036)),
            ("mails_unread", 12, "mails", Grounds()),
            ("revenue_change_wow", -5.2, "%", Grounds()),
            ("price_acme", 99, "EUR", Grounds(source="https://acme.example/prices")),
            ("price_globex", 120, "EUR", Grounds()),
            ("invoice subject", "Invoice 4711 due 2026-11-30", "", Grounds()),
            ("revenue_2026_09", 6000, "EUR", Grounds()),
            ("review of Bob", "great", "", Grounds(how="The service was great, really", snapshot="s1")),
            ("meeting start", "2026-11-20T14:30:00+01:00", "", Grounds()),
            ("orders", 1234567, "", Grounds()),
        ],
        start=1,
    )
)
HONEST = """
Revenue was EUR 12,034.50 [f1].
Der Umsatz lag bei 12.034,5 €.
Revenue in October 2026 was about 12,000 EUR.
Umsatz im Oktober 2026: 12k EUR.
The click rate was 3.2 %.
The click rate lies between 2.8 and 3.6 % [f3].
There are twelve unread mails.
Es gibt zwölf ungelesene Mails.
You have **12** mails [f4].
Revenue fell by 5.2 % [f5].
Der Umsatz ist um 5,2 Prozent gesunken [f5].
Acme costs 99 EUR and Globex 120 EUR.
Globex costs more than 100 EUR [f7].
Invoice 4711 is due on 30 November [f8].
Die Rechnung 4711 ist am 30.11.2026 fällig [f8].
Revenue doubled from 6,000 EUR to 12,034.5 EUR [f9][f1].
1. First do this.
2) Then do that.
## 2. Next steps
See step 2 and option 3.
Bob wrote “The service was great, really” [f10].
Bob wrote "The service was … really" [f10].
Bob wrote \u2039The service was great, really\u203a [f10].
Acme says so at acme.example/prices.
Costs were 500 EUR. [f2]
Costs were 500 EUR, from 1,200 rows [f2].
Nothing here to look up.
| revenue | 12034.5 |
The meeting starts at 14:30 [f11].
The meeting starts at 2:30 pm.
Das Meeting beginnt um 14:30 Uhr.
There were 1.2 million orders.
Es gab 1.234.567 Bestellungen (orders) [f12].
Prices are at https://acme.example/prices today.
We are a B2B shop, open 24/7.
Revenue for October came to 12,034.50 euros [f1].
The week-on-week change in revenue was -5.2 % [f5].
Costs stayed at EUR 500 [f2].
Umsatz Oktober: 12.034,50 EUR [f1]
You received 12 unread mails, one of them from Bob [f4].
- **Revenue**: 12,034.50 EUR [f1]
| Metric | Value |
Acme charges €99 [f6].
Globex is at 120 € [f7], Acme at 99 € [f6].
The click rate is 0.032.
About 3 % clicked [f3].
Revenue grew from 6,000 to 12,034.5 EUR [f9, f1].
The meeting is on 20 November 2026 at 14:30 [f11].
On Friday the meeting starts (14:30) [f11].
Revenue roughly doubled between September and October 2026 [f9][f1].
There were more than 1.2 million orders [f12].
Bob's review says "The service was great, really".
First, check the invoice [f8].
The 30 November deadline of invoice 4711 is near [f8].
Two things matter: revenue and costs.
On the one hand, revenue is up.
A third party handles orders.
Please reply by tomorrow.
I recommend three steps.
Next week is the second review.
""".strip().splitlines()
POISONED = """
Revenue was EUR 13,034.50 [f1].
Revenue was 500 EUR.
Der Gewinn betrug 500 EUR [f2].
Revenue was 500 EUR [f2].
There are thirteen unread mails.
Es gibt dreizehn ungelesene Mails.
Revenue rose by 5.2 % [f5].
Revenue was up 5.2 % week on week.
Acme costs 120 EUR and Globex 99 EUR.
Revenue in September 2026 was 12,034.5 EUR.
Revenue tripled.
Der Umsatz hat sich verdreifacht [f9][f1].
Bob wrote “The service was terrible” [f10].
Bob wrote "terrible".
Bob said „alles schlecht“ [f10].
Costs were 500 USD [f2].
Costs were $500.
It is 12 [f99].
See https://example.com/report for more.
Half of the mails are unread.
A third of customers left.
Invoice 4712 is due [f8].
Invoice 4711 is due on 29 November [f8].
Umsatz: zweiundzwanzig Euro.
The click rate was 32 %.
The click rate was 0.0032.
There are 12 unread drafts and 500 mails.
The meeting starts at 15:30 [f11].
Costs were over 600 EUR.
Revenue was almost 12,000 EUR [f1].
There are \uff11\uff13 unread mails.
There are 1\u200b3 unread mails.
Costs were 501 EUR [f2].
Orders: 2.2 million.
ROE was 4.3 %.
> The service was a disgrace.
| revenue | 99999 |
Costs were minus 500 EUR [f2].
Revenue hit a ½ million.
The GPT-9 release is out.
Founded in 1987.
Revenue for October came to 12.03450 euros [f1].
Revenue came to 12 million euros [f1].
Revenue was 12,034.50 dollars [f1].
Costs were 500 EUR lower [f2].
Revenue was 12,034.50 EUR, twice the costs [f1].
Unread: a dozen and a half mails.
Acme is cheaper than Globex by 30 EUR [f6][f7].
Acme costs 120 EUR [f7].
Globex is at 99 € [f7].
Globex is at 99 € [f6].
Costs were around 700 EUR.
Roughly 40 % of mails are unread.
Revenue (12,034.50 EUR) was up 5.2 % [f1][f5].
Revenue in October 2025 was 12,034.50 EUR [f1].
The click rate of 3.2 % beat the 2.1 % industry average [f3].
Bob said: 'It was awful'.
Bob wrote, "The service was not great, really".
Orders rose by 1234567 [f12].
XII mails are unread.
Bob wrote ❝It was awful❞.
Bob wrote 「It was awful」.
Bob wrote \u2039It was awful\u203a.
Bob wrote <q>It was awful</q>.
Bob wrote ``It was awful''.
See hxxps://evil.example.
Log in at evil.example/login.
See www.evil.example for it.
See [here](//evil.example/x).
Answer to billing@evil.example.
There are thirteen hundred orders.
Zwölftausend Euro Kosten.
The price is EUR ninety-nine and a half.
We lost dozens of customers.
Costs: 500 EUR per day [f2].
Invoice 4711 was paid on 30 November 2025 [f8].
Der Umsatz hat sich halbiert.
see www.example.com/x for 3 more
Revenue was EUR 12 034,60.
Every second customer left.
Costs were five hundred and one EUR.
Revenue: 1.2e9 EUR
The margin is 7:1.
""".strip().splitlines()


def checked(text: str) -> str:
    return check(text, FACTS, texts={"s1": REVIEW}, step="s").text


@pytest.mark.parametrize("sentence", HONEST)
def test_an_honest_sentence_is_left(sentence: str) -> None:
    prose = check(sentence, FACTS, texts={"s1": REVIEW}, step="s")

    assert [claim.because for claim in prose.rejected] == []


@pytest.mark.parametrize("sentence", POISONED)
def test_a_lie_is_taken_out(sentence: str) -> None:
    prose = check(sentence, FACTS, texts={"s1": REVIEW}, step="s")

    assert len(prose.rejected) == 1
    assert prose.rejected[0].because
    assert prose.text == ""


def test_the_rest_still_reads_when_a_lie_is_gone() -> None:
    text = "# Week\n\nRevenue was EUR 12,034.50 [f1]. Profit was 9 EUR.\n\n- Costs were 1 EUR.\n"

    assert (
        checked(f"{text}- Costs were 500 EUR [f2].\n")
        == "# Week\n\nRevenue was EUR 12,034.50.\n\n- Costs were 500 EUR."
    )


def test_words_of_the_owner_need_no_support() -> None:
    may_have = ["Should we raise prices by 10 % in 2027?"]
    prose = check("A raise of 10 % in 2027 is bold. A raise of 11 % is not.", FACTS, may_have=may_have, step="s")

    assert prose.text == "A raise of 10 % in 2027 is bold."


def test_a_claim_names_its_facts_and_who_said_it() -> None:
    (claim,) = check("Costs were 500 EUR [f2].", FACTS, by="cfo", step="text").claims

    assert (claim.claim_id, claim.support, claim.by, claim.state) == ("text:0", ("f2",), "cfo", ClaimState.SUPPORTED)


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**9))
def test_only_the_right_number_passes(value: int, said: int) -> None:
    fact = Fact(fact_id="f1", name="orders", value=value)
    prose = check(f"There were {said:,} orders [f1].", (fact,), step="s")

    assert bool(prose.rejected) is (value != said)


KNOWN = Known()


@given(st.lists(st.sampled_from([*HONEST, *POISONED]), min_size=1, max_size=4), st.sets(st.sampled_from(FACTS)))
def test_what_earlier_checks_worked_out_judges_nothing(sentences: list[str], facts: set[Fact]) -> None:
    text, some = " ".join(sentences), [*facts, FACTS[9]]

    fresh = check(text, some, texts={"s1": REVIEW}, step="s")
    assert check(text, some, texts={"s1": REVIEW}, step="s", known=KNOWN) == fresh
    assert check(text, some, step="s", known=KNOWN) == fresh


def test_a_fact_is_worked_out_once_and_another_of_its_id_anew() -> None:
    known, one = Known(), FACTS[0]

    assert known.carried(one) is known.carried(one)
    assert known.carried(replace(one, value=3)).numbers == (3.0,)


def test_texts_that_are_too_many_are_read_again_and_the_last_ones_stay() -> None:
    known = Known(most_letters=10)

    assert known.texts(["a"], {"a": "12345678"}) == {"a": "12345678"}
    assert known.texts(["a", "b"], {"b": "“ABC”"}) == {"a": "12345678", "b": '"ABC"'}
    assert known.unread(["a", "b"]) == {"a"}


@pytest.mark.parametrize(
    "words", ["session sessions", "region regions", "order orders", "Nutzer Nutzern", "token tokens"]
)
def test_one_word_in_its_two_numbers_counts_once(words: str) -> None:
    assert len(words_of(words)) == 1


def test_a_true_sentence_does_not_look_like_a_fact_of_a_longer_name() -> None:
    facts = [
        Fact(fact_id="f1", name="sessions of visitors", value=40),
        Fact(fact_id="f2", name="session sessions mobile", value=70),
    ]

    assert check("There were 40 sessions of visitors on mobile.", facts, step="s").text
    assert not check("There were 70 visitors.", facts, step="s").text


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("twenty one", 21),
        ("Twenty-one", 21),
        ("twenty one thousand", 21_000),
        ("twenty-one thousand", 21_000),
        ("two hundred and thirty five", 235),
        ("one hundred thousand", 100_000),
        ("thirty two million", 32_000_000),
        ("two dozen", 24),
        ("zwei tausend", 2_000),
        ("twenty-first", 21),
    ],
)
def test_a_number_in_words_is_read_to_its_end(words: str, value: float) -> None:
    found = words_in(f"There were {words} of them.")

    assert [(one.value, one.end - one.start) for one in found] == [(value, len(words))]


def test_twenty_of_something_once_is_twenty() -> None:
    assert [one.value for one in words_in("twenty one-time users")] == [20]


@given(st.decimals(min_value="-99999", max_value="99999", places=2, allow_nan=False))
def test_a_number_passes_however_the_two_countries_write_it(value: object) -> None:
    number = float(str(value))
    fact = Fact(fact_id="f1", name="balance", value=number, unit="EUR")
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))

    for written in (english, german):
        assert not check(f"The balance is {written} EUR [f1].", (fact,), step="s").rejected


@given(st.text(max_size=300))
def test_no_text_breaks_it_and_no_figure_slips_through(text: str) -> None:
    fact = Fact(fact_id="f1", name="qqq", value=-0.123456789)
    prose = check(text, (fact,), step="s")

    assert all(claim.state is not ClaimState.UNVERIFIED for claim in prose.claims)


@given(st.text(alphabet="0123456789.,:-/% €EURkmx½²①٣", max_size=40))
def test_figures_do_not_overlap(text: str) -> None:
    figures = figures_in(text)

    assert all(one.end <= other.start for one, other in pairwise(figures))


@pytest.mark.parametrize("text", ["inverter-firmware-" * 40, "a" * 5_000, "a-b/c." * 800, "a1" * 2_000])
def test_names_of_other_people_are_read_in_one_pass(text: str) -> None:
    assert len(figures_in(text)) < 100  # nested repeats took minutes on the first of them
