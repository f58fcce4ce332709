"""Changing, explaining and watching."""

import json
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from homarus.domain.codec import dump
from homarus.domain.content import Json
from homarus.domain.errors import HomarusError, NotFoundError, UnfitSettingError, UsageError
from homarus.gateway.configure import Configuration, Standing

pytestmark = pytest.mark.anyio

_OWNERS = """{
  // mine
  gateway: {port: 5000},
  models: {providers: {p: {baseUrl: 'http://x', apiKey: 'sk-very-secret', headers: {'X-Key': 'sk-very-secret'},
    params: {token: 'sk-very-secret'}, models: [{id: 'm'}]}}},
}"""


@pytest.fixture
def configuration(home: Path) -> Configuration:
    (home / "homarus.json5").write_text(_OWNERS)
    configuration = Configuration(home, environment={})
    configuration.load()
    return configuration


def test_a_change_goes_on_top_and_leaves_the_owners_file_alone(home: Path, configuration: Configuration) -> None:
    (row,) = configuration.set("gateway.port", 6000, by="cli")

    assert configuration.current.gateway.port == 6000
    assert (home / "homarus.json5").read_text() == _OWNERS
    assert row.where
    assert row.where.file.endswith("homarus.ui.json5")
    assert (home / "homarus.ui.json5").stat().st_mode & 0o777 == 0o600
    assert "gateway.port, cli" in (home / "homarus.ui.json5").read_text()


def test_changes_are_taken_back_one_after_the_other(configuration: Configuration) -> None:
    configuration.set("gateway.port", 6000, by="cli")
    configuration.set("gateway.port", 7000, by="cli")
    configuration.set("logging.level", "debug", by="cli")

    back = [configuration.undo(by="cli") for _step in range(3)]

    assert [[(row.key, row.value) for row in undone.settings] for undone in back] == [
        [("logging.level", "info")],
        [("gateway.port", 6000)],
        [("gateway.port", 5000)],
    ]
    assert [undone.left for undone in back] == [2, 1, 0]
    with pytest.raises(NotFoundError):
        configuration.undo(by="cli")


def test_the_last_ten_changes_are_kept_and_one_that_changes_nothing_is_none(
    home: Path, configuration: Configuration
) -> None:
    for port in range(6000, 6012):
        configuration.set("gateway.port", port, by="cli")
        configuration.set("gateway.port", port, by="cli")

    while configuration.undo(by="cli").left:
        pass

    assert configuration.current.gateway.port == 6001
    assert not list((home / "backups").glob("homarus.ui.json5*"))


def test_a_refusal_does_not_speak_of_a_file_that_was_not_written(configuration: Configuration) -> None:
    for key, value in (("gateway.port", "abc"), ("gateway.prot", 1)):
        with pytest.raises(UnfitSettingError) as caught:
            configuration.set(key, value, by="cli")

        assert "homarus.ui.json5" not in caught.value.message + caught.value.hint
        assert "line" not in caught.value.message + caught.value.hint
        assert caught.value.exit_code == 2


def test_settings_that_belong_together_are_written_and_undone_as_one(configuration: Configuration) -> None:
    rows = configuration.set("gateway.port", 6000, by="cli", also={"tools.exec.mode": "deny"})
    held = configuration.current.gateway.port, configuration.current.tools.exec.mode
    configuration.undo(by="cli")

    assert [row.key for row in rows] == ["gateway.port", "tools.exec.mode"]
    assert held == (6000, "deny")
    assert (configuration.current.gateway.port, configuration.current.tools.exec.mode) == (5000, "ask")


def test_of_settings_that_belong_together_none_is_written_when_one_does_not_fit(
    home: Path, configuration: Configuration
) -> None:
    with pytest.raises(HomarusError):
        configuration.set("gateway.port", 6000, by="cli", also={"tools.exec.mode": "sometimes"})

    assert configuration.current.gateway.port == 5000
    assert not (home / "homarus.ui.json5").exists()


def test_nothing_takes_a_setting_out_again(home: Path, configuration: Configuration) -> None:
    configuration.set("gateway.port", 6000, by="cli")
    configuration.set("gateway.port", None, by="cli")

    assert configuration.current.gateway.port == 5000
    assert "6000" not in (home / "homarus.ui.json5").read_text()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("gateway.port", "abc", "whole number"),
        ("gateway.prot", 1, "not a setting"),
        ("gateway.bind", "lan", "not followed"),
        ("discovery.mdns.mode", "minimal", "does not use"),
        ("gateway", 7, "an object"),
        ("gateway.port.x", 1, "a whole number"),
        ("models.providers.p.models[0].id", "n", "inside a list"),
        ("gateway.maxBodyMb", float("nan"), "JSON"),
        ("models.providers.p.apiKey", "${NOPE}", "NOPE"),
        ("", 1, "not the name"),
    ],
)
def test_a_change_that_does_not_fit_is_refused_and_not_written(
    home: Path, configuration: Configuration, key: str, value: Json, words: str
) -> None:
    with pytest.raises(HomarusError) as caught:
        configuration.set(key, value, by="cli")

    assert words in caught.value.message
    assert caught.value.hint
    assert not (home / "homarus.ui.json5").exists()


def test_a_name_with_dots_and_slashes_is_written_in_quotes(configuration: Configuration) -> None:
    configuration.set('agents.defaults.models["p/m-2.5"].alias', "Quick", by="cli")

    assert configuration.current.agents.defaults.models["p/m-2.5"].alias == "Quick"


def test_a_broken_own_file_is_named_and_not_overwritten(home: Path, configuration: Configuration) -> None:
    (home / "homarus.ui.json5").write_text("{broken")

    with pytest.raises(HomarusError):
        configuration.set("gateway.port", 6000, by="cli")

    assert (home / "homarus.ui.json5").read_text() == "{broken"


def test_a_value_tells_where_it_comes_from_and_what_else_it_could_be(configuration: Configuration) -> None:
    (row,) = configuration.value("gateway.port")

    assert (row.value, row.default, row.is_set) == (5000, 4667, True)
    assert str(row.where).endswith("homarus.json5:3:13")
    assert row.description
    assert row.kind == "a whole number from 1 to 65535"


def test_a_section_gives_all_its_settings(configuration: Configuration) -> None:
    assert {row.key for row in configuration.value("tools.web.fetch")} == {"tools.web.fetch.maxChars"}
    assert len(configuration.value("gateway.rateLimit")) == 3


def test_an_unknown_value_names_the_nearest(configuration: Configuration) -> None:
    with pytest.raises(NotFoundError) as caught:
        configuration.value("gateway.prot")

    assert "gateway.port" in caught.value.hint


def test_no_secret_can_be_read_back(configuration: Configuration) -> None:
    everything = json.dumps([dump(row) for row in configuration.listing()])

    assert "sk-very-secret" not in everything
    (row,) = configuration.value("models.providers.p.apiKey")
    assert row.is_secret
    assert row.is_set


def test_every_listed_key_can_be_asked_for(configuration: Configuration) -> None:
    assert all(configuration.value(row.key) for row in configuration.listing())


async def test_an_edit_is_noticed_and_told(home: Path, configuration: Configuration) -> None:
    told = anyio.Event()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: configuration.watch(lambda _: told.set(), poll_s=0.01))
            (home / "homarus.json5").write_text("{gateway: {port: 7000}}")
            await told.wait()
            tasks.cancel_scope.cancel()

    assert configuration.current.gateway.port == 7000


async def test_a_bad_edit_is_told_and_changes_nothing(home: Path, configuration: Configuration) -> None:
    told = anyio.Event()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: configuration.watch(lambda _: told.set(), poll_s=0.01))
            (home / "homarus.json5").write_text("{gateway: {port: 'abc'}}")
            await told.wait()
            tasks.cancel_scope.cancel()

    assert configuration.current.gateway.port == 5000
    assert configuration.standing is not Standing.FILES


async def test_a_change_by_command_is_told_too(configuration: Configuration) -> None:
    told = anyio.Event()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: configuration.watch(lambda _: told.set(), poll_s=0.01))
            await anyio.lowlevel.checkpoint()
            configuration.set("gateway.port", 6000, by="web")
            await told.wait()
            tasks.cancel_scope.cancel()


def test_there_is_nothing_to_undo_at_first(configuration: Configuration) -> None:
    with pytest.raises(NotFoundError):
        configuration.undo(by="cli")


def test_a_list_inside_is_set_as_a_whole(configuration: Configuration) -> None:
    with pytest.raises(UsageError):
        configuration.set("tools.deny[0]", "shell.run", by="cli")

    configuration.set("tools.deny", ["shell.run"], by="cli")
    assert configuration.current.tools.deny == ("shell.run",)
