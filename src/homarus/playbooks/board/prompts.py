"""What the experts are told. Prompts are for models and not translated; figures stand in the material alone."""

from collections.abc import Sequence

from homarus.domain.labels import Label
from homarus.domain.speaking import Material
from homarus.playbooks.board.evidence.stated import Stated
from homarus.playbooks.board.examining import Evidence
from homarus.playbooks.board.held import Cluster, Held
from homarus.playbooks.board.roster import Expert, visible
from homarus.playbooks.board.settings import Settings
from homarus.playbooks.board.tables.shapes import Kind

_RISK = {"careful": "likes little risk", "balanced": "takes risks that can be undone", "bold": "likes risk"}


def role_of(expert: Expert) -> str:
    """Return who an expert is."""
    return f"You sit on an advisory board as its expert for {expert.name}. {expert.role}"


SINGLE = "You are an experienced adviser who looks at everything."
CHAIR = "You write the minutes of an advisory board. You have no opinion of your own."


def situation(settings: Settings, question: str) -> str:
    """Return what is asked, and by whom."""
    lines = [f"The question: {question}", f"The owner {_RISK[settings.risk]}."]
    lines += [f"Who asks: {settings.company}"] if settings.company else []
    lines += [f"What cannot be changed: {settings.constraints}"] if settings.constraints else []
    return "\n".join(lines)


def for_opinion(settings: Settings, question: str, answers: Sequence[str], *, may_query: bool) -> str:
    """Return the first question, which everybody answers alone."""
    must = "".join(f"\n- Answer this: {answer}" for answer in answers)
    query = (
        f"\n- If a figure is missing that would decide it, put up to {settings.queries_per_expert} queries into "
        "`wanted`: one DuckDB SELECT each over the tables you are given, that returns a single figure."
        if may_query
        else "\n- Leave `wanted` empty."
    )
    return (
        f"{situation(settings, question)}\n\nGive your opinion. Nobody else's is known to you.\n"
        "- Each claim is one sentence that stands on facts: name their ids in `fact_ids`. Copy figures exactly as the "
        "facts have them, and use no figure that is no fact. Figures marked misleading are no reason to act.\n"
        "- A fact marked SMALL SAMPLE or `not proven` carries no weight.\n"
        "- `recommendation`: what to do, without figures in `title` and `first_step`; `metric` is the id of the fact "
        "that will show whether it worked, `expect` whether it should go up or down; impact and effort from 1 to 5.\n"
        "- `confidence` between 0 and 1: how sure you are. You do not have to agree with anybody."
        f"{must}{query}"
    )


def facts_material(facts: Sequence[Stated], label: Label) -> Material:
    """Return facts as they are handed round."""
    lines = "\n".join(fact.line for fact in facts) or "none"
    return Material(name="facts", text=lines, label=label)


def tables_material(expert: Expert, evidence: Evidence, label: Label) -> Material:
    """Return what an expert sees of the tables: names, kinds and segments, never free text of rows."""
    sees = visible(expert, evidence.tables)
    lines: list[str] = []
    for table in evidence.tables:
        if table.name not in sees:
            continue
        lines.append(f"table {table.name} ({table.rows} rows)")
        for name in sees[table.name]:
            column = table.column(name)
            if column is not None:
                words = f": {', '.join(column.examples)}" if column.kind is Kind.NAME else ""
                lines.append(f"  {name} {column.kind.value} {column.unit}{words}".rstrip())
    lines += [f"warning: {found.sentence}" for found in evidence.found]
    return Material(name="tables", text="\n".join(lines) or "none that you may see", label=label)


def for_review(settings: Settings, question: str, letters: Sequence[str], claims: Sequence[Cluster]) -> str:
    """Return the question about the others' work."""
    names = ", ".join(letters)
    return (
        f"{situation(settings, question)}\n\nHere are proposals ({names}) and claims of others on the board; "
        "you are not told whose.\n"
        f"- `ranking`: the letters of all proposals, the best for this owner first.\n"
        f"- `stances`: for each claim ({', '.join(claim.key for claim in claims) or 'none'}) agree, disagree, or "
        "unaddressed when your field says nothing about it; disagree needs a `because`.\n"
        "- Judge by the facts. There is no merit in agreement."
    )


def proposals_material(held: Sequence[Held], letters: dict[str, str], label: Label) -> Material:
    """Return proposals under their letters."""
    by_letter = sorted((letters[one.expert], one) for one in held if one.advice and one.expert in letters)
    lines = [f"{letter}: {one.advice.title}. First: {one.advice.first_step}" for letter, one in by_letter if one.advice]
    return Material(name="proposals", text="\n".join(lines), label=label)


def claims_material(clusters: Sequence[Cluster], facts: dict[str, Stated], label: Label) -> Material:
    """Return claims with the facts that they stand on."""
    lines: list[str] = []
    for cluster in clusters:
        lines.append(f"{cluster.key}: {cluster.text}")
        lines += [f"   {facts[fact_id].line}" for fact_id in cluster.fact_ids if fact_id in facts]
    return Material(name="claims", text="\n".join(lines) or "none", label=label)


def for_rebuttal(settings: Settings, question: str, disputed: Sequence[Cluster]) -> str:
    """Return the one chance to answer."""
    told = "\n".join(
        f"{cluster.key}: {' / '.join(objection.because or 'no reason given' for objection in cluster.objections)}"
        for cluster in disputed
    )
    keys = ", ".join(cluster.key for cluster in disputed)
    return (
        f"{situation(settings, question)}\n\nSome of your claims were contradicted. For each of {keys} "
        "say once whether it `stands`, and why in one sentence; `stands: false` takes it back. Keep "
        f"what the facts carry, however many contradict it.\n\nAgainst them:\n{told}"
    )


def for_synthesis(settings: Settings, question: str, letters: Sequence[str]) -> str:
    """Return what the chair is asked."""
    return (
        f"{situation(settings, question)}\n\nThe proposals of the board are {', '.join(letters)}.\n"
        "- `groups`: put proposals that mean the same into one group with a plain title; one that stands "
        "alone is a group of its own. No figures in titles.\n"
        "- `summary`: three sentences at most on what the board sees and where it is divided. Name fact ids in "
        "brackets, as [f3], behind every figure; copy figures exactly. Do not smooth over disagreement."
    )
