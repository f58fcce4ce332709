"""What every channel owes the house, read from its class; `channel_suite` looks at what people on the other side see.

@pytest.mark.parametrize("claim", channel_shape.CLAIMS, ids=lambda claim: claim.__name__)
def test_my_channel_conforms(claim):
    claim(MyChannel)
"""

import inspect
import re
from typing import Any, get_type_hints

from pydantic import BaseModel

from homarus.domain.marks import ChannelMark, mark_of

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COMMON = frozenset({"enabled", "owner", "allow_from", "allowFrom", "agent", "dm_policy", "group_allow_from"})
Class = type[Any]


def _mark(channel: Class) -> ChannelMark:
    mark = mark_of(channel)
    assert isinstance(mark, ChannelMark), "put @channel(...) above it"
    return mark


def its_name_can_be_a_key(channel: Class) -> None:
    """Its section of the configuration is `channels.<name>`."""
    assert _NAME.fullmatch(_mark(channel).name), "lower case letters, digits and dashes"


def its_settings_are_a_model(channel: Class) -> None:
    """A pydantic model, with nothing that every channel has already."""
    settings = _mark(channel).settings
    assert issubclass(settings, BaseModel), "`settings` is a pydantic model"
    taken = sorted(_COMMON & set(settings.model_fields))
    assert not taken, f"{taken} mean the same for every channel; name yours otherwise"


def its_settings_are_explained(channel: Class) -> None:
    """A docstring under each field: the reference and the pages show it."""
    fields = _mark(channel).settings.model_fields
    bare = [name for name, field in fields.items() if not field.description]
    assert not bare, f"{bare} need a docstring below (and `use_attribute_docstrings=True` in model_config)"


def it_is_built_with_its_settings(channel: Class) -> None:
    """And with nothing else."""
    needed = [one for one in list(inspect.signature(channel).parameters.values()) if one.default is one.empty]
    assert len(needed) == 1, "__init__ takes the settings and nothing else"


def it_says_whether_it_knows_keys(channel: Class) -> None:
    """`has_keys` decides what becomes of a send that was cut off."""
    assert hasattr(channel, "has_keys") or "has_keys" in get_type_hints(channel), "add `has_keys`"
    assert not inspect.isfunction(getattr(channel, "has_keys", None)), "`has_keys` is a property"


def it_receives_one_by_one(channel: Class) -> None:
    """The next message is asked for when the last is written down."""
    assert inspect.isasyncgenfunction(getattr(channel, "receive", None)), "`async def receive(self)` with `yield`"


def it_sends_with_a_key(channel: Class) -> None:
    """`send(reply, *, to, idempotency_key)`."""
    send = getattr(channel, "send", None)
    assert inspect.iscoroutinefunction(send), "`async def send(self, reply, *, to, idempotency_key)`"
    missing = {"to", "idempotency_key"} - set(inspect.signature(send).parameters)
    assert not missing, f"`send` takes {sorted(missing)} as well"


def it_can_be_asked_how_it_is(channel: Class) -> None:
    """`homarus doctor` does."""
    assert inspect.iscoroutinefunction(getattr(channel, "probe", None)), "`async def probe(self) -> Health`"


CLAIMS = (
    its_name_can_be_a_key,
    its_settings_are_a_model,
    its_settings_are_explained,
    it_is_built_with_its_settings,
    it_says_whether_it_knows_keys,
    it_receives_one_by_one,
    it_sends_with_a_key,
    it_can_be_asked_how_it_is,
)
