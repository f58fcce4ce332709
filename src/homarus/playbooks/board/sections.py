"""The parts of a report in Markdown; words that came out of tables cannot become links, pictures or markup in it."""

from collections.abc import Sequence

from homarus.domain.content import JsonObject
from homarus.domain.i18n import _, ngettext
from homarus.playbooks.board.control import Control, Tally
from homarus.playbooks.board.evidence.stated import Stated
from homarus.playbooks.board.evidence.words import bare
from homarus.playbooks.board.held import Absent, Cluster, Held, Standing
from homarus.playbooks.board.map import word_of
from homarus.playbooks.board.reviewing import Ballot
from homarus.playbooks.board.tables.shapes import Found, Table
from homarus.playbooks.board.weighing import Minority, Recommendation, Verdict


def joined(*parts: str) -> str:
    """Return parts with an empty line between them; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    lines += [f"| {' | '.join(bare(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def verdict(verdict: Verdict, held: int, seats: int) -> str:
    """Return what the board says, in a few sentences."""
    told = _("{count} of {seats} experts gave an opinion, blindly and from different tables.").format(
        count=held, seats=seats
    )
    summary = bare(verdict.summary) if verdict.summary else _("The minutes could not be used; the ranking stands.")
    first = ""
    if verdict.recommendations:
        first = _("First: **{title}**").format(title=bare(verdict.recommendations[0].title))
    return joined(f"## {_('Verdict')}", first, summary, told)


def recommendations(listed: Sequence[Recommendation]) -> str:
    """Return what to do, the weightiest first."""
    if not listed:
        return ""
    head = [_("what"), _("first step"), _("who"), _("measured by"), _("look back on"), _("impact"), _("confidence")]
    head += [_("effort"), _("priority")]
    rows = [
        [
            f"{one.title} ({', '.join(one.experts)})",
            one.first_step,
            one.owner,
            _measured(one),
            one.review_on.isoformat(),
            f"{one.impact:g}",
            f"{one.confidence:.0%}",
            f"{one.effort:g}",
            f"{one.priority:g}",
        ]
        for one in listed
    ]
    how = _("Priority is impact x confidence / effort, of those who propose it.")
    return joined(f"## {_('What to do, in this order')}", table(head, rows), how)


def _measured(one: Recommendation) -> str:
    if one.metric is None:
        return _("nothing: it cannot be scored")
    way = _("up") if one.expect == "up" else _("down")
    return f"{one.metric.says}, {one.metric.value} {one.metric.unit} → {way}"


def disagreement(clusters: Sequence[Cluster], drawn: str) -> str:
    """Return the map as a table, and each dispute in words."""
    disputes: list[str] = []
    for cluster in clusters:
        if not cluster.is_disputed:
            continue
        disputes.append(f"- **{cluster.key}** {bare(cluster.text)}")
        no_reason = _("no reason that the facts support")
        disputes += [
            f"  - {one.expert} {word_of(Standing.DISAGREES)}: {bare(one.because) or no_reason}"
            for one in cluster.objections
        ]
        for name, answer in cluster.answers.items():
            took = cluster.standings.get(name) is Standing.WITHDREW
            word = word_of(Standing.WITHDREW) if took else _("stands by it")
            disputes.append(f"  - {name} {word}: {bare(answer)}".rstrip(": "))
    nothing = _("Nobody contradicted anybody's claim; that is not the same as being right.")
    return joined(f"## {_('Where the board disagrees')}", drawn, "\n".join(disputes) or nothing)


def minority(minorities: Sequence[Minority]) -> str:
    """Return who recommends something else."""
    if not minorities:
        return ""
    lines = [
        _("- **{expert}** ({confidence} sure): {title}. {because}").format(
            expert=one.expert, confidence=f"{one.confidence:.0%}", title=bare(one.title), because=bare(one.because)
        )
        for one in minorities
    ]
    return joined(f"## {_('Minority report')}", "\n".join(lines))


def findings(heavy: Sequence[Stated]) -> str:
    """Return what stands out, in the words of the facts."""
    if not heavy:
        return ""
    return joined(f"## {_('What stands out')}", "\n".join(f"- {bare(stated.told)}" for stated in heavy))


def warnings(found: Sequence[Found]) -> str:
    """Return what is wrong with the tables."""
    if not found:
        return ""
    return joined(f"## {_('What to know about the tables')}", "\n".join(f"- {bare(one.sentence)}" for one in found))


def opinions(held: Sequence[Held], facts: dict[str, Stated]) -> str:
    """Return what each expert said."""
    parts = [f"## {_('What each expert said')}"] if held else []
    for one in held:
        lines = [f"### {one.expert} ({one.confidence:.0%}, {one.model})"]
        if one.advice:
            lines.append(_("Recommends: **{title}**").format(title=bare(one.advice.title)))
        claims = [f"- {bare(claim.text)} {_sources(claim.fact_ids, facts)}".rstrip() for claim in one.claims]
        claims += [_("- Assumes: {text}").format(text=bare(text)) for text in one.assumptions]
        claims += [_("- Would change its mind: {text}").format(text=bare(one.mind))] if one.mind else []
        claims += [_("- Asked for {name}").format(name=bare(stated.told)) for stated in one.asked]
        claims += [_("- A query was refused: {why}").format(why=bare(why)) for why in one.refused]
        parts.append(joined(*lines, "\n".join(claims)))
    return joined(*parts)


def _sources(fact_ids: Sequence[str], facts: dict[str, Stated]) -> str:
    named = [fact_id for fact_id in fact_ids if fact_id in facts]
    return f"({', '.join(named)})" if named else _("(rests on no fact)")


def absent(missing: Sequence[Absent]) -> str:
    """Return who had no opinion, and why."""
    if not missing:
        return ""
    lines = [f"- {one.expert}: {bare(one.because)}" for one in missing]
    return joined(f"## {_('Absent')}", "\n".join(lines))


def ranking(ballot: Ballot) -> str:
    """Return what came of the blind ranking."""
    rows = sorted(ballot.points.items(), key=lambda pair: (-pair[1], pair[0]))
    if not rows:
        return ""
    told = ngettext("{count} vote counted.", "{count} votes counted.", ballot.votes).format(count=ballot.votes)
    lost = [_("{expert}'s vote could not be counted.").format(expert=expert) for expert in sorted(ballot.void)]
    head = [_("proposal of"), _("points, 0 to 1")]
    return joined(
        f"## {_('Blind ranking')}",
        table(head, [[name, f"{points:g}"] for name, points in rows]),
        " ".join([told, *lost]),
    )


def control(control: Control | None, *, planned: int) -> str:
    """Return the single model beside the board."""
    if control is None:
        return joined(f"## {_('Control')}", _("The single model gave no answer that fits.")) if planned else ""
    head = ["", _("board"), _("single model")]
    board, single = control.board, control.single
    rows = [
        [_("answers"), str(board.answers), str(single.answers)],
        [_("different facts used"), str(board.facts_used), str(single.facts_used)],
        [_("claims kept"), str(board.claims), str(single.claims)],
        [_("sentences left out"), str(board.rejected), str(single.rejected)],
        [_("answers agree with each other (0 to 1)"), f"{board.agreement:g}", f"{single.agreement:g}"],
        [_("tokens"), str(board.tokens), str(single.tokens)],
        [_("models"), ", ".join(board.models), ", ".join(single.models)],
    ]
    titles = "\n".join(f"- {bare(title)}" for title in control.titles)
    honest = _(
        "Only what can be counted is compared: nobody knows the right answer here, and more agreement is not more "
        "truth. Look back on the review days to see who was right."
    )
    said = joined(_("What the single model recommends, each time:"), titles) if titles else ""
    return joined(f"## {_('Control: one model, asked the same')}", table(head, rows), said, honest)


def tally_fields(tally: Tally) -> JsonObject:
    """Return a tally for a page."""
    return {
        "answers": tally.answers,
        "facts_used": tally.facts_used,
        "claims": tally.claims,
        "rejected": tally.rejected,
        "agreement": tally.agreement,
        "tokens": tally.tokens,
    }


def left_out(rejected: int) -> str:
    """Return how many sentences were rejected."""
    if not rejected:
        return ""
    return ngettext(
        "{count} sentence was left out because no fact supports it.",
        "{count} sentences were left out because no fact supports them.",
        rejected,
    ).format(count=rejected)


def facts(shown: Sequence[Stated]) -> str:
    """Return the weightiest facts as a table."""
    head = [_("id"), _("fact"), _("value"), _("interval"), _("rows")]
    rows = [[one.fact_id, one.says, one.told_value, one.told_interval, str(one.rows or "")] for one in shown]
    note = _("Every fact with its query is in evidence.md.")
    return joined(f"## {_('Evidence')}", table(head, rows), note)


def appendix(stated: Sequence[Stated], tables: Sequence[Table]) -> str:
    """Return every fact with its query."""
    parts = [f"# {_('Evidence')}"]
    for one in tables:
        head = _("Table {name}: {rows} rows of {source}, SHA-256 {sha}").format(
            name=one.name, rows=one.rows, source=bare(one.source), sha=one.sha256
        )
        parts.append(f"- {head}")
    for one in stated:
        few = f" ({_('small sample')})" if one.is_small else ""
        parts.append(
            joined(
                f"## {one.fact_id}: {bare(one.says)}",
                f"{bare(one.told_value)} {one.told_interval}{few}".strip(),
                f"```sql\n{one.sql}\n```" if one.sql else _("Counted while the file was read."),
            )
        )
    return joined(*parts) + "\n"


def as_sql(stated: Sequence[Stated], tables: Sequence[Table]) -> str:
    """Return the queries as one file for DuckDB."""
    lines = [f"-- {_('Tables as homarus loads them; numbers and days are typed, rows of totals are gone.')}"]
    lines += [f"-- {one.name}: {' '.join(one.source.split())}" for one in tables]
    for one in stated:
        if one.sql:
            lines += ["", f"-- {one.fact_id} {' '.join(one.says.split())} = {one.told_value}", f"{one.sql};"]
    return "\n".join(lines) + "\n"
