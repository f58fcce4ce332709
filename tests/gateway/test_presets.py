"""Three answers to "what may it do", as settings."""

import itertools

import pytest

from homarus.domain.settings import Settings
from homarus.gateway.configure import Configuration
from homarus.gateway.presets import Preset, cards, changes, current
from homarus.policy.commands import is_safe


def test_each_preset_is_told_and_one_is_recommended() -> None:
    assert [card.name for card in cards()] == list(Preset)
    assert [card.name for card in cards() if card.is_recommended] == [Preset.ASK]


def test_without_settings_it_reads_and_asks_first() -> None:
    assert current(Settings()) is Preset.ASK
    assert changes(Settings(), Preset.ASK) == {}


@pytest.mark.parametrize(("first", "then"), list(itertools.permutations(Preset, 2)))
def test_every_preset_leads_to_every_other(configuration: Configuration, first: Preset, then: Preset) -> None:
    for preset in (first, then):
        for key, value in changes(configuration.current, preset).items():
            configuration.set(key, value, by="cli")
        assert current(configuration.current) is preset
        assert changes(configuration.current, preset) == {}


def test_what_the_owner_forbade_stays_forbidden(configuration: Configuration) -> None:
    configuration.set("tools.deny", ["shell.run", "*"], by="cli")

    assert changes(configuration.current, Preset.ASK) == {"tools.deny": ["shell.run"]}


def test_programs_that_run_without_asking_run_nothing_else() -> None:
    named = changes(Settings(), Preset.MORE)["tools.exec.safeBins"]

    assert isinstance(named, list)
    assert all(is_safe(f"{name} notes.md", frozenset(map(str, named))) for name in named)
