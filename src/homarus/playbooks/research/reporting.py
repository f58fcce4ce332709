"""What the owner reads in the morning: new, changed, unchanged, failed; every line with its source."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import ActionItem, Artifact, Missing, Report
from homarus.domain.i18n import _
from homarus.domain.sources import Item
from homarus.playbooks.research.claims import Cited
from homarus.playbooks.research.collecting import Doc, PartRead
from homarus.playbooks.research.records import Change, Turn

_MOST_ACTIONS = 5
_MOST_IN_MESSAGE = 6
_MESSAGE_CHARS = 1_400
_MOST_LISTED = 60
_WORTH_DOING = frozenset({"price", "availability", "currency"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Texts that say nearly the same; one of them is read."""

    first: Doc
    others: tuple[Doc, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that a report is made of."""

    at: datetime
    is_sample: bool
    is_degraded: bool
    is_partial: bool
    parts: int
    read: tuple[PartRead, ...]
    stories: tuple[Story, ...]
    cited: tuple[Cited, ...]
    new_places: tuple[Item, ...]
    summary: str
    summary_rejected: int
    unread: int
    facts: int
    has_second_model: bool

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, those first that could not be reported earlier."""
        return tuple(change for one in self.read for change in (*one.earlier, *one.changes))

    @property
    def failed(self) -> tuple[PartRead, ...]:
        """What could not be read."""
        return tuple(one for one in self.read if one.error)

    @property
    def printed(self) -> tuple[Cited, ...]:
        """Claims that hold, one quotation once."""
        return tuple({(one.doc.sha256, one.quote): one for one in self.cited if one.state != "rejected"}.values())

    @property
    def rejected(self) -> tuple[Cited, ...]:
        """Claims that nothing supports."""
        return tuple(one for one in self.cited if one.state == "rejected")


def of_turn(found: Found, *turns: Turn, significant: bool = True) -> list[Change]:
    """Return the changes of these kinds, largest first."""
    changes = [one for one in found.changes if one.turn in turns and one.is_significant is significant]
    return sorted(changes, key=lambda one: (one.what not in _WORTH_DOING, -abs(one.percent or 0.0), one.title))


def report_of(found: Found, *, artifacts: Sequence[Artifact] = ()) -> Report:
    """Return the report of what is known, be it all or not."""
    new, changed, gone = (of_turn(found, turn) for turn in (Turn.NEW, Turn.CHANGED, Turn.GONE))
    summary = _in_one_sentence(found, len(new), len(changed), len(gone))
    return Report(
        title=_title(found),
        summary=summary,
        text="\n".join(_text(found, summary)),
        message=_message(found, summary),
        actions=tuple(_actions(changed + gone)),
        artifacts=tuple(artifacts),
        missing=tuple(_missing(found)),
        tiles={
            _("new"): str(len(new)),
            _("changed"): str(len(changed) + len(gone)),
            _("claims with source"): str(len(found.printed)),
            _("sources failed"): str(len(found.failed)),
        },
        is_partial=found.is_partial,
        is_degraded=found.is_degraded,
        facts_used=found.facts,
        rejected=len(found.rejected) + found.summary_rejected,
        fields=_fields(found),
    )


def _title(found: Found) -> str:
    title = _("Research, {day}").format(day=found.at.strftime("%Y-%m-%d"))
    return _("Sample data: {title}").format(title=title) if found.is_sample else title


def _in_one_sentence(found: Found, new: int, changed: int, gone: int) -> str:
    read = len(found.read) - len(found.failed)
    words = _("{new} new, {changed} changed, {gone} gone; {read} of {parts} sources read, {failed} failed.").format(
        new=new, changed=changed, gone=gone, read=read, parts=found.parts, failed=len(found.failed)
    )
    if firsts := sum(one.is_first and not one.error for one in found.read):
        words += " " + _("{firsts} were read for the first time: from now on they are compared.").format(firsts=firsts)
    return words


def _text(found: Found, summary: str) -> Iterable[str]:
    yield f"# {_title(found)}"
    yield ""
    yield from _cautions(found)
    yield summary
    if found.summary:
        yield ""
        yield found.summary
    yield from _section(_("New since the last reading"), map(line_of, of_turn(found, Turn.NEW)))
    yield from _section(_("Changed"), map(line_of, of_turn(found, Turn.CHANGED)))
    yield from _section(_("Gone"), map(line_of, of_turn(found, Turn.GONE)))
    yield from _section(_("What is said"), (_said(one) for one in found.printed if not one.is_extract))
    yield from _section(
        _("Extracts, chosen by words and by no model"), (_said(one) for one in found.printed if one.is_extract)
    )
    yield from _section(_("Mood, from quotations only"), _moods(found.printed))
    yield from _section(_("The same story elsewhere"), _elsewhere(found))
    yield from _section(_("Found on sites beyond your list, not read"), map(_place_line, found.new_places))
    yield from _section(_("Could not be read"), (f"{one.part.name}: {one.error}" for one in found.failed))
    yield from _section(_("How this was made"), _how(found))


def _cautions(found: Found) -> Iterable[str]:
    if found.is_partial:
        yield _("**Not finished:** the time or the budget was used up. {done} of {parts} sources were read.").format(
            done=len(found.read), parts=found.parts
        )
        yield ""
    if found.is_degraded:
        yield _(
            "**Without a model:** only the built-in one answers, so nothing is interpreted; sentences are extracts."
        )
        yield ""


def _section(title: str, lines: Iterable[str]) -> Iterable[str]:
    listed = list(lines)
    if not listed:
        return
    yield ""
    yield f"## {title}"
    yield ""
    yield from (f"- {line}" for line in listed[:_MOST_LISTED])
    if len(listed) > _MOST_LISTED:
        yield "- " + _("and {more} more, in the tables").format(more=len(listed) - _MOST_LISTED)


def line_of(change: Change, *, with_source: bool = True) -> str:
    """Return a change as one line."""
    title = _plain(change.title)
    line = {Turn.NEW: _new_line, Turn.GONE: _gone_line}.get(change.turn, _changed_line)(change, title)
    return f"{line} ({_link(change.url)})" if with_source and change.url else line


def _new_line(change: Change, title: str) -> str:
    after = _plain(change.after)
    match change.kind:
        case "price":
            return _("{title}: new, {after}").format(title=title, after=after)
        case "release":
            return _("{title}: release {after}").format(title=title, after=after)
        case "job":
            return _("Job: {title}, {after}").format(title=title, after=after)
        case _:
            return title


def _gone_line(change: Change, title: str) -> str:
    return _("{title}: gone (was {before})").format(title=title, before=_plain(change.before) or change.kind)


def _changed_line(change: Change, title: str) -> str:
    before, after = _plain(change.before), _plain(change.after)
    match change.what:
        case "price":
            return _("{title}: {before} -> {after} {unit} ({percent:+.1f} %)").format(
                title=title, before=before, after=after, unit=change.unit, percent=change.percent or 0.0
            )
        case "currency":
            return _("{title}: asked for in another currency, {before} -> {after}; amounts are not compared").format(
                title=title, before=before, after=after
            )
        case "text":
            return (
                _('{title}: now says "{after}"').format(title=title, after=after)
                if after
                else _("{title}: was edited").format(title=title)
            )
        case _:
            return _("{title}: {what} {before} -> {after}").format(
                title=title, what=change.what, before=before, after=after
            )


def _said(one: Cited) -> str:
    quote = _('"{quote}" - {source}').format(quote=_plain(one.quote), source=_link(one.doc.url))
    if one.state == "proven" and _plain(one.text).rstrip(".") == _plain(one.quote).rstrip("."):
        return _("{quote} [confidence: {confidence}]").format(quote=quote, confidence=_confidence(one))
    if one.state == "proven":
        return _("{claim} {quote} [confidence: {confidence}]").format(
            claim=_plain(one.text), quote=quote, confidence=_confidence(one)
        )
    return quote


def _confidence(one: Cited) -> str:
    return {"high": _("high"), "medium": _("medium")}.get(one.confidence, _("low"))


def _moods(printed: Sequence[Cited]) -> Iterable[str]:
    counted: dict[str, Counter[str]] = {}
    for one in printed:
        if one.mood != "none" and one.state == "proven":
            counted.setdefault(one.about or _("without a name"), Counter())[one.mood] += 1
    for about, moods in sorted(counted.items()):
        yield _("{about}: {good} good, {bad} bad").format(about=about, good=moods["good"], bad=moods["bad"])


def _elsewhere(found: Found) -> Iterable[str]:
    for story in found.stories:
        if story.others:
            places = ", ".join(_link(doc.url) for doc in story.others[:5])
            yield _("{title}: also at {places}").format(title=_plain(story.first.title), places=places)


def _place_line(item: Item) -> str:
    return f"{_plain(item.title)} ({_link(item.url)})"


def _how(found: Found) -> Iterable[str]:
    yield _("{unchanged} records are as they were; {small} changes were too small for a line.").format(
        unchanged=sum(one.unchanged for one in found.read),
        small=sum(not change.is_significant for change in found.changes),
    )
    yield _(
        "Every quotation occurs in what was read, letter by letter but for blanks, quotation marks and dashes. "
        "{rejected} claims were left out because nothing supported them."
    ).format(rejected=len(found.rejected) + found.summary_rejected)
    unheard = len({one.doc.sha256 for one in found.cited if one.is_extract})
    if unheard and not found.is_degraded:
        yield _("Of {unheard} texts no model said anything usable; their sentences are extracts.").format(
            unheard=unheard
        )
    if any(one.state == "proven" for one in found.cited):
        yield (
            _("Claims were read again by another model; confidence high means that it agreed.")
            if found.has_second_model
            else _("Claims were read again by the same model; set `verifier` for a second one.")
        )
    if found.unread:
        yield _("{unread} texts were left unread, `mostDocuments` is {most}.").format(
            unread=found.unread, most=len(found.stories) - found.unread
        )


def _message(found: Found, summary: str) -> str:
    lines = [_title(found)]
    lines += [_("Not finished in time.")] if found.is_partial else []
    lines += [_("Without a model: extracts only.")] if found.is_degraded else []
    lines.append(summary)
    changes = of_turn(found, Turn.CHANGED) + of_turn(found, Turn.GONE) + of_turn(found, Turn.NEW)
    lines += [f"- {line_of(change, with_source=False)}"[:160] for change in changes[:_MOST_IN_MESSAGE]]
    if len(changes) > _MOST_IN_MESSAGE:
        lines.append(_("and {more} more").format(more=len(changes) - _MOST_IN_MESSAGE))
    lines += [f'"{_plain(one.quote)}" - {_host(one.doc.url) or one.doc.source}'[:200] for one in found.printed[:2]]
    message = ""
    for line in lines:
        if len(message) + len(line) < _MESSAGE_CHARS:
            message += f"{line}\n"
    return message.strip()


def _actions(changes: Sequence[Change]) -> Iterable[ActionItem]:
    for change in [one for one in changes if one.what in _WORTH_DOING or one.turn is Turn.GONE][:_MOST_ACTIONS]:
        yield ActionItem(
            key=f"research:{change.key}:{change.what}:{change.after}",
            title=_("Look at {title}").format(title=_plain(change.title)),
            because=line_of(change, with_source=False),
            urgency=2,
            impact=3 if abs(change.percent or 0.0) >= 5 else 2,  # noqa: PLR2004 - a price that moved that far matters
            link=change.url,
        )


def _missing(found: Found) -> Iterable[Missing]:
    for one in found.read:
        yield from one.missing
        if one.error:
            yield Missing(what=one.part.name, because=one.error, hint=one.hint)


def _fields(found: Found) -> JsonObject:
    changes: list[Json] = [change.as_json() for change in found.changes if change.turn is not Turn.FIRST]
    claims: list[Json] = [one.as_json() for one in found.cited]
    return {"changes": changes, "claims": claims, "is_sample": found.is_sample}


def rows_of_changes(found: Found) -> str:
    """Return the changes as a table."""
    names = ("turn", "kind", "title", "what", "before", "after", "unit", "percent", "is_significant", "url", "found_at")
    rows = [change.as_json() for change in found.changes if change.turn is not Turn.FIRST]
    return _table(names, ([row[name] for name in names] for row in rows))


def rows_of_claims(found: Found) -> str:
    """Return the claims as a table, rejected ones with their reason."""
    names = ("state", "confidence", "text", "quote", "url", "snapshot", "because", "about", "mood")
    return _table(names, ([one.as_json()[name] for name in names] for one in found.cited))


def rows_of_parts(found: Found) -> str:
    """Return how each source is."""
    names = ("source", "kind", "part", "records", "unchanged", "error")
    rows = (
        [one.part.source, one.part.kind, one.part.name, one.records, one.unchanged, one.error] for one in found.read
    )
    return _table(names, rows)


def _table(names: Sequence[str], rows: Iterable[Sequence[Json]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Json) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    is_figure = text.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not is_figure else text


def _plain(text: str) -> str:
    """Return somebody else's words without what Markdown would make of them."""
    return " ".join(text.split()).translate(str.maketrans({"[": "(", "]": ")", "<": "(", ">": ")", "`": "'", "*": ""}))


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:  # what a feed calls an address may be none
        return ""


def _link(url: str) -> str:
    host = _host(url) or url
    safe = url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"[{_plain(host)}]({safe})" if url.startswith(("http://", "https://")) else _plain(url)
