"""Who is answered: by an id that nobody can choose, and by nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.parts import inbound
from homarus.domain.content import Text
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.labels import HOUSE, OWNER, Label, Origin, Reach
from homarus.domain.turns import Inbound
from homarus.gateway.channel_settings import ChannelSettings
from homarus.gateway.senders import KnownAgents, admitted

HERE = KnownAgents(agents=frozenset({AgentId("main"), AgentId("work")}), default_agent=AgentId("main"))
KNOWN = ChannelSettings.model_validate({"owner": [7, "max"], "allowFrom": ["lena", "pigeon:9", "*"]})


def message(sender: str, **more: object) -> Inbound:
    return replace(inbound(), channel="pigeon", sender=sender, **more)


def taken(sender: str, settings: ChannelSettings = KNOWN, **more: object) -> Inbound | None:
    return admitted(message(sender, **more), channel="pigeon", settings=settings, house=HERE)


def origin(sender: str, *, sender_name: str = "") -> Origin | None:
    found = taken(sender, sender_name=sender_name)
    return found.label.origin if found else None


@pytest.mark.parametrize(
    ("sender", "who"),
    [("7", Origin.OWNER), ("max", Origin.OWNER), ("lena", Origin.ALLOWED), ("9", Origin.ALLOWED),
     ("", None), ("*", None), ("Lena", None), ("lena ", None), ("mallory", None)],
)  # fmt: skip
def test_an_id_is_compared_letter_by_letter(sender: str, who: Origin | None) -> None:
    assert origin(sender) is who


@given(st.text(), st.text())
def test_a_name_that_is_shown_changes_nothing(sender: str, shown: str) -> None:
    assert origin(sender, sender_name=shown) is origin(sender)


@given(st.text())
def test_nobody_is_known_where_nobody_is_named(sender: str) -> None:
    assert taken(sender, ChannelSettings(), label=OWNER) is None


def test_what_a_channel_says_of_the_sender_is_not_believed() -> None:
    found = taken("lena", label=OWNER, attachments=(Text(text="orders", label=HOUSE),))
    assert found is not None
    assert found.label == Label(origin=Origin.ALLOWED, source="pigeon lena")
    assert [part.label.origin for part in found.attachments] == [Origin.FILE]


def test_how_far_words_may_go_is_kept() -> None:
    found = taken("max", label=Label(origin=Origin.ALLOWED, reach=Reach.LOCAL_ONLY))
    assert found is not None
    assert found.label == Label(origin=Origin.OWNER, reach=Reach.LOCAL_ONLY)


@pytest.mark.parametrize(
    ("session", "agent", "becomes"),
    [
        ("agent:main:pigeon:loft", "main", "agent:main:pigeon:loft"),
        ("agent:main:main", "main", "agent:main:pigeon:lena"),
        ("agent:main:pigeon:", "main", "agent:main:pigeon:lena"),
        ("agent:nobody:pigeon:loft", "nobody", "agent:main:pigeon:loft"),
        ("", "work", "agent:work:pigeon:lena"),
    ],
)
def test_nobody_gets_into_another_conversation(session: str, agent: str, becomes: str) -> None:
    found = taken("lena", session=SessionKey(session), agent=AgentId(agent))
    assert found is not None
    assert found.session == becomes


def test_the_agent_of_the_settings_answers() -> None:
    settings = ChannelSettings.model_validate({"owner": "lena", "agent": "work"})
    found = taken("lena", settings, session=SessionKey("agent:main:pigeon:loft"))
    assert found is not None
    assert (found.agent, found.session) == ("work", "agent:work:pigeon:loft")
