"""The files that the house rules are held against."""

import pytest

from house.source import PACKAGE, ROOT, Source, read


@pytest.fixture(scope="session")
def package() -> list[Source]:
    """Every file of the product."""
    return [read(path) for path in sorted(PACKAGE.rglob("*.py"))]


@pytest.fixture(scope="session")
def everything(package: list[Source]) -> list[Source]:
    """Every Python file that we wrote."""
    folders = ("tests", "benchmarks", "scripts", "examples", "packaging")
    return [*package, *(read(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))]
