"""A reply as a mail: in the conversation that it answers, plain and with simple HTML, and marked as a machine's."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from homarus.channels.email_settings import EmailSettings
from homarus.domain.i18n import _

_MOST_REFERENCES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The mail that is answered."""

    to: str
    subject: str
    message_id: str
    references: tuple[str, ...]


def written(text: str, answered: Answered, *, settings: EmailSettings, message_id: str) -> EmailMessage:
    """Return the mail."""
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((settings.name, settings.address))
    message["To"] = answered.to
    message["Subject"] = _subject(answered.subject)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id
    if answered.message_id:
        chain = (*answered.references, answered.message_id)
        kept = chain if len(chain) <= _MOST_REFERENCES else (chain[0], *chain[-_MOST_REFERENCES + 1 :])
        message["In-Reply-To"] = answered.message_id
        message["References"] = " ".join(dict.fromkeys(kept))
    message["Auto-Submitted"] = "auto-replied" if answered.message_id else "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text)
    message.add_alternative(html_of(text), subtype="html")
    return message


def html_of(text: str) -> str:
    """Return markdown as HTML that fetches nothing: no markup of its own, and no pictures."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(["image"])
    return f"<html><body>{parser.render(text)}</body></html>\n"


def _subject(subject: str) -> str:
    line = " ".join(subject.split()) or _("Your message")
    return line if line.casefold().startswith(("re:", "aw:", "sv:")) else f"Re: {line}"
