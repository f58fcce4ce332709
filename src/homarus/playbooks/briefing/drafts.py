"""Answers written for the owner: saved as drafts, never sent, and without figures that are not in the mail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from homarus.domain.content import JsonObject
from homarus.domain.errors import HomarusError
from homarus.domain.findings import Claim, ClaimState, EffectState, Level, Missing
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE, OWNER
from homarus.domain.playbooks import House, LimitReachedError
from homarus.domain.speaking import Material
from homarus.playbooks.briefing.days import Slot
from homarus.playbooks.briefing.morning import Saved
from homarus.playbooks.briefing.settings import Settings
from homarus.playbooks.briefing.triage import Kind, Sorting

_FIGURE = re.compile(r"\d[\d.,:/-]*\d|\d")
_LINK = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w.-]+\.\w+", re.IGNORECASE)
_ASKED_CHARS = 2_500
_SHORTEST = 20
_TEMPLATES = {
    "de": "Hallo {name},\n\nvielen Dank für deine Nachricht. Zu „{quote}“:\n\n[deine Antwort]\n\n{end}",
    "en": "Hello {name},\n\nthank you for your message. About “{quote}”:\n\n[your answer]\n\n{end}",
}
"""In the language of the mail that they answer, whatever the owner's is."""
_ENDS = {"de": "Viele Grüße", "en": "Best regards"}


class Answer(BaseModel):
    """The text of an answer."""

    text: str = Field(max_length=4_000)
    """The answer, from greeting to ending, in the language of the mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What an answer says, and who wrote it."""

    text: str
    by: str = ""
    because: str = ""


def chosen(mails: Sequence[Sorting], most: int) -> tuple[Sorting, ...]:
    """Return the mails to answer: one of a thread, written by people, without invitations and without orders."""
    found: dict[str, Sorting] = {}
    for one in mails:
        seen = one.features
        is_answerable = bool(seen.question) and not (seen.is_automatic or seen.orders or seen.has_invite)
        if one.kind in {Kind.URGENT, Kind.REPLY} and is_answerable and len(found) < most:
            found.setdefault(one.letter.thread, one)
    return tuple(found.values())


async def save(house: House[Settings], mails: Sequence[Sorting], free: Sequence[Slot]) -> tuple[Saved, ...]:
    """Write an answer to each of these mails and save it as a draft."""

    async def one_draft(one: Sorting) -> Saved:
        return await _saved(house, one, await _written(house, one, free))

    found: list[Saved] = []
    for one, answer in zip(
        mails, await house.parallel([(lambda one=one: one_draft(one)) for one in mails]), strict=True
    ):
        if isinstance(answer, Saved):
            found.append(answer)
        else:
            what = _("draft to {who}").format(who=one.letter.sender)
            hint = answer.hint if isinstance(answer, HomarusError) else ""
            house.miss(Missing(what=what, because=str(answer), hint=hint))
    return tuple(found)


async def _written(house: House[Settings], one: Sorting, free: Sequence[Slot]) -> _Text:
    if house.is_degraded:
        return _template(house, one, because="")
    slots = "\n".join(f"{slot.start:%A %d %B %H:%M} to {slot.end:%H:%M}" for slot in free)
    mail = Material(
        name="the mail", text=f"{one.letter.subject}\n\n{one.letter.text[:_ASKED_CHARS]}", label=one.letter.label
    )
    times = Material(name="free times", text=slots or "none", label=HOUSE)
    tones = [
        Material(name=f"tone {at}", text=text[:1_000], label=OWNER)
        for at, text in enumerate(house.settings.tone[:3], 1)
    ]
    try:
        answered = await house.agent(
            f"draft:{one.letter.key}",
            "Write the owner's answer to this mail, short, in its language, in the tone of the owner's own mails. "
            "Promise nothing and name no figure, day or address that is not in the mail or among the free times; "
            "where the owner must decide, leave a gap in square brackets.",
            shape=Answer,
            role="secretary",
            said=_("Draft to {who}").format(who=one.letter.sender),
            material=[mail, times, *tones],
            model=house.settings.model or None,
        )
    except LimitReachedError:
        raise
    except HomarusError as error:
        return _template(house, one, because=error.message)
    text = answered.value.text.strip()
    wrong = unsupported(text, f"{mail.text}\n{slots}\n{house.settings.signature}")
    if wrong or len(text) < _SHORTEST:
        because = _("The model wrote {wrong}, which is not in the mail.").format(wrong=wrong or "…")
        claim = Claim(claim_id="", text=text, state=ClaimState.REJECTED, because=because, by="secretary")
        await house.claim(f"draft:{one.letter.key}:checked", [claim])
        return _template(house, one, because=because)
    return _Text(text=text, by=answered.model)


def unsupported(text: str, source: str) -> str:
    """Return the first figure or address of a text that is not in its source; nothing when all are."""
    links = [found.rstrip(".,;:)") for found in _LINK.findall(text)]
    figures = _FIGURE.findall(_LINK.sub(" ", text))
    known = set(_FIGURE.findall(source))
    lost = [link for link in links if link not in source] + [each for each in figures if each not in known]
    return lost[0] if lost else ""


def _template(house: House[Settings], one: Sorting, *, because: str) -> _Text:
    language = one.features.language
    name = one.letter.sender.split("@")[0].split()[0] if one.letter.sender.split() else ""
    end = house.settings.signature or _ENDS[language]
    text = _TEMPLATES[language].format(name=name, quote=one.features.question or one.because, end=end)
    return _Text(text=text, because=because)


async def _saved(house: House[Settings], one: Sorting, written: _Text) -> Saved:
    letter = one.letter
    subject = letter.subject if letter.subject.lower().startswith(("re:", "aw:")) else f"Re: {letter.subject}"
    to = _recipient(one)
    state, because = "draft", written.because
    if not house.settings.sample and letter.item.url.startswith("imap:"):
        arguments: JsonObject = {
            "account": letter.account,
            "to": to,
            "subject": subject,
            "body": written.text,
            "in_reply_to": letter.word("message_id"),
            "references": " ".join((*letter.words("references"), letter.word("message_id"))),
        }
        effect = await house.effect(f"save:{letter.key}", "mail.draft", arguments, target=to, level=Level.SELF)
        state = effect.state.value
        if effect.state in {EffectState.FAILED, EffectState.REFUSED, EffectState.UNKNOWN}:
            house.miss(Missing(what=_("draft to {who}").format(who=to), because=effect.because or state))
            because = effect.because
    return Saved(key=letter.key, to=to, subject=subject, text=written.text, state=state, by=written.by, because=because)


def _recipient(one: Sorting) -> str:
    """Return whom an answer goes to: another address than the sender's only where it is of the same domain."""
    wanted, sender = one.letter.word("reply_to"), one.letter.address
    return wanted if wanted and wanted.partition("@")[2] == sender.partition("@")[2] else sender
