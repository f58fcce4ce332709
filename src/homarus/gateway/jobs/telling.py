"""Tell the owner what became of a run: once, where the job says, and with the time at which it happened.

What is told is a reply in the log, so that the way out which all replies take sends it: after `kill -9` it is sent
again only where the other side drops a second one.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from homarus.domain import codec
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ConnectionFailedError, HomarusError, NotAcceptedError, Stage, UsageError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.findings import ActionItem, Report
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.job_settings import JobSettings
from homarus.domain.jobs import DeliveryMode, JobRun, RunState
from homarus.domain.ports import Blobs, Clock, Door, Outbound, Purpose, Records, Store
from homarus.domain.times import in_words
from homarus.domain.turns import Reply
from homarus.gateway.jobs.places import Place, Places
from homarus.gateway.jobs.runs import Runs
from homarus.gateway.jobs.slots import RunSlots
from homarus.gateway.keeping import logged
from homarus.gateway.outbox import Outbox

_LOG = logging.getLogger(__name__)
_GOOD = frozenset({RunState.DONE, RunState.PARTIAL, RunState.NO_DATA})
_BAD = frozenset({RunState.FAILED, RunState.INTERRUPTED})
_ALERT = "alert"
_MOST_ACTIONS = 8
_ANSWER_BYTES = 4096
_REFUSED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Called with every run that ends, at least once."""

    store: Store
    records: Records
    blobs: Blobs
    clock: Clock
    door: Door
    outbox: Outbox
    places: Places
    runs: Runs
    slots: RunSlots
    settings: Callable[[], JobSettings]
    tasks: asyncio.TaskGroup
    """Where calls to webhooks wait for a server that is not there yet; a run does not wait with them."""
    pauses_s: tuple[float, ...] = (1.0, 10.0, 60.0, 300.0, 900.0)
    """How long to wait before each further try, while no connection was opened."""

    async def __call__(self, run: JobRun) -> None:
        """Tell what there is to tell."""
        if run.told_at is not None or not await self._is_worth_it(run):
            return
        text = message_of(run, await self._report(run))
        if not text:
            return
        if run.delivery.mode is DeliveryMode.WEBHOOK and run.state in _GOOD:
            work = logged(f"webhook of {run.run_id}", self._call(run, text))
            self.tasks.create_task(work, name=f"webhook of {run.run_id}")
            return
        place = await self.places.of(run.delivery)
        await self._say(run, text, place)

    async def _is_worth_it(self, run: JobRun) -> bool:
        if run.state in _GOOD:
            return run.delivery.mode is not DeliveryMode.NONE
        return run.state in _BAD and await self._is_alarming(run)

    async def _is_alarming(self, run: JobRun) -> bool:
        """Whether a failure is told: of a job that runs often from some in a row on, and not again for a while.

        A job that did not run within that while is told of at its first failure: who waits for a briefing must not
        hear tomorrow that there was none today.
        """
        alert = self.settings().failure_alert
        if run.job_id is None:
            return run.delivery.mode is not DeliveryMode.NONE
        if not alert.enabled:
            return False
        ended = tuple(state for state in RunState if state.has_ended and state is not RunState.SKIPPED)
        latest = await self.runs.list(job=run.job_id, states=ended, limit=alert.after + 1)
        in_a_row = latest[: alert.after]
        if len(in_a_row) < alert.after or any(one.state not in _BAD for one in in_a_row):
            before = next((one for one in latest if one.run_id != run.run_id), None)
            if before is not None and at_of(run) - at_of(before) < timedelta(milliseconds=alert.cooldown_ms):
                return False
        known = await self.records.get(_ALERT, run.job_id)
        now = self.clock.now()
        if known and known.get("run") != run.run_id:
            last = datetime.fromisoformat(str(known["at"]))
            if timedelta() <= now - last < timedelta(milliseconds=alert.cooldown_ms):
                return False
        await self.records.put(_ALERT, run.job_id, {"at": now.isoformat(), "run": run.run_id})
        return True

    async def _report(self, run: JobRun) -> Report | None:
        if not run.report:
            return None
        return codec.load(Report, cast("Json", json.loads(await self.blobs.get(run.report))))

    async def _say(self, run: JobRun, text: str, place: Place | None) -> None:
        """Write it down as a reply and hand it to the way out; where it stands already, it was said."""
        turn = TurnId(f"{run.run_id}:told")
        agent = run.work.agent or AgentId("main")
        reply = Reply(turn_id=turn, session=SessionKey(f"agent:{agent}:job:{run.run_id}:told"), text=text, route=None)
        channel, to = (place.channel, place.to) if place is not None else ("web", "")
        body: JsonObject = {"reply": codec.dump(reply), "messages": [], "channel": channel, "to": to}
        await self.store.append(
            NewEvent(
                kind=Kind.REPLY_WRITTEN, body=body, session=reply.session, turn=turn, dedupe=f"{run.run_id}:told:reply"
            )
        )
        if place is not None:
            self.outbox.deliver(reply, channel=channel, to=to)
        await self.slots.note_told(run.run_id, channel=channel, to=to)

    # --- other programs ---------------------------------------------------------------------------------------

    async def _call(self, run: JobRun, text: str) -> None:
        """Hand the outcome to a webhook; a call that was cut off is not made again blindly."""
        key = f"{run.run_id}:told:webhook"
        body: JsonObject = {"channel": "webhook", "to": run.delivery.to}
        if await self.store.find(key) is not None:
            _LOG.warning("whether the outcome of %s reached its webhook is not known", run.run_id)
            return
        await self.store.append(NewEvent(kind=Kind.REPLY_SENDING, body=body, dedupe=key))
        for pause_s in (*self.pauses_s, None):
            try:
                await self._post(run, text)
            except HomarusError as error:
                told = f"the outcome of {run.run_id} did not reach its webhook: {error.message} {error.hint}"
                _LOG.warning("%s", told)
                if pause_s is None or not _never_arrived(error):
                    return
            else:
                await self.slots.note_told(run.run_id, channel="webhook", to=run.delivery.to)
                return
            await asyncio.sleep(pause_s)

    async def _post(self, run: JobRun, text: str) -> None:
        token = self.settings().webhook_token
        headers = {"Content-Type": "application/json", "Idempotency-Key": run.run_id}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        body = {"run": codec.dump(run), "text": text, "at": at_of(run).isoformat()}
        outbound = Outbound(
            method="POST",
            url=run.delivery.to,
            purpose=Purpose.CHANNEL,
            headers=headers,
            body=json.dumps(body, ensure_ascii=False).encode(),
        )
        async with self.door.open(outbound) as answer:
            if answer.status >= _REFUSED:
                said = (await answer.read(_ANSWER_BYTES)).decode("utf-8", "replace")[:200]
                raise UsageError(
                    _("{url} answered {status}.").format(url=run.delivery.to, status=answer.status), hint=said
                )


def _never_arrived(error: HomarusError) -> bool:
    """Whether no connection was opened, so that the same call can be made again."""
    if not isinstance(error, ConnectionFailedError) or isinstance(error, NotAcceptedError):
        return False
    return error.stage in {Stage.RESOLVE, Stage.CONNECT}


def at_of(run: JobRun) -> datetime:
    """Return when what is told about a run happened, on its own clock; never when it is told."""
    return (run.ended_at or run.queued_at).astimezone(ZoneInfo(run.zone))


def message_of(run: JobRun, report: Report | None) -> str:
    """Return what the owner is told about a run, empty when there is nothing to tell."""
    when = in_words(at_of(run))
    if run.state in _BAD:
        lines = [_("{name} failed, {when}: {error}").format(name=run.name, when=when, error=run.error or run.summary)]
        if run.hint:
            lines.append(_("Next: {hint}").format(hint=run.hint))
        return "\n".join(lines)
    if run.state is RunState.NO_DATA:
        head = _("{name}, {when}: there was nothing to work with.").format(name=run.name, when=when)
        return "\n".join(part for part in (head, run.summary, run.hint) if part)
    if report is None:
        return ""
    said = report.message or "\n".join((report.summary, *map(_action, report.actions[:_MOST_ACTIONS])))
    head = f"{run.name}, {when}"
    if run.state is RunState.PARTIAL or report.is_partial:
        head += " " + _("(not complete)")
    missing = [_("Missing: {what} ({because})").format(what=one.what, because=one.because) for one in report.missing]
    return "\n\n".join(part for part in (head, said.strip(), "\n".join(missing)) if part)


def _action(item: ActionItem) -> str:
    return f"- {item.title}" + (f" ({item.due})" if item.due else "")
