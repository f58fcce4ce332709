# ruff: noqa: E501 - sentences of made-up people, one per line
"""The mails that Jonas Weber sent: `sender` is whom they went to."""

from samples_briefing_mails import PRIYA, Sample

SENT = (
    Sample(
        label="",
        at="17 09:12",
        sender="Amelie Roth <amelie@roth-keramik.example>",
        subject="Logo, zweite Runde",
        body="Hallo Amelie,\n\nanbei zwei Entwürfe. Welcher gefällt dir besser?\n\nViele Grüße\nJonas",
    ),
    Sample(
        label="",
        at="17 16:00",
        sender="Jana Krüger <jana@krueger-druck.example>",
        subject="Proof der Visitenkarten",
        body="Hallo Jana,\n\nwann kommt der Proof?\n\nViele Grüße\nJonas",
    ),
    Sample(
        label="",
        at="12 10:30",
        sender="Petra Lorenz <petra@lorenz-immo.example>",
        subject="Angebot Exposé-Vorlage",
        body="Hallo Petra,\n\nanbei mein Angebot über 1.850,00 EUR. Passt das für dich? Ich freue mich auf deine "
        "Rückmeldung.\n\nViele Grüße\nJonas",
    ),
    Sample(
        label="",
        at="13 14:45",
        sender="Ian Walsh <ian@walshtours.example>",
        subject="Hosting move: which date?",
        body="Hi Ian,\n\nwhich weekend suits you for the hosting move? I need an answer to book the window.\n\nBest regards\nJonas",
    ),
    Sample(
        label="",
        at="09 09:00",
        sender="Erik Brandt <erik@brandt-bau.example>",
        subject="Rechnung 2026-041",
        body="Hallo Herr Brandt,\n\nanbei Rechnung 2026-041 über 1.428,00 EUR, zahlbar bis 16.11.2026.\n\n"
        "Viele Grüße\nJonas Weber",
        name="rechnung-2026-041.pdf",
    ),
    Sample(
        label="",
        at="17 15:30",
        sender=PRIYA,
        subject="Recipe pages",
        body="Hi Priya,\n\nthe recipe pages are online. Have a look when you have a minute.\n\nBest regards\nJonas",
    ),
    Sample(
        label="",
        at="16 11:00",
        sender="Marek Nowak <marek@codewerk.example>",
        subject="API access",
        body="Hi Marek,\n\ncould you give me access to the staging API?\n\nBest regards\nJonas",
    ),
)
