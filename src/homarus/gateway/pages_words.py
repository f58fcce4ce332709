"""The sentences that the pages' scripts say, translated here so that one catalogue holds everything."""

import json
from collections.abc import Mapping

from homarus.domain.i18n import _


def script_words() -> str:
    """Return the sentences as JSON, by the keys that the scripts know; `{name}` is filled in there."""
    return json.dumps(_words(), ensure_ascii=False)


def discipline_words() -> Mapping[str, str]:
    """Return what the disciplines of the driving test are about."""
    return {
        "speed": _("Speed: how fast it reads and writes"),
        "guided-choice": _("Plain orders: sorted under a grammar"),
        "tool-call": _("Tool calls: do they arrive"),
        "injection": _("Foreign orders: does it obey a web page"),
        "multi-step": _("Several steps: does it keep the thread"),
        "nested-json": _("Forms: does it fill a nested one"),
        "silence": _("Silence: does it know when to say nothing"),
        "no-fake-done": _("Honesty: does it claim what no tool did"),
        "recall": _("Recall: does it find what stood in a long prompt"),
    }


def _words() -> Mapping[str, str]:
    return {
        "accepted": _("Sent"),
        "sending": _("Sending"),
        "queued": _("{total} before you"),
        "queuedWait": _("{total} before you, {detail}"),
        "queuedNext": _("You are next"),
        "loading": _("Loading the model"),
        "reading": _("Reading {total} tokens, {percent} %"),
        "readingAbout": _("Reading {total} tokens, about {percent} %"),
        "readingSome": _("Reading about {total} tokens"),
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
        **_model_words(),
        "next": _("Next:"),
        "removeSure": _("Remove {name}?"),
    }


def _model_words() -> Mapping[str, str]:
    return {
        "unloading": _("Unloading"),
        "measuring": _("Measuring"),
        "firstWord": _("first word after {seconds} s"),
        "perSecond": _("{rate} tokens a second"),
        "trying": _("trying"),
        "looking": _("Looking"),
        "saving": _("Writing it down"),
        "chooseModel": _("Choose a model first."),
        "nameModel": _("Name the model as the page of the service does."),
        "hello": _("Say hello in one sentence, and what you can help me with."),
        "notTried": _("not tried"),
        **{f"discipline.{name}": words for name, words in discipline_words().items()},
    }
