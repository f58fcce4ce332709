# ruff: noqa: E501 - exports as programs write them
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.sources import Fetched, NoDataError, Source, SourceContext
from homarus.testing.clock import FakeClock
from homarus.testing.door import FakeAnswer, FakeDoor
from homarus.testing.playbooks import FakeBlobs
from homarus.tools.campaign_columns import rows_of_csv
from homarus.tools.sources.campaigns import Campaigns, CampaignSettings
from homarus.tools.sources.ics import Ics, IcsSettings
from homarus.tools.sources.maildir import Maildir, MaildirSettings
from homarus.tools.sources.tasks import Tasks, TaskSettings
from homarus.tools.sources.utm import Utm, UtmSettings
from homarus.tools.tables import day_of, dialect_of, is_german, number_of

pytestmark = pytest.mark.anyio
URL = "https://example.org/export"
MAIL = b"From: lena@example.org\nSubject: Hi\nMessage-ID: <%d@example.org>\n\nHello\n"


def context(answer: FakeAnswer | None = None, blobs: FakeBlobs | None = None) -> SourceContext:
    door = FakeDoor({URL: answer} if answer else {})
    return SourceContext(name="box", door=door, blobs=blobs or FakeBlobs(), clock=FakeClock())


async def rows(text: str, *, name: str = "a.csv", folder: Path) -> list[Mapping[str, object]]:
    (folder / name).write_text(text, encoding="utf-8")
    fetched = await Campaigns(CampaignSettings(where=str(folder / name))).fetch(context(), since=None)
    return [item.fields for item in fetched.items]


# --- numbers and days --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "german", "value"),
    [
        ("1,234.56", False, 1234.56),
        ("1.234,56", False, 1234.56),
        ("1.234", True, 1234),
        ("1.234", False, 1.234),
        ("1,234", False, 1234),
        ("12 %", False, 12),
        ("€ 5,50", False, 5.5),
        ("(3.50)", False, -3.5),
        ("-7", False, -7),
        ("--", False, None),
        ("", False, None),
        ("1.2.3", False, None),
    ],
)
def test_numbers_are_read_as_they_are_written_here_and_there(text: str, german: bool, value: float | None) -> None:  # noqa: FBT001 - a case
    assert number_of(text, is_german=german) == value


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers_of_tables(text: str) -> None:
    number_of(text)
    day_of(text)
    dialect_of(text)
    is_german([text])


@pytest.mark.parametrize("text", ["2026-11-20", "20.11.2026", "20.11.26", "20261120", "Nov 20, 2026", "20 Nov 2026", "11/20/2026", "2026-11-20T08:00:00Z", "2026-11-20 08:00:00"])  # fmt: skip
def test_a_day_is_found_in_many_forms(text: str) -> None:
    assert day_of(text) == "2026-11-20"


# --- campaigns ----------------------------------------------------------------------------------------------------


async def test_a_mailchimp_export_is_read(tmp_path: Path) -> None:
    text = (
        "Title,Subject,List,Send Date,Total Recipients,Successful Deliveries,Total Bounces,Unique Opens,Open Rate,"
        'Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes\nMay,Hi,L,"Nov 12, 2026 08:00 am",100,98,2,40,40.8%,60,9,9.2%,12,1\n'
    )
    (row,) = await rows(text, folder=tmp_path)

    assert row["day"] == "2026-11-12"
    assert row["metrics"] == {"sends": 98, "opens": 40, "clicks": 9, "unsubscribes": 1, "bounces": 2}


async def test_a_german_ads_export_is_read_without_its_head_and_its_sums(tmp_path: Path) -> None:
    text = "Bericht\n1. - 2. November\nTag;Kampagne;Klicks;Kosten (EUR);Conversions\n01.11.2026;Herbst;1.204;1.234,50;3,00\nGesamt;;1.204;1.234,50;3,00\n"
    (row,) = await rows(text, folder=tmp_path)

    assert row["metrics"] == {"clicks": 1204, "spend": 1234.5, "conversions": 3}
    assert row["currency"] == "EUR"


async def test_a_ga4_export_is_read(tmp_path: Path) -> None:
    text = "# ----\n# Traffic\n# Start date: 20261101\n# ----\n\nDate,Session source / medium,Session campaign,Sessions,Key events,Total revenue\n20261112,google / cpc,Autumn,40,3,147.5\n"
    (row,) = await rows(text, folder=tmp_path)

    assert (row["source"], row["medium"], row["campaign"], row["day"]) == ("google", "cpc", "Autumn", "2026-11-12")


async def test_a_listmonk_answer_is_read_with_its_token() -> None:
    body = b'{"data": {"results": [{"id": 1, "name": "May", "started_at": "2026-11-12T08:00:00Z", "sent": 100, "to_send": 100, "views": 40, "clicks": 9}]}}'
    given = context(FakeAnswer(body=body, headers={"ETag": '"1"'}))
    settings = CampaignSettings.model_validate({"where": URL, "auth": "listmonk", "user": "api", "token": "t"})
    fetched = await Campaigns(settings).fetch(given, since=None)

    assert fetched.items[0].fields["metrics"] == {"sends": 100, "opens": 40, "clicks": 9}
    assert isinstance(given.door, FakeDoor)
    assert given.door.opened[0].headers["Authorization"] == "token api:t"


async def test_a_mailchimp_answer_is_read(tmp_path: Path) -> None:
    body = '{"reports": [{"id": "a", "campaign_title": "May", "send_time": "2026-11-12T08:00:00+00:00", "emails_sent": 100, "unsubscribed": 1, "opens": {"unique_opens": 40}, "clicks": {"unique_clicks": 9}}]}'
    (row,) = await rows(body, name="a.json", folder=tmp_path)

    assert row["metrics"] == {"sends": 100, "opens": 40, "clicks": 9, "unsubscribes": 1}


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "hello", "{broken"])
async def test_what_holds_no_figures_is_no_data(text: str, tmp_path: Path) -> None:
    with pytest.raises(NoDataError) as refused:
        await rows(text, folder=tmp_path)

    assert refused.value.hint


@given(st.text(max_size=400))
def test_no_export_breaks_the_reader(text: str) -> None:
    rows_of_csv(text)


async def test_an_export_that_did_not_change_is_not_fetched_again() -> None:
    blobs = FakeBlobs()
    source = Campaigns(CampaignSettings(where=URL))
    body = b"Date,Campaign,Clicks\n2026-11-12,May,9\n"
    first = await source.fetch(context(FakeAnswer(body=body, headers={"ETag": '"1"'}), blobs), since=None)
    again = context(FakeAnswer(status=304), blobs)
    second = await source.fetch(again, since=first.watermark)

    assert second.items == first.items
    assert not second.is_whole
    assert isinstance(again.door, FakeDoor)
    assert again.door.opened[0].headers["If-None-Match"] == '"1"'


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_an_address_that_refuses_is_no_data_with_a_hint(status: int) -> None:
    for source in (Campaigns(CampaignSettings(where=URL)), Ics(IcsSettings(where=URL)), Tasks(TaskSettings(where=URL))):
        with pytest.raises(NoDataError) as refused:
            await source.fetch(context(FakeAnswer(status=status)), since=None)
        assert refused.value.hint


# --- clicks -------------------------------------------------------------------------------------------------------


async def test_clicks_are_counted_by_day_and_campaign_without_robots(tmp_path: Path) -> None:
    line = (
        '203.0.113.1 - - [12/Nov/2026:10:00:00 +0100] "GET /go?utm_source=X&utm_campaign=May HTTP/1.1" {} 0 "-" "{}"\n'
    )
    log = line.format(302, "Mozilla/5.0") * 2 + line.format(302, "Googlebot/2.1") + line.format(404, "Mozilla/5.0")
    log += '{"at": "2026-11-12T11:00:00Z", "utm_source": "x", "utm_campaign": "May"}\nnonsense\n'
    (tmp_path / "a.log").write_text(log)
    fetched = await Utm(UtmSettings(where=str(tmp_path / "a.log"))).fetch(context(), since=None)

    assert [(item.fields["source"], item.fields["metrics"]) for item in fetched.items] == [("x", {"clicks": 3})]
    assert len(fetched.missing) == 1


# --- tasks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("todo.txt", "(A) 2026-11-01 Write offer due:2026-11-20 @me +kiel\nx 2026-11-02 Done thing\n"),
        ("tasks.md", "# Kiel\n- [ ] Write offer (due 2026-11-20) @me +kiel\n- [x] Done thing\n"),
        ("tasks.csv", "Aufgabe;Fällig am;Status\nWrite offer;20.11.2026;offen\nDone thing;;erledigt\n"),
        (
            "tasks.ics",
            "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTODO\nUID:1\nSUMMARY:Write offer\nDUE;VALUE=DATE:20261120\nEND:VTODO\nBEGIN:VTODO\nUID:2\nSUMMARY:Done thing\nSTATUS:COMPLETED\nEND:VTODO\nEND:VCALENDAR\n",
        ),
    ],
)
async def test_tasks_are_read_as_people_keep_them(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    fetched = await Tasks(TaskSettings(where=str(tmp_path / name))).fetch(context(), since=None)

    assert [(item.title, item.fields["due"], item.fields["is_done"]) for item in fetched.items] == [
        ("Write offer", "2026-11-20", False),
        ("Done thing", "", True),
    ]


# --- calendars and mails on this disk -----------------------------------------------------------------------------


async def test_a_calendar_file_that_is_none_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_text("hello")
    with pytest.raises(NoDataError):
        await Ics(IcsSettings(where=str(tmp_path / "a.ics"))).fetch(context(), since=None)


async def test_a_maildir_tells_what_is_new_whatever_flags_do_to_names(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.a.host").write_bytes(MAIL % 1)
    source = Maildir(MaildirSettings(path=str(tmp_path)))
    first: Fetched = await source.fetch(context(), since=None)
    (tmp_path / "new" / "1.a.host").rename(tmp_path / "cur" / "1.a.host:2,S")
    (tmp_path / "new" / "2.b.host").write_bytes(MAIL % 2)
    second = await source.fetch(context(), since=first.watermark)

    assert len(first.items) == 1
    assert [item.fields["message_id"] for item in second.items] == ["2@example.org"]


async def test_a_sentence_that_begins_with_from_is_no_mail_of_its_own(tmp_path: Path) -> None:
    begins = b"From a@x Fri Nov 20 08:00:00 2026\n"
    text = b"\nFrom here on the text goes on.\nEnd.\n\n"
    (tmp_path / "box.mbox").write_bytes(begins + MAIL % 1 + text + begins + MAIL % 2)
    found = await Maildir(MaildirSettings(path=str(tmp_path / "box.mbox"))).fetch(context(), since=None)

    assert [item.fields.get("message_id") for item in found.items] == ["1@example.org", "2@example.org"]
    assert "From here on the text goes on." in found.items[0].text


async def test_old_mails_beyond_what_is_looked_at_are_told_and_never_new(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.eml").write_bytes(MAIL % number)
        os.utime(tmp_path / f"{number}.eml", (number, number))
    source = Maildir(MaildirSettings(path=str(tmp_path)))
    first = await source.fetch(replace(context(), options={"most": 2}), since=None)
    second = await source.fetch(replace(context(), options={"most": 2}), since=first.watermark)

    assert [item.fields["message_id"] for item in first.items] == ["3@example.org", "4@example.org"]
    assert [missing.what for missing in first.missing] == ["3 older mails of 'box'"]
    assert second.items == ()


async def test_a_folder_of_eml_files_is_read_and_one_that_is_missing_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL % 1)

    assert len((await Maildir(MaildirSettings(path=str(tmp_path))).fetch(context(), since=None)).items) == 1
    with pytest.raises(NoDataError):
        await Maildir(MaildirSettings(path=str(tmp_path / "nowhere"))).fetch(context(), since=None)


async def test_every_source_answers_a_probe(tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere")
    sources: list[Source] = [
        Maildir(MaildirSettings(path=missing)),
        Ics(IcsSettings(where=missing)),
        Tasks(TaskSettings(where=missing)),
        Campaigns(CampaignSettings(where=missing)),
        Utm(UtmSettings(where=missing)),
    ]
    for source in sources:
        health = await source.probe(context())
        assert not health.is_well
        assert health.hint
