"""Do what a model asks for: the only place in the house where a tool runs.

Check the arguments, judge, ask a person where the judge says so, write the intent down, run once, write the outcome
down. Whatever goes wrong comes back as a tool result, so that the model can do better and the person can see it.
"""

import asyncio
import hashlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, cast

from homarus.agent.calling import meant, named
from homarus.agent.errands import spawning
from homarus.agent.keeping import LabelledMemory
from homarus.agent.named import named_files
from homarus.agent.rooms import Scene, Tool
from homarus.agent.wrapping import capped, wrapped
from homarus.domain import codec
from homarus.domain.acts import (
    Approval,
    Decision,
    Outcome,
    ProposedCall,
    Receipt,
    Risk,
    Ruling,
    ToolOutput,
    ToolTraits,
    Verdict,
)
from homarus.domain.content import Json, JsonObject, Message, Role, ToolCall
from homarus.domain.errors import (
    ConnectionFailedError,
    HomarusError,
    InterruptedEffectError,
    OutcomeUnknownError,
    Stage,
    StateError,
    ToolArgumentError,
    ToolFailedError,
    UserError,
)
from homarus.domain.events import Kind
from homarus.domain.i18n import _
from homarus.domain.ids import ApprovalId
from homarus.domain.labels import HOUSE, Label, Origin
from homarus.domain.ports import Parked
from homarus.domain.tooling import ToolContext
from homarus.domain.turns import Acted, Asked, Waiting
from homarus.policy.fingerprint import fingerprint, with_files
from homarus.policy.judge import Grant, grant_of, judge
from homarus.policy.taint import sources

if TYPE_CHECKING:
    from homarus.domain.speaking import Did

EFFECTS = frozenset({Risk.WRITE, Risk.ACT, Risk.RUN})
"""Of these it matters whether they happened."""
APPROVAL_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A call whose tool exists and whose arguments fit."""

    tool: Tool
    proposed: ProposedCall


async def act(call: ToolCall, scene: Scene, *, key: str) -> Message:
    """Do one call of a model, or say why not; return the tool message for the model.

    `key` is the step of the run: the same key after a crash finds what was done instead of doing it again.

    Raises:
        Parked: while a person has not answered.
    """
    return await _told(await _came(call, scene, key), call, scene)


async def used(call: ToolCall, scene: Scene, *, key: str) -> "Did":
    """Do one call of a playbook in the same way, and return what came of it.

    Raises:
        Parked: while a person has not answered.
    """
    from homarus.domain.speaking import Did  # most houses play nothing

    body = await _came(call, scene, key)
    await _told(body, call, scene)
    receipt, label = codec.load(Receipt, body["receipt"]), codec.load(Label, body["label"])
    return Did(text=str(body["text"]), label=label, receipt=receipt)


async def _came(call: ToolCall, scene: Scene, key: str) -> JsonObject:
    """Return what came of a call: it was judged, and run once or not at all."""
    try:
        ready = _ready(call, scene)
    except ToolArgumentError as error:
        scene.misfits[call.name] += 1
        meant_call = replace(call, name=named(call, scene))
        return await _settle(scene, key, _not_done(meant_call, Outcome.FAILED, f"{error.message} {error.hint}"))
    del scene.misfits[call.name]
    judged = await _judged(ready, scene, key)
    ready, verdict = judged.ready, judged.verdict
    if verdict.ruling is Ruling.ASK:
        verdict = await _ask(ready, verdict, scene, key)
    if verdict.ruling is Ruling.ALLOW:
        return await _run(ready, scene, key)
    return await _settle(scene, key, _not_done(ready.proposed.call, Outcome.REFUSED, verdict.because))


def _ready(call: ToolCall, scene: Scene) -> _Ready:
    found = meant(call, scene)
    tool, exact = found.tool, found.call
    mark = fingerprint(
        exact.name,
        exact.arguments,
        workspace=scene.turn.agent.workspace,
        session=scene.turn.inbound.session,
        sandbox_level=scene.rooms.sandbox.level,
    )
    proposed = ProposedCall(
        call=exact,
        traits=tool.traits,
        labels=tuple(scene.labels),
        owner_words=scene.turn.owner_words,
        is_headless=scene.turn.is_headless,
        fingerprint=mark,
    )
    return _Ready(tool=tool, proposed=proposed)


# --- may it? ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    ready: _Ready
    """With the files that the call names, as they were when it was judged."""
    verdict: Verdict


async def _judged(ready: _Ready, scene: Scene, key: str) -> _Judged:
    """Judge once, so that a replay finds the same verdict whatever was configured or written since."""

    async def decide() -> JsonObject:
        rules = replace(scene.rooms.rules, grants=scene.rooms.rules.grants | scene.grants)
        files = await _files(ready, scene)
        proposed = replace(ready.proposed, files=files, most_risk=await _most_risk(scene))
        verdict = _permitted(proposed, scene) or judge(proposed, rules)
        if verdict.ruling is Ruling.ASK and scene.was_denied:
            verdict = Verdict(
                ruling=Ruling.REFUSE, because=_("You said no before in this turn; nothing more is asked.")
            )
        return {"verdict": codec.dump(verdict), "fingerprint": ready.proposed.fingerprint, "files": {**files}}

    known = await scene.run.step(f"{key}:judged", decide)
    verdict = codec.load(Verdict, known["verdict"])
    if known["fingerprint"] != ready.proposed.fingerprint:
        # The house changed under an unfinished turn: another sandbox, another workspace.
        verdict = Verdict(ruling=Ruling.REFUSE, because=_("What would run now is not what was judged before."))
    files = cast("dict[str, str]", known.get("files") or {})
    mark = with_files(ready.proposed.fingerprint, files)
    return _Judged(
        ready=replace(ready, proposed=replace(ready.proposed, files=files, fingerprint=mark)), verdict=verdict
    )


def _permitted(proposed: ProposedCall, scene: Scene) -> Verdict | None:
    """Return the yes that an effect has had already, for exactly this call; it never covers running a program."""
    if not scene.permit or proposed.traits.risk is Risk.RUN:
        return None
    return Verdict(ruling=Ruling.ALLOW, because=scene.permit)


async def _most_risk(scene: Scene) -> Risk | None:
    """Return how far the model that answers now is trusted."""
    if scene.route is None:
        return Risk.RUN
    return (await scene.rooms.models.profile(scene.route.model)).most_risk


async def _files(ready: _Ready, scene: Scene) -> Mapping[str, str]:
    """Return the hashes of the files that a command names: what is in them is what would run."""
    if ready.tool.traits.risk is not Risk.RUN:
        return {}
    return await asyncio.to_thread(named_files, ready.proposed.call.arguments, scene.turn.agent.workspace)


async def _ask(ready: _Ready, verdict: Verdict, scene: Scene, key: str) -> Verdict:
    question = await _question(ready, verdict, scene, key)
    approval = question.approval
    scene.watch(Asked(approval=approval))
    scene.watch(Waiting(phase="approval", detail=approval.tool))
    began = monotonic()
    decided = await scene.run.wait(f"approval:{approval.approval_id}", deadline=approval.expires_at)
    scene.waited_ms += (monotonic() - began) * 1000
    if decided is None:
        scene.was_denied = True
        return Verdict(ruling=Ruling.REFUSE, because=_("Nobody answered in time."))
    if scene.turn.priority == "person":  # from here on it goes behind those who have not been heard at all
        scene.turn = replace(scene.turn, priority="follow-up")
    decision = Decision(str(decided["decision"]))
    if decision is Decision.DENY or decided.get("fingerprint") != approval.fingerprint:
        scene.was_denied = True
        return Verdict(ruling=Ruling.REFUSE, because=_no(str(decided.get("reason") or "").strip()))
    if decision is Decision.SESSION:
        scene.grants.add(question.grant)
    return Verdict(ruling=Ruling.ALLOW, because=_("The owner said yes."))


def _no(reason: str) -> str:
    """Return what a refusal says, with the owner's own words marked as such."""
    return _("The owner said no: “{reason}”").format(reason=reason) if reason else _("The owner said no.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    approval: Approval
    grant: Grant


async def _question(ready: _Ready, verdict: Verdict, scene: Scene, key: str) -> _Question:
    """Write the question down once; after a restart it is the same question."""

    async def ask() -> JsonObject:
        now = scene.rooms.clock.now()
        call = ready.proposed.call
        name = hashlib.sha256(f"{scene.run.run_id}:{key}".encode()).hexdigest()[:12]
        approval = Approval(
            approval_id=ApprovalId(f"ap_{name}"),
            turn_id=scene.turn.turn_id,
            session=scene.turn.inbound.session,
            call_id=call.call_id,
            tool=call.name,
            arguments=call.arguments,
            fingerprint=ready.proposed.fingerprint,
            because=verdict.because,
            sources=sources(ready.proposed.labels),
            asked_at=now,
            expires_at=now + APPROVAL_LASTS,
        )
        return {"approval": codec.dump(approval), "grant": codec.dump(grant_of(ready.proposed))}

    body = await scene.run.step(f"{key}:asked", ask, kind=Kind.APPROVAL_ASKED)
    return _Question(approval=codec.load(Approval, body["approval"]), grant=codec.load(Grant, body["grant"]))


# --- do it --------------------------------------------------------------------------------------------------------


async def _run(ready: _Ready, scene: Scene, key: str) -> JsonObject:
    """Run the tool once, whatever happens to the process."""
    call, traits = ready.proposed.call, ready.tool.traits
    idempotency_key = scene.idempotency_key or f"{scene.run.run_id}:{key}"
    intent: JsonObject | None = None
    if traits.risk is not Risk.READ:
        intent = {"call": codec.dump(call), "traits": codec.dump(traits), "idempotency_key": idempotency_key}

    async def do() -> JsonObject:
        if await _files(ready, scene) != ready.proposed.files:
            sentence = "A file that it names was changed since this was judged. Nothing was run; look and ask again."
            return _not_done(call, Outcome.FAILED, sentence)
        scene.watch(Waiting(phase="tool", detail=call.name))
        scene.under_way = call if traits.risk in EFFECTS else None
        return await _attempt(ready, _context(call, scene, idempotency_key))

    began = monotonic()
    try:
        step = scene.run.step(key, do, kind=Kind.TOOL_FINISHED, intent=intent, is_repeatable=traits.is_repeatable)
        body = await step
    except InterruptedEffectError:
        sentence = "It was under way when the house went down. Nobody knows whether it happened; it is not repeated."
        return await _settle(scene, f"{key}:unknown", _not_done(call, Outcome.UNKNOWN, sentence))
    else:
        scene.under_way = None
        return body
    finally:
        scene.waited_ms += (monotonic() - began) * 1000


async def _attempt(ready: _Ready, context: ToolContext) -> JsonObject:
    call = ready.proposed.call
    began = monotonic()
    limit = asyncio.timeout(ready.tool.timeout_s)
    try:
        async with limit:
            output = await ready.tool.run(context, call.arguments)
    except TimeoutError as error:
        if not limit.expired():
            return _broken(ready, error)
        is_sure = ready.tool.traits.is_repeatable and ready.tool.traits.risk is not Risk.ACT
        cut = Outcome.FAILED if is_sure else Outcome.UNKNOWN
        return _not_done(call, cut, f"It did not end within {ready.tool.timeout_s:g} seconds and was stopped.")
    except Parked:
        raise
    except HomarusError as error:
        outcome = Outcome.UNKNOWN if _may_have_happened(ready.tool.traits, error) else Outcome.FAILED
        is_open = outcome is Outcome.UNKNOWN and isinstance(error, ConnectionFailedError)
        hint = "Look there whether it happened, before it is done again." if is_open else error.hint
        failed = _not_done(call, outcome, f"{error.message} {hint}")
        return {**failed, "label": codec.dump(_label_of_failure(ready.tool.traits, error))}
    except Exception as error:  # noqa: BLE001 - a tool may be anybody's code; what it raised is recorded below
        return _broken(ready, error)
    return _done(call, output, risk=ready.tool.traits.risk, elapsed_ms=(monotonic() - began) * 1000)


def _may_have_happened(traits: ToolTraits, error: HomarusError) -> bool:
    """Whether an effect elsewhere may be there although the tool failed: it was sent, and no answer came."""
    if isinstance(error, OutcomeUnknownError):
        return True
    is_late = isinstance(error, ConnectionFailedError) and error.stage not in (Stage.RESOLVE, Stage.CONNECT)
    return traits.risk is Risk.ACT and is_late


def _broken(ready: _Ready, error: Exception) -> JsonObject:
    call = ready.proposed.call
    outcome = Outcome.UNKNOWN if ready.tool.traits.risk is Risk.ACT else Outcome.FAILED
    failed = _not_done(call, outcome, f"{call.name} broke: {type(error).__name__}: {error}")
    label = _label_of_failure(ready.tool.traits, error)
    return {**failed, "label": codec.dump(label), "trace": traceback.format_exc()}


def _label_of_failure(traits: ToolTraits, error: Exception) -> Label:
    """Return whose words the text of an error is made of: the tool's, as it says, else whatever it worked on.

    Only what quotes nothing but the call is the house's: what is wrong with arguments, and what our own rooms say.
    """
    if isinstance(error, ToolFailedError) and error.label is not None:
        return error.label
    is_about_the_call = isinstance(error, ToolArgumentError | UserError | StateError)
    if is_about_the_call and traits.risk in (Risk.READ, Risk.WRITE):
        return HOUSE
    return Label(origin=Origin.TOOL, source=traits.name)


def _context(call: ToolCall, scene: Scene, idempotency_key: str) -> ToolContext:
    rooms, turn = scene.rooms, scene.turn
    return ToolContext(
        session=turn.inbound.session,
        turn=turn.turn_id,
        agent=turn.agent.agent_id,
        workspace=turn.agent.workspace,
        idempotency_key=idempotency_key,
        reach=scene.reach,
        clock=rooms.clock,
        door=rooms.door,
        memory=LabelledMemory(memory=rooms.memory, labels=tuple(scene.labels)),
        reminders=rooms.reminders,
        sandbox=rooms.sandbox,
        settings=rooms.tool_settings.get(call.name, {}),
        accounts=rooms.accounts,
        blobs=rooms.blobs,
        run=turn.inbound.errand.run if turn.inbound.errand is not None else "",
        spawn=spawning(scene, idempotency_key),
        jobs=rooms.jobs,
    )


# --- what came of it ----------------------------------------------------------------------------------------------


def _done(call: ToolCall, output: ToolOutput, *, risk: Risk, elapsed_ms: float) -> JsonObject:
    receipt = Receipt(
        call_id=call.call_id,
        tool=call.name,
        outcome=Outcome.DONE,
        summary=output.summary,
        arguments=call.arguments,
        facts=output.facts,
        elapsed_ms=round(elapsed_ms, 1),
        risk=risk,
    )
    return {"receipt": codec.dump(receipt), "text": output.text, "label": codec.dump(output.label)}


def _not_done(call: ToolCall, outcome: Outcome, sentence: str) -> dict[str, Json]:
    receipt = Receipt(
        call_id=call.call_id, tool=call.name, outcome=outcome, summary=sentence.strip(), arguments=call.arguments
    )
    words = {Outcome.FAILED: "Failed", Outcome.REFUSED: "Refused", Outcome.UNKNOWN: "Unknown"}
    text = f"{words[outcome]}: {sentence.strip()}"
    if outcome is Outcome.REFUSED:
        text += " Do not try it again; tell the owner what you wanted to do and why."
    return {"receipt": codec.dump(receipt), "text": text, "label": codec.dump(HOUSE)}


async def _settle(scene: Scene, key: str, body: JsonObject) -> JsonObject:
    """Write down that nothing ran, and why."""

    async def outcome() -> JsonObject:
        return body

    return await scene.run.step(key, outcome, kind=Kind.TOOL_FINISHED)


async def _told(body: JsonObject, call: ToolCall, scene: Scene) -> Message:
    """Return what the model is told, and let the watchers and the log see what happened."""
    receipt = codec.load(Receipt, body["receipt"])
    label = codec.load(Label, body["label"])
    scene.receipts.append(receipt)
    scene.has_read(label)
    scene.watch(Acted(receipt=receipt))
    if "trace" in body:
        await scene.run.emit(
            Kind.FAILED, {"where": call.name, "error": receipt.summary, "trace": cast("str", body["trace"])}
        )
    part = wrapped(capped(str(body["text"]), scene.output_chars), label)
    return Message(
        role=Role.TOOL,
        parts=(part,),
        call_id=call.call_id,
        tool_name=call.name,
        is_error=receipt.outcome is not Outcome.DONE,
    )
