"""What is loaded later needs what its own rows say, and answers when it is first asked."""

import asyncio

import aiohttp
import pytest

from homarus.gateway.contents import LATER, at_start
from homarus.gateway.operations import Section
from homarus.gateway.pages import load_pages

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("section", LATER, ids=lambda section: section.module.rpartition(".")[2])
def test_the_contents_say_of_each_file_what_its_rows_say(section: Section) -> None:
    rows = section.operations()

    assert dict(section.needs) == {f"{row.method} {row.path}": row.need for row in rows}
    assert not rows or all(row not in at_start() for row in rows)


def test_every_page_names_a_function_that_is_there() -> None:
    load_pages()


async def test_two_who_ask_first_at_once_are_both_answered(owner: aiohttp.ClientSession) -> None:
    first, second = await asyncio.gather(owner.get("/api/v1/models/pins"), owner.get("/api/v1/models/pins"))

    assert (first.status, second.status) == (200, 200)
