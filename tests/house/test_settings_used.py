"""A setting that nothing reads is a lie to its owner."""

import ast

import pytest
from pydantic import BaseModel

from homarus.domain import settings
from house.source import Source

COUNTED_LATER = {"cost", "input", "output", "cache_read", "cache_write"}
"""Prices are taken from people's files and shown; what a turn cost is not added up yet."""


def _fields() -> list[str]:
    sections = [
        kind
        for kind in vars(settings).values()
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind.__module__ == settings.__name__
    ]
    return sorted({name for section in sections for name in section.model_fields})


@pytest.mark.parametrize("name", [name for name in _fields() if name not in COUNTED_LATER])
def test_every_setting_is_read_somewhere(name: str, package: list[Source]) -> None:
    readers = [
        source.name
        for source in package
        if source.name != "src/homarus/domain/settings.py" and "/state/config/" not in source.name
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Constant) and node.value == name)
    ]

    assert readers
