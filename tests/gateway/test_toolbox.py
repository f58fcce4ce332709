"""Which tools agents are offered: those that have nowhere to write to are not even loaded."""

import sys
from pathlib import Path

import pytest

from homarus.domain.settings import Settings
from homarus.gateway.discover import discover
from homarus.gateway.toolbox import Toolbox

pytestmark = pytest.mark.anyio
OF_MAIL = {"mail.draft", "mail.send", "calendar.reply"}


async def offered(home: Path, settings: Settings) -> set[str]:
    return set((await Toolbox(discover(home), lambda: settings).offer()).tools)


async def test_without_an_account_there_is_no_tool_that_writes_mails(tmp_path: Path) -> None:
    assert not OF_MAIL & await offered(tmp_path, Settings())


async def test_with_a_mailbox_there_are(tmp_path: Path) -> None:
    settings = Settings.model_validate({"sources": {"work": {"kind": "imap", "host": "127.0.0.1"}}})
    names = await offered(tmp_path, settings)

    assert names >= OF_MAIL
    assert "social.post" not in names
    assert "homarus.tools.mail" in sys.modules
