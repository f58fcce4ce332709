"""What people say when they want to be reminded: set right, or not at all."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.agent.alarms import Hurdle, alarm
from homarus.agent.requests import Order, plain_order
from homarus.tools.when import understand

FRIDAY = datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
SET = """
Remind me to call Lena at noon | call Lena | 11-20 12:00
remind me to water the plants in 20 minutes | water the plants | 11-20 09:50
Remind me in an hour and a half to call mum | call mum | 11-20 11:00
in an hour and a half remind me to call mum | call mum | 11-20 11:00
remind me to call mum in an hour and a half | call mum | 11-20 11:00
Remind me in one and a half hours to leave | leave | 11-20 11:00
Remind me in 2 and a half hours to stir | stir | 11-20 12:00
Remind me in two hours and a half to call | call | 11-20 12:00
Remind me in an hour and 15 minutes to call | call | 11-20 10:45
Remind me in one hour and 15 minutes to call | call | 11-20 10:45
Remind me in 1h30m to switch off the oven | switch off the oven | 11-20 11:00
Remind me in half an hour to switch off the oven | switch off the oven | 11-20 10:00
Remind me in a quarter of an hour to turn the roast | turn the roast | 11-20 09:45
Remind me in about 10 minutes to stir | stir | 11-20 09:40
Remind me at around 5 to stretch | stretch | 11-20 17:00
Remind me in 30 seconds to breathe | breathe | 11-20 09:30
Remind me in a couple of hours to eat | eat | 11-20 11:30
Remind me 5 minutes from now to stand up | stand up | 11-20 09:35
in 10 min remind me to check the oven | check the oven | 11-20 09:40
Wake me at 7 | Wake up | 11-21 07:00
Wake me up at 6:45 | Wake up | 11-21 06:45
wake me tomorrow at 6 | Wake up | 11-21 06:00
Please wake me up at 5 tomorrow | Wake up | 11-21 05:00
Wake me at 7pm | Wake up | 11-20 19:00
Wake me in 20 minutes | Wake up | 11-20 09:50
Wake me at 7 for the train | Wake up: the train | 11-21 07:00
wake me at 10 | Wake up | 11-20 10:00
Weck mich um 7 | Wake up | 11-21 07:00
Despiértame a las 7 | Wake up | 11-21 07:00
Set a timer for 12 minutes | Timer | 11-20 09:42
set a timer 5 minutes | Timer | 11-20 09:35
start a timer for 1 hour | Timer | 11-20 10:30
Set an alarm for 7 am | Alarm | 11-21 07:00
alarm at 18:30 | Alarm | 11-20 18:30
Stell einen Wecker um 18:30 | Alarm | 11-20 18:30
Give me a shout in ten minutes | Give me a shout | 11-20 09:40
Remind me to watch the 8pm show at 19:45 | watch the 8pm show | 11-20 19:45
Remind me to boil the eggs for 5 minutes at 18:00 | boil the eggs for 5 minutes | 11-20 18:00
Remind me to send the friday report at 5 | send the friday report | 11-20 17:00
Remind me to call Lena at noon about the budget | call Lena about the budget | 11-20 12:00
Remind me tomorrow at 9 that the shop is open until 18:00 | the shop is open until 18:00 | 11-21 09:00
Remind me on the 3rd floor at noon to pick up keys | on the 3rd floor to pick up keys | 11-20 12:00
Remind me about the daily standup at 9:55 | the daily standup | 11-20 09:55
Remind me at 10 about the weekly report | the weekly report | 11-20 10:00
Remind me to log in at 5 | log in | 11-20 17:00
Remind me at 17:00 to call in | call in | 11-20 17:00
Remind me to take 2 tablets at 8pm | take 2 tablets | 11-20 20:00
Remind me to call 555 1234 at 5 | call 555 1234 | 11-20 17:00
Remind me to read chapters 3 and 4 at 8pm | read chapters 3 and 4 | 11-20 20:00
Remind me to call Anna and Bob at 17:00 | call Anna and Bob | 11-20 17:00
Remind me that the train leaves at 18:05 | the train leaves | 11-20 18:05
Remind me 5pm call Lena | call Lena | 11-20 17:00
Remind me: at 18:00 dinner | dinner | 11-20 18:00
Reminder at 4: tea | tea | 11-20 16:00
reminder: buy flowers on 2026-12-03 at 10:00 | buy flowers | 12-03 10:00
Set a reminder for 5pm: pick up the kids | pick up the kids | 11-20 17:00
Create a reminder for tomorrow at 8 to feed the cat | feed the cat | 11-21 08:00
Add a reminder to pay Jonas on Monday at 10 | pay Jonas | 11-23 10:00
I'd like a reminder at 13:20 to move the car | move the car | 11-20 13:20
I would like to be reminded to move the car at 13:20 | move the car | 11-20 13:20
I need to be reminded to take my pills tonight at 8 | take my pills | 11-20 20:00
Don't let me forget to pay the rent tomorrow morning | pay the rent | 11-21 09:00
I need to pay the rent tomorrow, remind me at 9 | pay the rent | 11-21 09:00
I have a meeting at 5, remind me | I have a meeting | 11-20 17:00
I have to leave for the airport at 4:30 am tomorrow, please wake me | Wake up: leave for the airport | 11-21 04:30
Remind me Friday to pay | pay | 11-27 09:00
Remind me to pay on Friday at 18:00 | pay | 11-20 18:00
Remind me next Tuesday at 11 that the plumber comes | the plumber comes | 11-24 11:00
Remind me next month to renew the pass | renew the pass | 12-20 09:00
remind me to cancel netflix on the 15th | cancel netflix | 12-15 09:00
remind me on the 24th at 6pm to light the candles | light the candles | 11-24 18:00
Remind me on 3 December at 9am to renew my passport | renew my passport | 12-03 09:00
Remind me to call on December 24th. | call | 12-24 09:00
Remind me about Grandma's birthday on December 12 | Grandma's birthday | 12-12 09:00
Remind me at half past three to feed the cat | feed the cat | 11-20 15:30
Remind me at quarter to ten to leave | leave | 11-20 09:45
Remind me to leave at 8.30 pm | leave | 11-20 20:30
Remind me at 8 a.m. to go | go | 11-21 08:00
Remind me the day after tomorrow at noon to ring Ida | ring Ida | 11-22 12:00
Tomorrow evening remind me to take out the bins | take out the bins | 11-21 18:00
Remind me that Jonas needs the keys this evening | Jonas needs the keys | 11-20 18:00
Remind me tonight to call | call | 11-20 20:00
At 3pm tell me to join the call | join the call | 11-20 15:00
text me at noon to eat something | eat something | 11-20 12:00
Ping me at 4 pm about the notes | the notes | 11-20 16:00
let me know at 11 that the bus leaves | the bus leaves | 11-20 11:00
hey could you please remind me at 10:15 to breathe? | breathe | 11-20 10:15
Remind me by Monday 10am to hand in the form | hand in the form | 11-23 10:00
Erinnere mich um 15:00 an den Anruf mit Lena | den Anruf mit Lena | 11-20 15:00
Erinnere mich morgen um 9 Uhr an die Steuer | die Steuer | 11-21 09:00
Erinnere mich heute um halb sechs daran, die Wäsche aufzuhängen | die Wäsche aufzuhängen | 11-20 17:30
Erinnere mich in 20 Minuten an den Ofen | den Ofen | 11-20 09:50
Erinnere mich in anderthalb Stunden an den Ofen | den Ofen | 11-20 11:00
Erinnere mich in einer Stunde an den Ofen | den Ofen | 11-20 10:30
Kannst du mich morgen um 9 an den Arzt erinnern? | den Arzt | 11-21 09:00
Bitte erinnere mich am Freitag um 18 Uhr an die Blumen | die Blumen | 11-20 18:00
Erinnere mich übermorgen um 10:30 an Oma | Oma | 11-22 10:30
Erinnere mich heute Abend an den Müll | den Müll | 11-20 18:00
Recuérdame mañana a las 9 comprar pan | comprar pan | 11-21 09:00
Recuérdame llamar a Lena a las 17:00 | llamar a Lena | 11-20 17:00
Recuérdame llamar a Lena a las 5 de la tarde | llamar a Lena | 11-20 17:00
Recuérdame en media hora sacar la pizza | sacar la pizza | 11-20 10:00
Recuérdame en dos horas regar las plantas | regar las plantas | 11-20 11:30
Recuérdame el viernes a las 18:00 pagar | pagar | 11-20 18:00
Recuérdame a las nueve y media de la noche apagar el horno | apagar el horno | 11-20 21:30
Recuérdame el 24 de diciembre a las 18:00 comprar regalos | comprar regalos | 12-24 18:00
Recuérdame a las 17:00 apagar el horno | apagar el horno | 11-20 17:00
Erinnere mich am 24.12. um 18 Uhr an die Geschenke | die Geschenke | 12-24 18:00
Erinnere mich am 24. Dezember um 18 Uhr an die Geschenke | die Geschenke | 12-24 18:00
Weck mich morgen um halb sieben | Wake up | 11-21 06:30
Remind me @ 5pm to call | call | 11-20 17:00
Remind me at 17h to call | call | 11-20 17:00
Remind me at 17h30 to call | call | 11-20 17:30
Remind me once at 17:00 to call | call | 11-20 17:00
Remind me again at 17:00 to call | call | 11-20 17:00
set alarm for 6:30 tomorrow | Alarm | 11-21 06:30
Set a 10 minute timer | Timer | 11-20 09:40
Set a timer for half an hour | Timer | 11-20 10:00
Set a timer for an hour | Timer | 11-20 10:30
Remind me to take the 17:30 bus at 17:10 | take the 17:30 bus | 11-20 17:10
Remind me to call Sun Li at 3pm | call Sun Li | 11-20 15:00
Remind me to water May's plants at 5 | water May's plants | 11-20 17:00
Recuérdame pasado mañana a las 10 que venga Ana | venga Ana | 11-22 10:00
"""
NOT_SET = """
Remind me every Monday at 9 to do the invoices | repeats
Remind me each Monday at 9 to do the invoices | repeats
Remind me every day to drink water | repeats
Remind me every day at 8am to drink water | repeats
remind me every 2 hours to drink | repeats
Remind me every other Tuesday at 10 to water the ficus | repeats
each morning remind me to stretch | repeats
Remind me daily at 8 to take the drops | repeats
Remind me weekly to call Ida on Monday | repeats
Remind me monthly on the 1st to pay the rent | repeats
Remind me on weekdays at 8 to stretch | repeats
Remind me on Fridays at 5 to log hours | repeats
Wake me every day at 7 | repeats
Wake me at 7 on weekdays | repeats
Set an alarm for 7 every morning | repeats
Remind me twice a day to take pills at 8 | repeats
Set a recurring reminder at 9 to stand up | repeats
Remind me everyday at 9 to stand up | repeats
Erinnere mich jeden Montag um 9 an die Rechnungen | repeats
Erinnere mich täglich um 8 an die Tabletten | repeats
Erinnere mich montags um 9 an die Rechnungen | repeats
Weck mich jeden Tag um 7 | repeats
Recuérdame cada lunes a las 9 pagar | repeats
Recuérdame todos los días a las 8 tomar agua | repeats
Recuérdame los lunes a las 9 pagar | repeats
Remind me at noon | no_text
Remind me at 6 | no_text
remind me 6pm | no_text
remind me tomorrow | no_text
Remind me in 20 minutes | no_text
Please remind me at 17:00. | no_text
Set a reminder for 17:00 | no_text
ping me in 10 minutes | no_text
Erinnere mich um 15:00 | no_text
Recuérdame a las 17:00 | no_text
Remind me | no_time
Remind me to buy milk | no_time
Please set a reminder for | no_time
call Bob, remind me | no_time
Remind me later to call Bob | no_time
Remind me soon to call Bob | no_time
Remind me to call Bob after lunch | no_time
Remind me when I get home to call Bob | no_time
Remind me on the morning of the 5th to vote | no_time
remind me to take 3 pills | no_time
Remind me to buy size 9 shoes | no_time
Erinnere mich an den Arzt | no_time
Recuérdame comprar pan | no_time
Wake me | no_time
Remind me before noon to leave | unclear_time
Remind me to leave before 5pm | unclear_time
Remind me after 6pm to call | unclear_time
Remind me 5 minutes before noon to leave | unclear_time
Remind me to call until 6pm | unclear_time
remind me at 9am and 5pm to take pills | unclear_time
Remind me at 8 and at 20:00 to take pills | unclear_time
Remind me tomorrow at 3 or 4 to call | unclear_time
Remind me today or tomorrow at 5 to call | unclear_time
Remind me on Monday and Tuesday at 5 to call | unclear_time
Remind me at noon tomorrow at 3 to call | unclear_time
Remind me to meet at 5 Main Street tomorrow at 9 | unclear_time
Remind me to call Lena at 25:99 | unclear_time
Remind me about tomorrow's meeting at 9 | unclear_time
Remind me in 5 minutes or so to stir | unclear_time
Remind me in 3 weeks and 2 days to check | unclear_time
Remind me an hour before the train at 5pm | unclear_time
Erinnere mich um 9 oder 10 an den Arzt | unclear_time
Erinnere mich vor 9 Uhr an den Arzt | unclear_time
Remind me in ten to stir | no_time
Remind me in a bit to stir | no_time
Remind me in March to file taxes | no_time
Remind me to take the 17:30 bus | no_time
Remind me in an hour or two to stir | unclear_time
Remind me at 5 tomorrow or the day after to stir | unclear_time
Remind me from Monday to Friday at 9 to clock in | unclear_time
Remind me Monday through Friday at 9 to clock in | unclear_time
Remind me between 5 and 6 to call | no_time
Remind me half an hour before 6pm to start cooking | unclear_time
Remind me weekday mornings at 8 to stretch | repeats
Remind me in the evenings at 8 to stretch | repeats
rappelle-moi d'appeler Marie à midi | foreign
Rappelle-moi de payer le loyer demain à 9h | foreign
Rappelez-moi dans 20 minutes de sortir le gâteau | foreign
Fais-moi penser à acheter du pain à 18h | foreign
réveille-moi à 7h | foreign
rappelle-moi tous les lundis de payer | foreign
Ricordami di chiamare Anna alle 9 | foreign
Ricordami domani alle 9 di pagare | foreign
Svegliami alle 7 | foreign
Puoi ricordarmi di comprare il latte alle 18? | foreign
Lembra-me de ligar às 9 | foreign
Herinner me om 18:00 aan brood | foreign
"""
RESTS = re.compile(
    r"^(?:to|that|about|and|or|at|every|each|half|quarter|[ap]m|uhr|daran|dass|que)\b|\b(?:at|every|until|or|and|um)$|"
    r"\bhalf (?:an )?hour\b|\bremind me\b",
    re.IGNORECASE,
)


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(" | ")] for line in table.strip().splitlines()]


@pytest.mark.parametrize(("said", "text", "due"), _rows(SET))
def test_a_plain_order_is_set_for_that_time_with_these_words(said: str, text: str, due: str) -> None:
    found = alarm(said)
    assert (found.text, found.hurdle) == (text, None)
    at = understand(found.when, now=FRIDAY, zone=ZoneInfo("Europe/Berlin")).at
    assert f"{at:%m-%d %H:%M}" == due
    assert not RESTS.search(found.text)


@pytest.mark.parametrize(("said", "hurdle"), _rows(NOT_SET))
def test_what_is_not_plain_or_not_possible_is_not_set(said: str, hurdle: str) -> None:
    assert alarm(said).hurdle == Hurdle(hurdle)


@pytest.mark.parametrize("said", [row[0] for row in _rows(SET) + _rows(NOT_SET)])
def test_all_of_them_are_orders_for_a_reminder(said: str) -> None:
    assert plain_order(said) is Order.REMIND


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("Remind me every Monday at 9 to do the invoices", "11-23 09:00"),
        ("Remind me daily at 8 to take the drops", "11-21 08:00"),
        ("remind me every 2 hours to drink", "11-20 11:30"),
        ("each morning remind me to stretch", "11-21 09:00"),
    ],
)
def test_of_what_repeats_the_next_one_is_offered(said: str, when: str) -> None:
    at = understand(alarm(said).when, now=FRIDAY, zone=ZoneInfo("Europe/Berlin")).at
    assert f"{at:%m-%d %H:%M}" == when


_PIECES = ["remind me", "every", "monday", "at", "9", "to", "call", "in", "an hour", "and", "a half", "tomorrow", "or",
           "noon", "5", "minutes", "until", "for", "the", "wake me", "pm", ",", "um", "a las", "report"]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=10))
def test_whatever_is_said_nothing_is_set_with_rests_of_an_order_in_it(pieces: list[str]) -> None:
    found = alarm(" ".join(pieces))
    if found.hurdle is None:
        assert found.text
        assert found.when
        assert not re.search(r"^(?:every|or so)\b|\b(?:every|or|at|um)$", found.text)


@given(st.text(max_size=200))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    assert alarm(text).hurdle is not None or alarm(text).when
