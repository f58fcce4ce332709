# ruff: noqa: E501 - mails as people write them
"""Mails that the rules were not written for: how much they still tell, and that nothing gets worse unseen."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json, JsonObject
from homarus.domain.labels import HOUSE
from homarus.domain.sources import Item
from homarus.playbooks.briefing.chances import difference, outliers, rate
from homarus.playbooks.briefing.dates import days_in
from homarus.playbooks.briefing.features import Reader
from homarus.playbooks.briefing.letters import letters
from homarus.playbooks.briefing.triage import by_rules

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=ZoneInfo("Europe/Berlin"))
FRIDAY = date(2026, 11, 20)
MAILS = [
    (
        "urgent",
        "Server room flooding",
        "Hi, water is coming into the server room. Please call me back immediately. +49 170 000",
    ),
    ("urgent", "Flight cancelled", "Your flight LH 123 today at 14:05 has been cancelled. Please rebook until 11:00."),
    (
        "urgent",
        "Re: Angebot",
        "Hallo, wir brauchen das unterschriebene Angebot heute noch, sonst geht der Auftrag an den Mitbewerber.",
    ),
    (
        "urgent",
        "Payment failed - account will be closed",
        "We could not collect your payment. Your hosting account will be closed on 21 November 2026 unless you update your card.",
    ),
    (
        "urgent",
        "Notartermin",
        "Sehr geehrter Herr Weber, der Notartermin wurde auf morgen 8:30 Uhr vorverlegt. Bitte bestätigen Sie kurz.",
    ),
    (
        "urgent",
        "Deadline application",
        "Reminder: the application portal closes tomorrow at 23:59. Your draft has not been submitted.",
    ),
    (
        "urgent",
        "Prod broken",
        "Checkout throws exceptions since the last deploy, can you roll back? Customers are complaining.",
    ),
    ("urgent", "Arztpraxis", "Ihre Laborwerte sind auffällig. Bitte rufen Sie uns heute Vormittag zurück."),
    (
        "urgent",
        "Einspruch",
        "Die Einspruchsfrist gegen den Bescheid endet am 23.11.2026. Bitte teilen Sie uns mit, ob wir Einspruch einlegen sollen.",
    ),
    ("urgent", "Meeting in 30 min", "Are you joining? We start at 8:00 and need your slides."),
    ("reply", "Coffee?", "Hey, are you in Hamburg next week? Would love to catch up."),
    (
        "reply",
        "Frage zum Vertrag",
        "Hallo, in Paragraph 3 steht eine Kündigungsfrist von 3 Monaten. Ist das so gemeint?",
    ),
    ("reply", "Quote request", "Hello, we need a new logo. What would that cost roughly?"),
    ("reply", "Freigabe Layout", "Anbei das Layout. Gib mir bitte Bescheid, ob es so in den Druck kann."),
    ("reply", "Reference", "I'm applying for a grant and would like to name you as a reference. Is that OK?"),
    ("reply", "Schlüsselübergabe", "Wann können Sie den Schlüssel abholen? Wir sind täglich bis 18 Uhr da."),
    ("reply", "Photos", "Which of these would you use? I'm torn between the first two."),
    (
        "wait",
        "Ticket 4711",
        "Thank you for contacting us. Your request has been received and will be answered shortly.",
    ),
    ("wait", "Re: Unterlagen", "Danke, ich schaue es mir an und gebe Ihnen nächste Woche Rückmeldung."),
    ("wait", "Order shipped soon", "Your order is being processed. You will receive a shipping confirmation."),
    ("read", "Invoice paid", "Your customer has paid invoice 2026-050. Nothing to do for you."),
    ("read", "Newsletter team lunch", "Lunch is at the Italian place this time. See you there!"),
    ("read", "Meeting notes", "Here are the notes from yesterday. No open points for you."),
    ("read", "Ihre Rechnung November", "Ihre Rechnung über 29,90 EUR finden Sie im Anhang. Der Betrag wird abgebucht."),
    ("read", "Password changed", "Your password was changed. If this was you, no action is needed."),
    ("read", "Sicherheitshinweis", "Neue Anmeldung von Berlin. Wenn Sie das waren, ist nichts zu tun."),
    (
        "bulk",
        "Grow your business",
        "Hi, we help agencies get 30 qualified leads per month, guaranteed. Not interested? Reply stop or unsubscribe.",
    ),
    ("bulk", "Last chance: webinar", "Only 3 seats left! Register now. Unsubscribe here."),
    (
        "urgent",
        "Heizung",
        "Guten Morgen, die Heizung im Büro ist seit gestern Abend komplett tot, es sind 12 Grad. Bitte schicken Sie jemanden.",
    ),
    ("urgent", "Train strike", "Heads up: there is a strike today, your train to Kiel at 9:15 will not run."),
    ("urgent", "Visa", "Your visa appointment is confirmed for tomorrow 8:00. Bring your passport and two photos."),
    ("urgent", "Pitch", "Hi Jonas, the pitch got pulled forward to this afternoon at 3. Can you make it?"),
    (
        "urgent",
        "Konto",
        "Ihr Konto weist einen Fehlbetrag auf. Ohne Ausgleich bis heute 18 Uhr werden Lastschriften zurückgegeben.",
    ),
    ("urgent", "Druckdaten", "Hallo Jonas, die Druckerei braucht die Daten bis 10 Uhr, sonst verpassen wir den Slot."),
    (
        "urgent",
        "Schule",
        "Sehr geehrte Eltern, wegen des Sturms schließt die Schule heute um 11 Uhr. Bitte holen Sie Ihr Kind ab.",
    ),
    ("urgent", "DNS", "We changed the nameservers as you asked, and now mail bounces for everyone. What should we do?"),
    ("urgent", "Tender", "The tender must be uploaded by noon tomorrow. I still miss your CV."),
    ("urgent", "API key leaked", "GitHub found an exposed API key in your repository. Revoke it now."),
    ("reply", "Lunch", "Shall we have lunch on Thursday next week?"),
    ("reply", "Angebot", "Guten Tag, was kostet bei Ihnen eine Landingpage?"),
    ("reply", "Feedback", "I would appreciate your feedback on the draft when you find the time."),
    ("read", "Danke", "Vielen Dank für die schnelle Hilfe gestern!"),
    ("read", "Report", "Your weekly report is ready. 12 visits more than last week."),
    ("read", "Urlaub", "Ich bin bis 30. November im Urlaub. In dringenden Fällen wenden Sie sich an Frau Meier."),
    ("read", "Today's standup", "Notes from today's standup: all on track, next one on Monday."),
    ("read", "Receipt", "Thanks for your purchase today. Your receipt is attached."),
    ("read", "Paket", "Ihr Paket kommt heute zwischen 12 und 14 Uhr."),
    ("read", "Abbuchung", "Wir buchen am 23.11.2026 den Betrag von 19,99 EUR ab. Sie müssen nichts tun."),
]


def test_rules_alone_find_most_urgent_mails_of_people_they_do_not_know() -> None:
    items = [
        Item(
            key=f"k{number}",
            kind="mail",
            title=subject,
            text=text,
            at=NOW - timedelta(hours=2 + number % 5),
            fields={"from": f"p{number}@ex{number}.example", "message_id": f"{number}@x"},
        )
        for number, (_label, subject, text) in enumerate(MAILS)
    ]
    reader = Reader(addresses=frozenset(), vips=(), written_to=frozenset(), now=NOW)
    found = letters((("m", item, HOUSE) for item in items), mine=frozenset())
    pairs = Counter((MAILS[int(one.key[1:])][0], by_rules(one, reader).kind.value) for one in found)

    assert pairs["urgent", "urgent"] >= 18
    assert sum(count for (meant, said), count in pairs.items() if said == "urgent" and meant != "urgent") <= 1
    assert sum(count for (meant, said), count in pairs.items() if said == "bulk" and meant != "bulk") == 0


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        ("by Friday 5 pm", FRIDAY, time(17)),
        ("bis morgen 12 Uhr", date(2026, 11, 21), time(12)),
        ("Guten Morgen", None, None),
        ("am 3. Dezember", date(2026, 12, 3), None),
        ("December 3rd, 2026", date(2026, 12, 3), None),
        ("bis zum 23.11.", date(2026, 11, 23), None),
        ("on 2026-11-24 at 9:30", date(2026, 11, 24), time(9, 30)),
        ("am 5. Januar", date(2027, 1, 5), None),
        ("next Friday", date(2026, 11, 27), None),
        ("end of the week", FRIDAY, None),
        ("on 31.02.2026", None, None),
        ("by COB Thursday", date(2026, 11, 26), None),
        ("by EOD", FRIDAY, None),
        ("bis Mo 23.11.", date(2026, 11, 23), None),
        ("by end of month", date(2026, 11, 30), None),
        ("bis Monatsende", date(2026, 11, 30), None),
        ("end of February", date(2027, 2, 28), None),
        ("bis 31.11.", None, None),
        ("by 11/25", date(2026, 11, 25), None),
        ("due 25/11/2026", date(2026, 11, 25), None),
        ("due 11/12/2026", None, None),
        ("within 48 hours", date(2026, 11, 22), None),
        ("in drei Tagen", date(2026, 11, 23), None),
        ("by the 25th", date(2026, 11, 25), None),
        ("by Mon", date(2026, 11, 23), None),
        ("bis so weit", None, None),
        ("d'ici mardi", date(2026, 11, 24), None),
        ("avant demain", date(2026, 11, 21), None),
        ("para el 25 de noviembre", date(2026, 11, 25), None),
        ("por la mañana", None, None),
        ("version 1.2.3", None, None),
    ],
)
def test_days_are_meant_as_they_were_written(text: str, day: date | None, at: time | None) -> None:
    named = days_in(text, written=FRIDAY)

    assert list(dict.fromkeys((one.day, one.at) for one in named)) == ([(day, at)] if day else [])


@given(text=st.text(max_size=300), written=st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1)))
def test_no_text_breaks_the_reading_of_days(text: str, written: date) -> None:
    days_in(text, written=written)


@given(hits=st.integers(0, 1_000), of=st.integers(0, 1_000))
def test_a_rate_lies_in_its_interval(hits: int, of: int) -> None:
    found = rate(hits, of)

    assert (found is None) == (of == 0 or hits > of)
    assert found is None or 0 <= found.low <= found.share + 1e-12
    assert found is None or found.share - 1e-12 <= found.high <= 1


def test_a_difference_of_few_is_not_sure_and_of_many_is() -> None:
    few, many = (rate(3, 50), rate(5, 50)), (rate(240, 4_000), rate(130, 4_000))
    assert few[0] is not None
    assert few[1] is not None
    assert many[0] is not None
    assert many[1] is not None

    assert not difference(few[0], few[1]).is_sure
    assert difference(many[1], many[0]).is_sure


@pytest.mark.parametrize(
    ("values", "places"),
    [([30, 31, 32, 30, 96, 31], (4,)), ([30, 31, 32], ()), ([0, 0, 0, 0, 0, 0], ()), ([5, 5, 5, 5, 5, 6], ())],
)
def test_a_day_that_stands_out_is_found_among_enough_others(values: list[float], places: tuple[int, ...]) -> None:
    assert outliers(values) == places


def _kind(text: str, *, subject: str = "Mail", at: datetime = NOW, **fields: Json) -> str:
    told: JsonObject = {"from": "ann@example.org", "message_id": "1@x", **fields}
    item = Item(key="k", kind="mail", title=subject, text=text, at=at, fields=told)
    reader = Reader(addresses=frozenset(), vips=(), written_to=frozenset(), now=NOW)
    return by_rules(letters([("m", item, HOUSE)], mine=frozenset())[0], reader).kind.value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Payment failed: your account will be suspended tomorrow unless you update your card.", "urgent"),
        ("Weekly news. PS: Jonas, your server room is flooding, call me immediately.", "urgent"),
        ("Last chance: our offer ends tomorrow. Unsubscribe here.", "bulk"),
        ("News: a provider had an outage last week.", "bulk"),
    ],
)
def test_what_goes_to_many_and_is_the_owners_trouble_is_not_hidden(text: str, kind: str) -> None:
    assert _kind(text, is_bulk=True) == kind


@pytest.mark.parametrize(("method", "kind"), [("REQUEST", "reply"), ("CANCEL", "read"), ("REPLY", "read")])
def test_only_what_asks_for_an_answer_is_an_invitation(method: str, kind: str) -> None:
    assert _kind("See below", calendar=f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nEND:VCALENDAR\r\n") == kind


@pytest.mark.parametrize("year", [1970, 2038])
def test_a_clock_that_is_wrong_by_years_does_not_move_what_is_due_today(year: int) -> None:
    assert _kind("Please send it by today.", at=NOW.replace(year=year)) == "urgent"
