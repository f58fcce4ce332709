"""The sentences that the pages' scripts say, translated here so that one catalogue holds everything."""

import json
from collections.abc import Mapping

from homarus.domain.i18n import _


def script_words() -> str:
    """Return the sentences as JSON, by the keys that the scripts know; `{name}` is filled in there."""
    return json.dumps(_words(), ensure_ascii=False)


def _words() -> Mapping[str, str]:
    return {
        "accepted": _("Sent"),
        "sending": _("Sending"),
        "queued": _("{total} before you"),
        "queuedWait": _("{total} before you, {detail}"),
        "queuedNext": _("You are next"),
        "loading": _("Loading the model"),
        "reading": _("Reading {total} tokens, {percent} %"),
        "readingPlain": _("Reading"),
        "readingCompaction": _("Summing up what came before"),
        "tool": _("Running {detail}"),
        "approval": _("Waits for your answer: {detail}"),
        "thinking": _("Thinking"),
        "writing": _("Writing"),
        "lost": _("Connection lost. Reconnecting"),
        "stopping": _("Stopping"),
        "done": _("done"),
        "failed": _("failed"),
        "refused": _("refused"),
        "unknown": _("unknown"),
        "copy": _("Copy"),
        "copied": _("Copied"),
        "remove": _("Remove"),
        "tooLarge": _("{name} is larger than {limit}. Attach something smaller."),
        "notReadable": _("{name} is neither text nor a picture. Attach text, PNG, JPEG, WebP or GIF."),
        "unreachable": _("The gateway does not answer. Start it again: homarus up"),
        "reminder": _("Reminder: {text}"),
        "pickedTheme": _("Colours: {name}"),
        "system": _("as the system"),
        "light": _("light"),
        "dark": _("dark"),
        "pasted": _("Pasted picture"),
        "pastedText": _("Pasted text"),
    }
