"""Two nights on the farm: what was planted is found, what was made up is not printed, nobody is pestered."""

import csv
import io

import pytest

from homarus.domain.findings import ClaimState, Report
from homarus.domain.jobs import Budget
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.ports import Parked
from homarus.domain.sources import NoDataError
from homarus.playbooks.core.house import PlaybookHouse
from homarus.playbooks.research.night import night
from homarus.playbooks.research.settings import ResearchSettings
from homarus.testing.sites import PLANTED
from homarus.testing.sites.traps import INJECTION
from playbooks.opening import open_house
from playbooks.research.farming import SETTINGS, Market, market, web

pytestmark = pytest.mark.anyio

SIGNS = {
    "Solmark Duo 800 is cheaper": "Solmark Duo 800: 549.00 -> 499.00 EUR (-9.1 %)",
    "Kestrel Rail 600 is sold out": "Kestrel Rail 600: availability InStock -> OutOfStock",
    "Brightnook Trio 800 is asked for in another currency": "619.00 GBP -> 619.00 USD; amounts are not compared",
    "Kestrel Camp 400 is gone": "Kestrel Camp 400: gone",
    "inverter-firmware 2.1.0 is out": "release v2.1.0",
    "Kestrel seeks a grid engineer": "Grid engineer, Tromsø",
    "The recall was corrected": "Brightnook recalls brackets: was edited",
    "Halvorsen opens a plant in Narvik": "Halvorsen opens a plant in Narvik",
    "People complain about the Duo 800 bracket": "Duo 800 bracket broke",
}
LIES = ("4,711", "bankrupt", "12,345,678", INJECTION)


async def _two_nights(at: Market) -> Report:
    await at.run()
    return await at.next_night()


async def _table(at: Market, report: Report, name: str) -> list[dict[str, str]]:
    artifact = next(one for one in report.artifacts if one.name == name)
    return list(csv.DictReader(io.StringIO((await at.world.blobs.get(artifact.sha256)).decode())))


async def test_every_planted_change_is_in_the_report_of_the_second_night() -> None:
    async with market() as at:
        report = await _two_nights(at)

        missed = [planted.what for planted in PLANTED if SIGNS[planted.what] not in report.text]
        assert missed == []
        assert "Solmark Duo 800: 549.00 -> 499.00 EUR" in report.message


async def test_what_the_model_made_up_or_obeyed_is_printed_nowhere() -> None:
    async with market() as at:
        first = await at.run()
        second = await at.next_night()

        for report in (first, second):
            assert [lie for lie in LIES if lie in report.text + report.message] == []
        assert first.rejected >= 3
        left_out = [one for one in await at.world.books.findings.claims("run_1") if one.state is ClaimState.REJECTED]
        assert len(left_out) == first.rejected
        assert {lie for lie in LIES if any(lie in one.text for one in left_out)} == {"4,711", "bankrupt", "12,345,678"}
        assert all(one.because and one.claim_id for one in left_out)
        rows = await _table(at, first, "claims.csv")
        assert {row["because"] for row in rows if row["state"] == "rejected"} == {
            "the quotation does not occur in the source",
            "the words are orders to the reader, not a statement",
        }


async def test_every_printed_quotation_stands_where_the_report_says() -> None:
    async with market() as at:
        report = await _two_nights(at)
        claims = report.fields["claims"]
        assert isinstance(claims, list)

        for claim in claims:
            assert isinstance(claim, dict)
            if claim["state"] != "rejected":
                text = (await at.world.blobs.get(str(claim["snapshot"]))).decode()
                span = claim["span"]
                assert isinstance(span, list)
                start, end = (one for one in span if isinstance(one, int))
                assert " ".join(text[start:end].split()) == claim["quote"]


async def test_the_first_night_reports_no_news_and_says_that_it_begins() -> None:
    async with market() as at:
        report = await at.run()

        assert report.summary.startswith("0 new, 0 changed, 0 gone")
        assert "read for the first time" in report.summary
        assert await _table(at, report, "changes.csv") == []


async def test_a_third_night_without_changes_says_so() -> None:
    async with market() as at:
        await _two_nights(at)
        report = await at.next_night()

        assert report.summary.startswith("0 new, 0 changed, 0 gone")


async def test_what_changes_by_the_hour_is_no_change() -> None:
    async with market(only=("shops",)) as at:
        await _two_nights(at)
        report = await at.next_night()  # priceValidUntil, views, adverts and dates moved again

        assert await _table(at, report, "changes.csv") == []


async def test_a_page_that_wants_no_robots_is_in_the_report_and_was_never_fetched() -> None:
    async with market() as at:
        report = await at.run()

        assert "robots.txt asks robots to stay away" in report.text
        assert [one.what for one in report.missing] == [at.farm.url("closed", "/")]
        assert at.farm.count("closed") == 0


async def test_too_many_requests_are_waited_for_and_hours_are_not() -> None:
    async with market(only=()) as at:
        at.has("busy", "web", web(at.farm, ("busy", "/a"), ("busy", "/forever"), ("busy", "/b")))
        report = await at.run()

        assert at.farm.count("busy", "/a") == 2
        assert at.farm.count("busy", "/forever") == 1
        assert at.farm.count("busy", "/b") == 0
        assert "7200" in report.text


async def test_the_same_story_at_two_places_is_read_once() -> None:
    async with market() as at:
        report = await _two_nights(at)
        at.has("wire", "web", web(at.farm, ("press", "/news/plant"), ("press", "/news/plant-agency")))
        report = await at.next_night()

        assert "The same story elsewhere" in report.text


async def test_a_site_beyond_the_list_is_named_and_not_read() -> None:
    async with market() as at:
        report = await at.run()

        assert "https://kits.example/offer" in report.text
        assert at.world.acting.used == []


async def test_a_site_beyond_the_list_is_read_only_after_a_yes() -> None:
    async with market(only=("seek",)) as at:
        settings = ResearchSettings(new_places="ask")
        with pytest.raises(Parked) as waiting:
            await at.run(settings)
        assert at.world.acting.used == []
        assert waiting.value.deadline is not None
        at.world.clock.advance(3_600)
        report = await at.run(settings)  # nobody answered: it goes on without

        assert at.world.acting.used == []
        assert "https://kits.example/offer" in report.text


async def test_a_text_of_which_a_model_only_stammers_is_quoted_and_that_is_said() -> None:
    async with market() as at:
        report = await at.run()

        assert "Of 1 texts no model said anything usable" in report.text
        assert "Hamburg pays tenants 150 EUR" in report.text


async def test_without_a_model_there_are_extracts_and_the_report_says_so() -> None:
    async with market() as at:
        await at.run(is_degraded=True)
        report = await at.next_night(is_degraded=True)

        assert at.world.speaking.asked == []
        assert report.is_degraded
        assert "Without a model" in report.text
        assert "Without a model" in report.message
        assert "Solmark Duo 800: 549.00 -> 499.00 EUR (-9.1 %)" in report.text
        assert "bracket of my Duo 800 broke" in report.text
        assert INJECTION not in report.text


async def test_nothing_configured_and_nothing_readable_are_no_data() -> None:
    async with market(only=()) as at:
        assert isinstance(at.world.sources.names(), tuple)
        at.farm.is_down = True
        with pytest.raises(NoDataError, match="Not one of"):
            await at.run()
    async with market(only=("none of them",)) as at:
        with pytest.raises(NoDataError, match="nothing to read"):
            await at.run()
        assert at.world.speaking.asked == []


async def test_at_the_deadline_there_is_a_report_of_what_was_read() -> None:
    async with market() as at:
        await at.run()
        at.pass_night()
        house = await open_house(at.world, SETTINGS, playbook="research")
        _late_after(at, house, parts=12)
        with pytest.raises(LimitReachedError):
            await night(house)

        assert house.partial is not None
        assert house.partial.is_partial
        assert "Not finished" in house.partial.text
        assert "549.00 -> 499.00" in house.partial.text


async def test_what_a_partial_night_found_is_told_in_the_next_one() -> None:
    async with market() as at:
        await at.run()
        at.pass_night()
        house = await open_house(at.world, SETTINGS, playbook="research")
        _late_after(at, house, parts=12)
        with pytest.raises(LimitReachedError):
            await night(house)
        at.world.said = []
        report = await at.next_night()  # the pages say nothing new any more: it was kept
        later = await at.next_night()

        assert "549.00 -> 499.00" in report.text
        assert "549.00 -> 499.00" not in later.text


async def test_after_a_crash_the_budget_is_what_was_left() -> None:
    async with market() as at:
        at.world.purse.budget = Budget(tokens=1_500)
        with pytest.raises(LimitReachedError):
            await at.run()
        spent, asked = at.world.purse.spent.tokens, len(at.world.speaking.asked)
        assert spent >= 1_500
        with pytest.raises(LimitReachedError):
            await at.run()

        assert len(at.world.speaking.asked) == asked
        assert at.world.purse.spent.tokens == spent


async def test_researchers_wait_behind_everybody_else() -> None:
    async with market() as at:
        await at.run()

        roles = {ask.role: ask.priority for ask in at.world.speaking.asked}
        assert roles["researcher"] == roles["verifier"] == "swarm"


async def test_a_dry_run_leaves_no_records() -> None:
    async with market(only=("shops",)) as at:
        house = await open_house(at.world, SETTINGS, playbook="research", is_dry=True)
        await night(house)

        assert await at.world.books.notebook.all("research", "part") == {}


async def test_the_message_fits_on_a_screen() -> None:
    async with market() as at:
        report = await _two_nights(at)

        assert len(report.message) <= 1_400
        assert report.message.count("\n") <= 14


def _late_after(at: Market, house: PlaybookHouse[ResearchSettings], *, parts: int) -> None:
    """Let the deadline come when so many parts were read."""
    del house
    before = at.world.said.append

    class _Said(list[str]):
        def append(self, text: str, /) -> None:
            before(text)
            super().append(text)
            at.world.purse.is_late = len(self) >= parts

    at.world.said = _Said()
