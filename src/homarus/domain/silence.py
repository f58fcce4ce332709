"""The words with which a model says that nothing is to be said; they are for the house, and for no reader."""

import re

SILENT = ("NO_REPLY", "HEARTBEAT_OK")
_TOKEN = rf"[*_`]*(?:{'|'.join(SILENT)})"
_AT_START = re.compile(rf"\A\s*{_TOKEN}(?!\w)[*_`]*[.!:]?\s*", re.IGNORECASE)
_AT_END = re.compile(rf"\s*(?<!\w){_TOKEN}[*_`]*[.!]?\s*\Z", re.IGNORECASE)


def without_tokens(text: str) -> str:
    """Return a text without these words at its ends; empty when that was all."""
    return _AT_END.sub("", _AT_START.sub("", text)).strip()
