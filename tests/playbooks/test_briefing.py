import csv
import io
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.findings import ClaimState, Report
from homarus.domain.labels import Label, Origin
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.sources import Fetched, Item, NoDataError
from homarus.domain.speaking import Ask
from homarus.playbooks.briefing.playbook import run
from homarus.playbooks.briefing.settings import Settings
from homarus.playbooks.sampling import sample_folder
from homarus.testing.clock import FakeClock
from homarus.testing.playbooks import FakeSource, PlaybookWorld
from homarus.testing.run import Killed
from homarus.tools.sources.maildir import Maildir, MaildirSettings
from playbooks.opening import open_house

pytestmark = pytest.mark.anyio
ME = "jonas@weber-studio.example"


async def briefed(
    world: PlaybookWorld, *, is_degraded: bool = False, is_dry: bool = False, **settings: object
) -> Report:
    house = await open_house(
        world, Settings.model_validate(settings), playbook="briefing", is_degraded=is_degraded, is_dry=is_dry
    )
    return await run(house)


def kinds(report: Report) -> dict[str, str]:
    mails = report.fields["mails"]
    assert isinstance(mails, list)
    return {str(mail["subject"]): str(mail["kind"]) for mail in mails if isinstance(mail, dict)}


def honest(ask: Ask) -> JsonObject:
    """Answer every role as a good model would, from what it is given."""
    text = ask.material[0].text
    if ask.role == "sorter":
        return {"kind": "read", "quote": text.rpartition("\n\n")[2].splitlines()[0]}
    if ask.role == "secretary":
        return {"text": "Hello,\n\nthank you, I will look at it and come back to you.\n\nBest regards"}
    return {"sentences": ["Look at the urgent mails first."]}


def mail(number: int, **fields: object) -> Item:
    told = {"from": "lena@example.org", "to": [ME], "message_id": f"{number}@example.org", "folder": "inbox", **fields}
    title, text = str(told.pop("title", f"Mail {number}")), str(told.pop("text", "Can you call me?"))
    at = PlaybookWorld().clock.now() - timedelta(hours=number)
    return Item(
        key=f"mail:{number}",
        kind="mail",
        title=title,
        text=text,
        at=at,
        url=f"imap:work/INBOX/{number}",
        fields=told,  # pyright: ignore[reportArgumentType] - test shorthand
    )


def mailbox(*items: Item) -> FakeSource:
    return FakeSource("imap", items, label=Label(origin=Origin.TOOL, source="mails work"))


async def test_no_urgent_mail_of_the_labelled_mailbox_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    world = PlaybookWorld()
    report = await briefed(world, is_degraded=True, sample=True)
    labels = json.loads((sample_folder("briefing") / "labels.json").read_text("utf-8"))
    table = next(each for each in report.artifacts if each.name == "mails.csv")
    rows = list(csv.DictReader(io.StringIO(world.blobs.kept[table.sha256].decode())))
    pairs = Counter((labels[row["message_id"]], row["kind"]) for row in rows)
    with capsys.disabled():
        for kind in ("urgent", "reply", "wait", "read", "bulk"):
            hits = pairs[kind, kind]
            told = sum(count for (_want, said), count in pairs.items() if said == kind)
            meant = sum(count for (want, _said), count in pairs.items() if want == kind)
            print(f"\n{kind}: precision {hits}/{told}, recall {hits}/{meant}", end="")  # noqa: T201 - people read it
    missed = [pair for pair in pairs if pair[0] == "urgent" and pair[1] != "urgent"]

    assert missed == []
    assert sum(count for (want, said), count in pairs.items() if want != said) <= 3


@pytest.mark.parametrize("kind", ["bulk", "read", "wait"])
async def test_a_model_that_calls_everything_unimportant_misses_nothing_urgent(kind: str) -> None:
    def wrong(ask: Ask) -> JsonObject:
        answer = honest(ask)
        return {**answer, "kind": kind} if ask.role == "sorter" else answer

    report = await briefed(PlaybookWorld(answers={"*": wrong}), sample=True)

    assert Counter(kinds(report).values())["urgent"] == 8


async def test_a_reason_that_is_not_in_the_mail_does_not_count() -> None:
    world = PlaybookWorld(
        answers={"sorter": {"kind": "urgent", "quote": "the house is on fire"}, "*": honest},
        sources={"work": mailbox(mail(1, text="Here are the minutes of the meeting, for your information."))},
    )
    report = await briefed(world)

    assert kinds(report) == {"Mail 1": "read"}


async def test_orders_in_mails_change_nothing_and_are_shown() -> None:
    def obedient(ask: Ask) -> JsonObject:
        quote = ask.material[0].text.rpartition("\n\n")[2][:60]
        return {"kind": "urgent", "quote": quote} if ask.role == "sorter" else honest(ask)

    report = await briefed(PlaybookWorld(answers={"*": obedient}), sample=True)

    assert kinds(report)["Hinweis für Ihren Assistenten"] == "read"
    assert kinds(report)["Impressum fehlt - Launch heute 14 Uhr"] == "urgent"
    assert "### Suspicious" in report.text
    assert "4.900" not in report.text
    assert "collector.example" not in report.text


async def test_invented_figures_reach_neither_the_opening_nor_a_draft() -> None:
    def inventing(ask: Ask) -> JsonObject:
        if ask.role == "writer":
            return {"sentences": ["Revenue rose by 4711 percent.", "Look at the urgent mails."]}
        if ask.role == "secretary":
            return {"text": "Hello, I will pay 4711 EUR on 31 December. Best regards, Jonas"}
        return honest(ask)

    world = PlaybookWorld(answers={"*": inventing})
    report = await briefed(world, sample=True)
    everything = (
        report.text + report.message + "".join(kept.decode(errors="ignore") for kept in _artifacts(world, report))
    )

    assert "4711" not in everything
    assert "Look at the urgent mails." in report.text
    claims = await world.books.findings.claims(world.run.run_id)
    assert {claim.by for claim in claims if claim.state is ClaimState.REJECTED} == {"writer", "secretary"}


def _artifacts(world: PlaybookWorld, report: Report) -> list[bytes]:
    return [world.blobs.kept[each.sha256] for each in report.artifacts]


@pytest.mark.parametrize(
    "answer", ["no JSON at all", '{"kind": ', ModelCallError(Failure.SERVER_DOWN, "down", hint="up")]
)
async def test_a_model_that_fails_leaves_the_rules_standing(answer: str | ModelCallError) -> None:
    report = await briefed(PlaybookWorld(answers={"*": answer}), sample=True)

    assert Counter(kinds(report).values())["urgent"] == 8
    assert "8 urgent, 13 to answer" in report.summary


async def test_the_message_is_one_screen() -> None:
    report = await briefed(PlaybookWorld(), is_degraded=True, sample=True)

    assert len(report.message) <= 1_400
    assert report.message.count("\n") < 24
    assert report.is_degraded
    assert "templates and quotations" in report.message


async def test_a_task_list_alone_is_read_and_is_said_to_be() -> None:
    call = Item(key="call", kind="task", title="Call Ann", fields={"due": "2026-11-20"})
    todo = FakeSource("tasks", [call])
    report = await briefed(PlaybookWorld(sources={"todo": todo}), is_degraded=True)

    assert report.summary == "1 to do"
    assert "could not be read" not in report.summary


async def test_what_cannot_be_read_is_missing_and_not_empty() -> None:
    broken, empty = mailbox(), FakeSource("ics")
    broken.broken = "The password has expired."
    world = PlaybookWorld(answers={"*": honest}, sources={"work": broken, "home": empty})
    report = await briefed(world)

    assert "source 'work'" in [missing.what for missing in report.missing]
    assert "Not complete: work could not be read." in report.text
    assert "mails could not be read" in report.summary
    assert "Urgent mails" not in report.tiles
    assert report.tiles["Appointments today"] == "0"
    assert "Nothing today." in report.text
    assert "Free:" in report.text


async def test_nothing_configured_is_said_with_the_way_to_the_sample() -> None:
    with pytest.raises(NoDataError) as refused:
        await briefed(PlaybookWorld())

    assert "sample=true" in refused.value.hint


async def test_drafts_are_saved_in_the_thread_and_nothing_is_sent() -> None:
    world = PlaybookWorld(answers={"*": honest}, sources={"work": mailbox(mail(1, references=["0@example.org"]))})
    report = await briefed(world)
    (use,) = world.acting.used

    assert use.tool == "mail.draft"
    assert use.arguments["to"] == "lena@example.org"
    assert use.arguments["in_reply_to"] == "1@example.org"
    assert use.arguments["references"] == "0@example.org 1@example.org"
    assert "Nothing was sent." in report.text


async def test_an_answer_does_not_go_to_another_house_than_the_sender() -> None:
    world = PlaybookWorld(answers={"*": honest}, sources={"work": mailbox(mail(1, reply_to="thief@elsewhere.example"))})
    await briefed(world)

    assert world.acting.used[0].arguments["to"] == "lena@example.org"


@pytest.mark.parametrize("step", ["read:work", "sort:mail:1", "draft:mail:2", "save:mail:3", "clock", "opening"])
@pytest.mark.parametrize("is_after", [True, False])
async def test_a_briefing_that_was_killed_saves_each_draft_once(step: str, is_after: bool) -> None:  # noqa: FBT001 - a case
    world = PlaybookWorld(answers={"*": honest}, sources={"work": mailbox(*(mail(number) for number in range(1, 4)))})
    (world.run.die_after if is_after else world.run.die_before).add(step)
    try:
        await briefed(world)
    except (Killed, ExceptionGroup):
        world.run.die_after.clear()
        world.run.die_before.clear()
        await briefed(world)

    assert Counter(str(use.arguments["in_reply_to"]) for use in world.acting.used) == {
        f"{number}@example.org": 1 for number in range(1, 4)
    }


async def test_a_matter_of_yesterday_keeps_its_first_day_and_is_listed_once() -> None:
    source = mailbox(mail(1, title="Contract"))
    world = PlaybookWorld(answers={"*": honest}, sources={"work": source})
    first = await briefed(world)
    world.next_run("run_2")
    world.clock.advance(86_400)
    second = await briefed(world)

    assert [item.key for item in second.actions] == [item.key for item in first.actions]
    assert second.actions[0].first_seen == first.actions[0].first_seen
    assert "(open for 1 days)" in second.text


async def test_what_was_answered_is_not_carried_over() -> None:
    source = mailbox(mail(1, title="Contract"))
    world = PlaybookWorld(answers={"*": honest}, sources={"work": source})
    await briefed(world)
    source.items.append(
        mail(
            0,
            title="Re: Contract",
            folder="sent",
            **{"from": ME, "to": ["lena@example.org"], "in_reply_to": "1@example.org", "text": "Done."},
        )
    )
    world.next_run("run_2")
    world.clock.advance(86_400)

    assert (await briefed(world)).actions == ()


async def test_an_answer_that_does_not_come_is_mentioned_after_some_days_and_not_before() -> None:
    asked = mail(
        1, title="Offer", folder="sent", **{"from": ME, "to": ["petra@example.org"], "text": "Does that suit you?"}
    )
    world = PlaybookWorld(answers={"*": honest}, sources={"work": mailbox(asked)})
    today = await briefed(world)
    world.next_run("run_2")
    world.clock.advance(5 * 86_400)
    later = await briefed(world)

    assert today.actions == ()
    assert [item.title for item in later.actions] == ["Ask petra@example.org again: Offer"]


async def test_a_dry_run_shows_drafts_and_leaves_nothing() -> None:
    world = PlaybookWorld(answers={"*": honest}, sources={"work": mailbox(mail(1))})
    report = await briefed(world, is_dry=True)

    assert world.acting.used == []
    assert "shown only, not saved" in report.text


async def test_when_time_is_up_there_is_a_report_to_hand_over() -> None:
    world = PlaybookWorld(answers={"*": honest}, sources={"work": mailbox(mail(1))})
    house = await open_house(world, Settings(), playbook="briefing")

    def late(ask: Ask) -> JsonObject:
        world.purse.is_late = True
        return honest(ask)

    world.speaking.answers["*"] = late
    with pytest.raises(LimitReachedError):
        await run(house)

    assert house.partial is not None
    assert "Mail 1" in house.partial.text


async def test_a_late_briefing_says_so() -> None:
    at = datetime.now(UTC)
    zone = ZoneInfo("UTC" if at.hour else "Etc/GMT-6")  # never in the first minutes of a day
    world = PlaybookWorld(
        answers={"*": honest}, sources={"home": FakeSource("ics")}, clock=FakeClock(at.astimezone(zone))
    )

    assert "Late: it was wanted by 00:00" in (await briefed(world, ready_by="00:00")).text


async def test_a_maildir_gives_new_mails_only_and_says_what_is_malformed() -> None:
    from homarus.domain.sources import SourceContext
    from homarus.testing.door import FakeDoor

    world = PlaybookWorld()
    context = SourceContext(name="box", door=FakeDoor(), blobs=world.blobs, clock=world.clock)
    source = Maildir(MaildirSettings(path=str(sample_folder("briefing") / "inbox.mbox")))
    first: Fetched = await source.fetch(context, since=None)
    second = await source.fetch(context, since=first.watermark)

    assert len(first.items) == 58
    assert second.items == ()


async def test_a_calendar_that_cannot_be_read_makes_nobody_free() -> None:
    broken = FakeSource("caldav")
    broken.broken = "Refused."
    world = PlaybookWorld(answers={"*": honest}, sources={"work": mailbox(mail(1)), "home": broken})
    report = await briefed(world)

    assert "Free:" not in report.text
    asked = next(ask for ask in world.speaking.asked if ask.role == "secretary")
    assert [part.text for part in asked.material if part.name == "free times"] == ["none"]


async def test_a_sample_leaves_nothing_for_the_owners_own_days() -> None:
    world = PlaybookWorld(answers={"*": honest}, sources={"work": mailbox(mail(1))})
    await briefed(world, sample=True)
    world.next_run("run_2")
    report = await briefed(world)

    assert [item.title for item in report.actions] == ["lena@example.org: Mail 1"]


def test_the_sample_is_what_its_script_writes(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "scripts" / "samples_briefing.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True, timeout=60)
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    assert written == {file.name: file.read_bytes() for file in sample_folder("briefing").iterdir()}
