"""Say an event of the log in one sentence, for the pages that list them."""

from collections.abc import Callable, Mapping, Sequence

from homarus.domain.content import Json, JsonObject
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.jobs import RunState
from homarus.domain.ports import Store
from homarus.gateway.pages_run_words import run_state

_WINDOW = 2000
_LONGEST = 160
_ERRAND = "errand"


async def latest(
    store: Store,
    count: int,
    *,
    kinds: Sequence[Kind] = (),
    before: int | None = None,
    after: int = 0,
    has_errands: bool = True,
) -> list[Event]:
    """Return the newest events of some kinds, newest first; without what is said inside of runs, when not wanted."""
    upto = before if before is not None else await store.last_seq() + 1
    found: list[Event] = []
    while upto > after + 1 and len(found) < count:
        start = max(after, upto - 1 - _WINDOW)
        part = await store.since(start, limit=_WINDOW, kinds=kinds)
        found.extend(event for event in reversed(part) if event.seq < upto and (has_errands or not _is_inside(event)))
        upto = start + 1
    return found[:count]


def _is_inside(event: Event) -> bool:
    """Tell whether an event is of an errand: a question that a run asks a model, in a conversation of its own."""
    return f":{_ERRAND}:" in (event.session or "")


def sentence_of(event: Event) -> str:
    """Return what happened, in words."""
    say = _SENTENCES.get(event.kind)
    return say(event.body) if say is not None else event.kind.value


def _text(body: JsonObject, *path: str) -> str:
    """Return a value inside a body as one short line; empty when it is not there."""
    value: Json = body
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    line = " ".join(str(value if value is not None else "").split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


def _model(body: JsonObject, *path: str) -> str:
    provider, model_id = _text(body, *path, "provider"), _text(body, *path, "model_id")
    return f"{provider}/{model_id}" if provider else _text(body, *path)


def _inbound(body: JsonObject) -> str:
    words = _text(body, "inbound", "text") or _("an attachment")
    return _("Message over {channel}: {text}").format(channel=_text(body, "inbound", "channel"), text=words)


def _route(body: JsonObject) -> str:
    return _("{model} chosen: {because}").format(
        model=_model(body, "route", "model"), because=_text(body, "route", "because")
    )


def _answered(body: JsonObject) -> str:
    model = _text(body, "served_by") or _text(body, "answer", "model") or _("A model")
    return _("{model} answered: {text}").format(model=model, text=_text(body, "answer", "text") or _("tool calls"))


def _reply(body: JsonObject) -> str:
    is_error = _text(body, "reply", "is_error") == "True"
    sentence = _("Reply (an error): {text}") if is_error else _("Reply: {text}")
    return sentence.format(text=_text(body, "reply", "text"))


def _selected(body: JsonObject) -> str:
    model = _model(body, "model")
    return _("Model chosen by you: {model}").format(model=model) if model else _("Back to the model of the settings")


def _left(body: JsonObject) -> str:
    host, because = _text(body, "host"), _text(body, "because")
    if _text(body, "decision") == "refused":
        return _("Refused to call {host}: {because}").format(host=host, because=because)
    return _("{count} bytes to {host} ({purpose})").format(
        count=_text(body, "sent_bytes"), host=host, purpose=_text(body, "purpose")
    )


def _decided(body: JsonObject) -> str:
    return _("{tool}: {decision}, by {by}. {reason}").format(
        tool=_text(body, "tool"),
        decision=_text(body, "decision"),
        by=_who(body),
        reason=_text(body, "reason"),
    )


def _who(body: JsonObject) -> str:
    by = _text(body, "by")
    named = {"device": _("a browser"), "cli": _("the command line"), "key": _("a program"), "clock": _("the clock")}
    return named.get(by.partition(":")[0], by)


def _job(body: JsonObject) -> str:
    return _("Job {name}: {change}, by {by}").format(
        name=_text(body, "job", "name"), change=_text(body, "change"), by=_who(body)
    )


def _ended(body: JsonObject) -> str:
    state, what = _text(body, "state"), _text(body, "error") or _text(body, "summary")
    return _("Run {state}: {what}").format(state=_run_state(state), what=what) if state else _("Run ended")


def _run_state(state: str) -> str:
    return run_state(RunState(state)) if state in {one.value for one in RunState} else state


def _read(body: JsonObject) -> str:
    if problem := _text(body, "problem"):
        return _("{source} could not be read: {problem}").format(source=_text(body, "source"), problem=problem)
    return _("{source} read, {count} new").format(source=_text(body, "source"), count=_text(body, "items") or "0")


def _effect(body: JsonObject) -> str:
    return _("{kind} to {target}: {state}").format(
        kind=_text(body, "effect", "kind"), target=_text(body, "effect", "target"), state=_text(body, "effect", "state")
    )


def _plain(sentence: Callable[[], str], *path: str) -> Callable[[JsonObject], str]:
    """Return a sentence with one value of the body in it, translated when it is said."""
    return lambda body: sentence().format(_text(body, *path))


_SENTENCES: Mapping[Kind, Callable[[JsonObject], str]] = {
    Kind.INBOUND_ACCEPTED: _inbound,
    Kind.SENDER_REFUSED: lambda body: _("{channel}: {sender} is not known and got no answer").format(
        channel=_text(body, "channel"), sender=_text(body, "sender")
    ),
    Kind.TURN_STARTED: _plain(lambda: _("Turn started")),
    Kind.ROUTE_CHOSEN: _route,
    Kind.MODEL_ANSWERED: _answered,
    Kind.MODEL_FAILED: lambda body: _("{model} did not answer: {message}").format(
        model=_model(body, "model"), message=_text(body, "message")
    ),
    Kind.MODEL_PROXIED: lambda body: _("{model} asked {calls} times by {caller}").format(
        model=_model(body, "model"), calls=_text(body, "calls"), caller=_text(body, "caller")
    ),
    Kind.TOOL_INTENDED: _plain(lambda: _("About to run {}"), "call", "name"),
    Kind.TOOL_FINISHED: lambda body: _("{tool}: {summary}").format(
        tool=_text(body, "receipt", "tool"), summary=_text(body, "receipt", "summary")
    ),
    Kind.APPROVAL_ASKED: _plain(lambda: _("Asked you about {}"), "approval", "tool"),
    Kind.APPROVAL_DECIDED: _decided,
    Kind.TURN_PARKED: _plain(lambda: _("Turn waits for {}"), "topic"),
    Kind.STEP_FINISHED: _plain(lambda: _("Step finished")),
    Kind.REPLY_WRITTEN: _reply,
    Kind.QUESTION_SENT: _plain(lambda: _("Showing the question over {}"), "channel"),
    Kind.REPLY_SENDING: _plain(lambda: _("Sending over {}"), "channel"),
    Kind.REPLY_DELIVERED: _plain(lambda: _("Delivered over {}"), "channel"),
    Kind.REPLY_REFUSED: lambda body: _("{channel} will never take the reply: {because}").format(
        channel=_text(body, "channel"), because=_text(body, "because")
    ),
    Kind.REPLY_UNKNOWN: _plain(lambda: _("Nobody knows whether {} delivered it"), "channel"),
    Kind.TURN_STOPPED: lambda body: _("Stopped by {by}").format(by=_who(body)),
    Kind.SESSION_COMPACTED: _plain(lambda: _("Earlier messages summed up: {}"), "because"),
    Kind.SESSION_FROZEN: _plain(lambda: _("Tools and memory of the session fixed")),
    Kind.SESSION_PINNED: _plain(lambda: _("Kept word for word from now on: {}"), "text"),
    Kind.SESSION_UNPINNED: _plain(lambda: _("Not kept word for word any more")),
    Kind.SESSION_RESET: _plain(lambda: _("Session started afresh")),
    Kind.MODEL_SELECTED: _selected,
    Kind.REMINDER_SET: lambda body: _("Reminder for {when}: {text}").format(
        when=_text(body, "reminder", "due_at"), text=_text(body, "reminder", "text")
    ),
    Kind.REMINDER_FIRED: _plain(lambda: _("Reminder: {}"), "text"),
    Kind.REMINDER_CANCELLED: _plain(lambda: _("Reminder cancelled: {}"), "reminder", "text"),
    Kind.REMINDER_SEEN: _plain(lambda: _("Reminder shown by {}"), "by"),
    Kind.MEMORY_SAVED: lambda body: _("Noted in {file}: {text}").format(
        file=_text(body, "file"), text=_text(body, "text")
    ),
    Kind.EGRESS: _left,
    Kind.DEVICE_PAIRED: _plain(lambda: _("Paired with {}"), "name"),
    Kind.DEVICE_REVOKED: _plain(lambda: _("Device {} revoked"), "device_id"),
    Kind.KEY_ADDED: _plain(lambda: _("Key {} added"), "name"),
    Kind.KEY_REVOKED: _plain(lambda: _("Key {} revoked"), "key_id"),
    Kind.CONFIG_CHANGED: lambda body: _("{key} changed by {by}").format(key=_text(body, "key"), by=_who(body)),
    Kind.CONFIG_REFUSED: _plain(lambda: _("The configuration has errors; the last good one holds")),
    Kind.GATEWAY_STARTED: _plain(lambda: _("Gateway {} started"), "version"),
    Kind.GATEWAY_STOPPED: _plain(lambda: _("Gateway stopped")),
    Kind.ENGINE_CHANGED: lambda body: _("{engine}: {state} {detail}").format(
        engine=_text(body, "engine"), state=_text(body, "state"), detail=_text(body, "detail")
    ),
    Kind.JOB_CHANGED: _job,
    Kind.RUN_QUEUED: _plain(lambda: _("Run of {} queued"), "run", "name"),
    Kind.RUN_CHANGED: lambda body: _("Run is {state}. {because}").format(
        state=_run_state(_text(body, "state")), because=_text(body, "because")
    ),
    Kind.RUN_SPENT: lambda body: _("{step}: {tokens} tokens").format(
        step=_text(body, "step") or _text(body, "key"), tokens=_text(body, "tokens") or "0"
    ),
    Kind.RUN_SAID: _plain(lambda: _("Run: {}"), "text"),
    Kind.RUN_ENDED: _ended,
    Kind.RUN_TOLD: _plain(lambda: _("Outcome told over {}"), "channel"),
    Kind.EFFECT_CHANGED: _effect,
    Kind.RULE_SIGNED: _plain(lambda: _("Standing rule for {} signed or taken back"), "rule", "tool"),
    Kind.SOURCE_READ: _read,
    Kind.ITEM_TICKED: _plain(lambda: _("Action item ticked: {}"), "key"),
    Kind.HOOK_RECEIVED: _plain(lambda: _("A webhook came in at {}"), "path"),
    Kind.FAILED: _plain(lambda: _("Something broke: {}"), "where"),
}
