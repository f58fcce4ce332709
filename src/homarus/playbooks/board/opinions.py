"""Every expert's own opinion: asked blindly, every sentence held against the facts, queries run or refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import ModelCallError
from homarus.domain.findings import Claim as LeftOut
from homarus.domain.findings import ClaimState
from homarus.domain.i18n import _
from homarus.domain.playbooks import Answered, BadAnswerError, House
from homarus.playbooks.board import prompts
from homarus.playbooks.board.evidence.stated import Draft, Stated
from homarus.playbooks.board.evidence.windows import SPANS
from homarus.playbooks.board.evidence.words import rounded
from homarus.playbooks.board.examining import Desk, Evidence, shown_to, state
from homarus.playbooks.board.held import Absent, Advice, Claim, Held
from homarus.playbooks.board.roster import Expert
from homarus.playbooks.board.saying import Opinion, Proposal, Wanted
from homarus.playbooks.board.settings import Settings
from homarus.playbooks.board.tables.names import spelled
from homarus.playbooks.board.tables.shapes import RefusedQueryError, Rows

_MOST_CELLS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of an expert's queries."""

    stated: tuple[Stated, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Board:
    """Everything that opinions are asked with."""

    house: House[Settings]
    question: str
    evidence: Evidence
    desk: Desk
    extra: dict[str, Told] = field(default_factory=dict[str, Told])

    @property
    def free(self) -> tuple[str, ...]:
        """Words whose figures need no fact: the owner's own, and how long the facts' windows are."""
        settings = self.house.settings
        return (*(text for text in (self.question, settings.company, settings.constraints) if text), *SPANS)

    def facts(self) -> dict[str, Stated]:
        """Return every fact by its id, asked ones too."""
        asked = [stated for told in self.extra.values() for stated in told.stated]
        return {stated.fact_id: stated for stated in (*self.evidence.stated, *asked)}


async def opinion_of(board: Board, expert: Expert) -> Held | Absent:
    """Return what an expert thinks, or that it has no opinion that could be used."""
    try:
        return await _asked(board, expert)
    except (BadAnswerError, ModelCallError) as error:
        return Absent(expert=expert.name, because=error.message)


async def _asked(board: Board, expert: Expert) -> Held:
    settings = board.house.settings
    shown = shown_to(expert, board.evidence, most=settings.facts_per_expert)
    label = board.desk.label
    tables = prompts.tables_material(expert, board.evidence, label)
    may_query = settings.queries_per_expert > 0
    answered = await board.house.agent(
        f"opinion:{expert.name}",
        prompts.for_opinion(settings, board.question, expert.answers, may_query=may_query),
        shape=Opinion,
        role=prompts.role_of(expert),
        said=_("{expert} says what it thinks").format(expert=expert.name),
        material=[prompts.facts_material(shown, label), tables],
        model=expert.model,
    )
    tokens = used(answered)
    wanted = answered.value.wanted[: settings.queries_per_expert]
    if wanted:
        told = await _looked_up(board, expert, wanted)
        board.extra[expert.name] = told
        shown = [*shown, *told.stated]
        if tokens < settings.tokens_per_expert:
            answered = await _asked_again(board, expert, shown, told)
            tokens += used(answered)
    return await checked_opinion(board, expert.name, answered, shown, tokens=tokens)


def used(answered: "Answered[Opinion]") -> int:
    """Return the tokens of an answer."""
    return answered.usage.prompt_tokens + answered.usage.completion_tokens


async def _asked_again(board: Board, expert: Expert, shown: Sequence[Stated], told: Told) -> "Answered[Opinion]":
    settings, label = board.house.settings, board.desk.label
    refused = "".join(f"\nNot run: {line}" for line in told.refused)
    ask = prompts.for_opinion(settings, board.question, expert.answers, may_query=False)
    return await board.house.agent(
        f"opinion:{expert.name}:more",
        f"{ask}\n\nYour queries were looked at: what they gave stands at the end of the facts.{refused}",
        shape=Opinion,
        role=prompts.role_of(expert),
        said=_("{expert} answers again, with what it asked for").format(expert=expert.name),
        material=[
            prompts.facts_material(shown, label),
            prompts.tables_material(expert, board.evidence, label),
        ],
        model=expert.model,
    )


async def _looked_up(board: Board, expert: Expert, wanted: Sequence[Wanted]) -> Told:
    """Run an expert's queries; what may not run goes back with the reason."""

    async def look() -> JsonObject:
        asking = await board.desk.asking()
        stated: list[Stated] = []
        refused: list[str] = []
        for want in wanted:
            try:
                rows = await asking.theirs(want.sql, expert=expert.name)
                stated += [await state(board.house, draft, None, board.desk.label) for draft in _drafts(want, rows)]
            except RefusedQueryError as error:
                refused.append(f"{want.says}: {error.message} {error.hint}")
        return codec.dump(Told(stated=tuple(stated), refused=tuple(refused)))

    key, words = f"queries:{expert.name}", _("Looked up for {expert}").format(expert=expert.name)
    return codec.load(Told, await board.house.step(key, look, said=words))


def _drafts(want: Wanted, rows: Rows) -> list[Draft]:
    """Return a query's cells as facts.

    Raises:
        RefusedQueryError: when there are none, or too many.
    """
    cells: list[Draft] = []
    for row in rows.rows:
        words = [str(cell) for cell in row if isinstance(cell, str)]
        tail = f" ({', '.join(words)})" if words and len(row) > 1 else ""
        for name, cell in zip(rows.columns, row, strict=True):
            value = rounded(cell)
            if value is None or (isinstance(value, str) and len(row) > 1):
                continue
            which = f" {name}" if len(row) > 1 + len(words) else ""
            says = f"{want.says}{which}{tail}"
            cells.append(
                Draft(name=spelled(says, otherwise="asked"), value=value, says=says, sql=want.sql.strip(), weight=2)
            )
    if not cells:
        raise RefusedQueryError("It gives no figure.", hint="Ask for one figure.")
    if rows.is_cut or len(cells) > _MOST_CELLS:
        raise RefusedQueryError("It gives too many figures.", hint="Ask for one figure, or at most twelve.")
    return cells


async def checked_opinion(
    board: Board, name: str, answered: "Answered[Opinion]", shown: Sequence[Stated], *, tokens: int
) -> Held:
    """Return an opinion without the sentences that nothing supports."""
    opinion, known = answered.value, {fact.fact_id: fact for fact in shown}
    claims: list[Claim] = []
    rejected = 0
    for number, said in enumerate(opinion.claims, 1):
        ids = tuple(dict.fromkeys(said.fact_ids))
        text = await _claimed(board, f"claim:{name}:{number}", said.text, ids, known=known, by=name)
        if text:
            claims.append(Claim(text=text, fact_ids=ids, authors=(name,)))
        else:
            rejected += 1
    advice = await _advice(board, name, opinion.recommendation, known)
    told = board.extra.get(name, Told())
    notes: list[str] = []
    for number, note in enumerate([*opinion.assumptions, opinion.what_would_change_my_mind], 1):
        kept = await supported(board, f"note:{name}:{number}", note, (), by=name) if note.strip() else ""
        rejected += bool(note.strip()) and not kept
        notes.append(kept)
    return Held(
        expert=name,
        model=answered.model,
        claims=tuple(claims),
        advice=advice,
        confidence=round(opinion.confidence, 2),
        assumptions=tuple(note for note in notes[:-1] if note),
        mind=notes[-1],
        rejected=rejected + (advice is None),
        tokens=tokens,
        asked=told.stated,
        refused=told.refused,
    )


async def _claimed(
    board: Board, key: str, text: str, ids: Sequence[str], *, known: Mapping[str, Stated], by: str
) -> str:
    """Return a claim when all of it is supported by facts that its expert was shown, else nothing."""
    strange = [one for one in ids if one not in known]
    if not strange:
        return await supported(board, key, text, ids, by=by)
    because = _("The expert was shown no fact {id}.").format(id=strange[0])
    left_out = LeftOut(claim_id="", text=text, state=ClaimState.REJECTED, because=because, by=by)
    await board.house.claim(key, [left_out])
    return ""


async def supported(board: Board, key: str, text: str, ids: Sequence[str], *, by: str) -> str:
    """Return a sentence when all of it is supported, else nothing."""
    marks = f" [{', '.join(ids)}]" if ids else ""
    bare = " ".join(text.split())
    end = bare[-1] if bare[-1:] in {".", "!", "?"} else "."
    prose = await board.house.checked(key, f"{bare.rstrip('.!?')}{marks}{end}", by=by, may_have=board.free)
    return "" if prose.rejected else prose.text.strip()


async def _advice(board: Board, name: str, proposal: Proposal, known: dict[str, Stated]) -> Advice | None:
    title = await supported(board, f"advice:{name}:title", proposal.title, (), by=name)
    if not title:
        return None
    step = ""
    if proposal.first_step:
        step = await supported(board, f"advice:{name}:step", proposal.first_step, (), by=name)
    metric = known.get(proposal.metric.strip("[]() ").lower())
    can_score = metric is not None and bool(metric.sql) and isinstance(metric.value, int | float)
    return Advice(
        title=title.rstrip("."),
        first_step=step or _("Not said in a way that the facts support."),
        owner=proposal.owner or _("you"),
        impact=proposal.impact,
        effort=proposal.effort,
        review_in_weeks=proposal.review_in_weeks,
        metric=metric.fact_id if can_score and metric else "",
        expect=proposal.expect,
    )
