"""Facts appended to the log. Every page, log and reply is a view of them.

An event is a kind, where it belongs, and a JSON body. What a body holds stands under each kind. The log is the journal
of turns: `Run.step` finds the outcome of a step by `(turn, key)` and does not run it again.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from homarus.domain.content import Json, JsonObject
from homarus.domain.ids import THE_OWNER, OwnerId, SessionKey, TurnId


class Kind(StrEnum):
    """What happened."""

    INBOUND_ACCEPTED = "inbound.accepted"
    """`inbound`: the whole Inbound. Written before the sender is told that it arrived."""
    SENDER_REFUSED = "sender.refused"
    """`channel`, `sender`, `name`: somebody wrote whom the owner did not allow; written once for each, unanswered."""
    TURN_STARTED = "turn.started"
    """`history_seq`: the last event that the turn's history may contain, so that a replay sees the same past."""
    ROUTE_CHOSEN = "route.chosen"
    """`route`: the Route."""
    MODEL_ANSWERED = "model.answered"
    """`answer`: the Answer, with reasoning; `served_by`: provider/id; `served`: the build (digest, quantisation,
    template, engine), the window, the sampler with its seed, and a hash of the prompt."""
    MODEL_FAILED = "model.failed"
    """`model`, `failure`, `message`: a candidate that did not answer."""
    MODEL_PROXIED = "model.proxied"
    """`model`, `caller`, `calls`, `prompt_tokens`, `completion_tokens`: what an API client used, summed up."""
    TOOL_INTENDED = "tool.intended"
    """`call`, `traits`, `idempotency_key`: written before the tool runs."""
    TOOL_FINISHED = "tool.finished"
    """`receipt`, `text`, `label`."""
    APPROVAL_ASKED = "approval.asked"
    """`approval`: the whole Approval; `grant`: what "allow for this session" would hold for."""
    APPROVAL_DECIDED = "approval.decided"
    """`approval_id`, `decision`, `fingerprint`, `by` (device or cli), `reason`."""
    TURN_PARKED = "turn.parked"
    """`topic`: what the turn waits for."""
    STEP_FINISHED = "step.finished"
    """`outcome`: of a step that has no kind of its own."""
    REPLY_WRITTEN = "reply.written"
    """`reply`: the Reply; `messages`: what the session's history gains; `labels`: of everything that was read;
    `channel`, `to`: where it goes."""
    QUESTION_SENT = "question.sent"
    """`approval_id`, `channel`, `to`: written before a channel is asked to show a question."""
    REPLY_SENDING = "reply.sending"
    """`channel`, `to`: written before a channel is asked to send."""
    REPLY_DELIVERED = "reply.delivered"
    """`channel`, `delivery_id`."""
    REPLY_UNKNOWN = "reply.unknown"
    """`channel`: the send was cut off and the channel cannot say whether it arrived."""
    REPLY_REFUSED = "reply.refused"
    """`channel`, `because`: the other side will never take it; surely nobody was sent anything."""
    TURN_STOPPED = "turn.stopped"
    """`by`: a person stopped it; a partial answer stands in `text`."""
    SESSION_COMPACTED = "session.compacted"
    """`summary`, `upto_seq`, `label`, `because`: history up to `upto_seq` is told to models by this summary."""
    SESSION_FROZEN = "session.frozen"
    """`model`, `frozen`: the tier, tools and MEMORY.md that the session shows to this model from now on."""
    SESSION_RESET = "session.reset"
    """The session starts afresh; earlier events stay in the log and leave the context."""
    SESSION_PINNED = "session.pinned"
    """`pin_id`, `text`: the owner wants these words kept through any number of summaries."""
    SESSION_UNPINNED = "session.unpinned"
    """`pin_id`: not any more."""
    MODEL_SELECTED = "model.selected"
    """`model`, `scope`: the owner chose a model for a session or for the house."""
    REMINDER_SET = "reminder.set"
    """`reminder`: the Reminder."""
    REMINDER_FIRED = "reminder.fired"
    """`reminder_id`, `late_s`, `text`."""
    REMINDER_SEEN = "reminder.seen"
    """`reminder_id`, `by`: the terminal showed it."""
    REMINDER_CANCELLED = "reminder.cancelled"
    """`reminder`: what is not said any more."""
    MEMORY_SAVED = "memory.saved"
    """`file`, `text`, `label`."""
    EGRESS = "egress"
    """`host`, `purpose`, `sent_bytes`, `received_bytes`, `decision`, `because`: one outbound call."""
    DEVICE_PAIRED = "device.paired"
    """`device_id`, `name`."""
    DEVICE_REVOKED = "device.revoked"
    KEY_ADDED = "key.added"
    """`key_id`, `name`, `scopes`; never the key."""
    KEY_REVOKED = "key.revoked"
    CONFIG_CHANGED = "config.changed"
    """`key`, `by`; values only where they are no secret."""
    CONFIG_REFUSED = "config.refused"
    """`problems`: why the last good configuration stays."""
    GATEWAY_STARTED = "gateway.started"
    """`version`, `pid`, `recovered_turns`."""
    GATEWAY_STOPPED = "gateway.stopped"
    ENGINE_CHANGED = "engine.changed"
    """`engine`, `state`, `model`, `detail`: a server is up or down, a model there is loaded, gone or another build."""
    JOB_CHANGED = "job.changed"
    """`job`: the whole Job as it is now; `by`, `change`: added, changed, paused, resumed, removed."""
    RUN_QUEUED = "run.queued"
    """`run`: the whole JobRun; its `turn` is the run's id, as for all events of a run."""
    RUN_CHANGED = "run.changed"
    """`state`, `because`: it started, parked, paused, went on."""
    RUN_SPENT = "run.spent"
    """`tokens`, `seconds`, `cost_usd`, `joules`, `step`, `model`: what one step used."""
    RUN_SAID = "run.said"
    """`text`, `done`, `total`: how far it is, in words."""
    RUN_ENDED = "run.ended"
    """`state`, `summary`, `report`, `error`, `hint`, `slot`: what came of it, and the time that it was for."""
    RUN_TOLD = "run.told"
    """`channel`, `to`: the outcome reached somebody."""
    EFFECT_CHANGED = "effect.changed"
    """`effect`: the whole Effect as it is now."""
    RULE_SIGNED = "rule.signed"
    """`rule`: a standing rule that the owner signed, or took back (`is_active` false)."""
    SOURCE_READ = "source.read"
    """`source`, `items`, `is_complete`, `problem`: a source was asked for what is new."""
    ITEM_TICKED = "item.ticked"
    """`key`, `is_done`, `by`: the owner ticked an action item."""
    HOOK_RECEIVED = "hook.received"
    """`path`, `caller`, `bytes`, `run`: a webhook came in and was accepted."""
    FAILED = "failed"
    """`where`, `error`, `trace`: something broke that nobody expected; the turn says so in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact on its way into the log."""

    kind: Kind
    body: JsonObject = field(default_factory=dict[str, Json])
    session: SessionKey | None = None
    turn: TurnId | None = None
    dedupe: str | None = None
    """At most one event of an owner has this; a second one is not written and the first is found instead."""
    owner_id: OwnerId = THE_OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact in the log."""

    seq: int
    """Grows by one or more with each event; never reused."""
    at: datetime
    """UTC, when it was written."""
    kind: Kind
    body: JsonObject
    session: SessionKey | None
    turn: TurnId | None
    dedupe: str | None
    owner_id: OwnerId
