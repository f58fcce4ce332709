"""How values look on pages: times, sizes, counts, addresses, and the words of models and of the house."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from homarus.domain.acts import Receipt
from homarus.domain.content import Json
from homarus.domain.i18n import _, ngettext
from homarus.domain.times import in_words
from homarus.domain.turns import Reply
from homarus.gateway.pages_markdown import html_of
from homarus.gateway.pages_words import discipline_words
from homarus.policy.show import arguments_shown, visible

if TYPE_CHECKING:
    from markupsafe import Markup

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_WEEK = 7 * _DAY
_KILO = 1000
_TEN = 10
_MIB, _GIB = 1 << 20, 1 << 30
_SHORT_MS = 1000
_MIN_TOKENS, _MIN_GENERATION_MS = 4, 20
"""Below this a speed would be a guess."""


def ago(when: datetime) -> str:
    """Return a time as a person says it; the exact one stands beside it on hover."""
    seconds = (datetime.now(UTC) - when).total_seconds()
    if seconds < _MINUTE:
        return _("just now")
    if seconds < _HOUR:
        return _("{count} min ago").format(count=int(seconds // _MINUTE))
    if seconds < _DAY:
        return _("{count} h ago").format(count=int(seconds // _HOUR))
    days = int(seconds // _DAY)
    if seconds < _WEEK:
        return ngettext("{count} day ago", "{count} days ago", days).format(count=days)
    return f"{when:%Y-%m-%d}"


def soon(when: datetime) -> str:
    """Return a time that comes as a person says it."""
    seconds = max((when - datetime.now(UTC)).total_seconds(), 0.0)
    if seconds < _HOUR:
        return _("in {count} min").format(count=int(seconds // _MINUTE) + 1)
    if seconds < _DAY:
        return _("in {count} h").format(count=round(seconds / _HOUR))
    days = round(seconds / _DAY)
    return ngettext("in {count} day", "in {count} days", days).format(count=days)


def clock(when: datetime) -> str:
    """Return the exact time, in the machine's zone."""
    return in_words(when.astimezone().replace(microsecond=0))


def zoned(when: datetime) -> str:
    """Return the exact time as clocks show it in its own zone."""
    return in_words(when.replace(microsecond=0))


def hour(when: datetime) -> str:
    """Return the time of day with seconds, in the machine's zone."""
    return f"{when.astimezone():%H:%M:%S}"


def iso(when: datetime) -> str:
    """Return a time for machines."""
    return when.isoformat()


def size(count: float) -> str:
    """Return bytes as a person reads them."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < _KILO:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"  # noqa: PLR2004
        amount /= _KILO
    return f"{amount:.1f} GB"


def tokens(count: int) -> str:
    """Return a number of tokens, short."""
    return str(count) if count < _KILO else f"{count / _KILO:.1f}k".replace(".0k", "k")


def duration(milliseconds: float) -> str:
    """Return a duration in its human unit."""
    if milliseconds < _SHORT_MS:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / _SHORT_MS
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes < _MINUTE else f"{minutes // _MINUTE} h {minutes % _MINUTE} min"


def speed(reply: Reply) -> str:
    """Return tokens per second of a reply, empty where tools or fallbacks make it a guess."""
    timings, written = reply.timings, reply.usage.completion_tokens
    spent_ms = timings.total_ms - timings.queue_ms - timings.first_token_ms - timings.overhead_ms
    if reply.receipts or written < _MIN_TOKENS or spent_ms < _MIN_GENERATION_MS or not timings.first_token_ms:
        return ""
    return _("{speed:.0f} tok/s").format(speed=written / spent_ms * _SHORT_MS)


def exact(arguments: Json) -> str:
    """Return arguments whole, with whatever cannot be seen written out."""
    return arguments_shown(arguments)


def value(setting: Json) -> str:
    """Return the value of a setting as it would be typed."""
    if setting is None:
        return ""
    return setting if isinstance(setting, str) else arguments_shown(setting).replace("\n", " ")


def outcome(receipt: Receipt) -> str:
    """Return what became of a call, in a word."""
    words = {"done": _("done"), "failed": _("failed"), "refused": _("refused"), "unknown": _("unknown")}
    return words[receipt.outcome.value]


def prose(text: str) -> "Markup":
    """Return what a model wrote, as safe HTML."""
    from markupsafe import Markup

    return Markup(html_of(text))  # noqa: S704 - cleaned by two nets, see pages_markdown


def house(text: str) -> "Markup":
    """Return a sentence of the house; what stands between backticks is a command."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    shown = [Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)]
    return Markup("").join(shown)


def priority(word: str) -> str:
    """Return who asks a model, as a person says it."""
    words = {
        "person": _("you"),
        "follow-up": _("what you approved"),
        "job": _("a job"),
        "heartbeat": _("a regular look"),
        "swarm": _("work in the background"),
    }
    return words.get(word, word)


def memory(count: float) -> str:
    """Return bytes of memory as machines are sold: in powers of two."""
    return f"{count / _GIB:.1f} GiB" if count >= _GIB else f"{count / _MIB:.0f} MiB"


def pace(rate: float) -> str:
    """Return tokens per second, as exact as such a figure can be."""
    return f"{rate:.1f}" if rate < _TEN else f"{rate:.0f}"


def discipline(name: str) -> str:
    """Return what a discipline of the driving test is about."""
    return discipline_words().get(name, name)


FILTERS: Mapping[str, Callable[..., object]] = cast(
    "Mapping[str, Callable[..., object]]",
    {
        "ago": ago,
        "clock": clock,
        "soon": soon,
        "zoned": zoned,
        "hour": hour,
        "iso": iso,
        "size": size,
        "tokens": tokens,
        "duration": duration,
        "speed": speed,
        "exact": exact,
        "value": value,
        "outcome": outcome,
        "prose": prose,
        "house": house,
        "visible": visible,
        "priority": priority,
        "discipline": discipline,
        "pace": pace,
        "memory": memory,
    },
)
