"""Carry out what a person says to the house instead of the agent: `/status`, `/model`, `/stop`, `/approve` ..."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from homarus.agent import pins
from homarus.agent.commands import INSTEAD, Command, Spoken
from homarus.domain.acts import Approval, Decision
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _, ngettext
from homarus.domain.ids import TurnId
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Store
from homarus.domain.turns import Inbound
from homarus.gateway.approvals import Approvals
from homarus.gateway.facts import Facts
from homarus.gateway.selection import Selection
from homarus.gateway.turns import Turns

_BY = "chat"


class Known(Protocol):
    """Whoever knows models by name."""

    async def names(self) -> tuple[str, ...]:
        """Return `provider/id` of every model that can be used."""
        ...

    async def resolve(self, name: str) -> ModelRef:
        """Return the model that a name or an alias stands for.

        Raises:
            NotFoundError: with the nearest names, when there is none.
        """
        ...

    async def window_of(self, name: str) -> int | None:
        """Return how many tokens a model can hold, `None` when there is no such model any more."""
        ...


Do = Callable[[Spoken, Inbound], Awaitable[str]]


class Further(Protocol):
    """Whoever does what is said about work that goes on beside conversations."""

    def commands(self) -> Mapping[Command, Do]:
        """Return what can be said."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanding:
    """Does what slash commands say and returns the sentence for the person."""

    store: Store
    turns: Turns
    approvals: Approvals
    selection: Selection
    facts: Facts
    models: Known
    further: Further | None = None
    """What is said about work that goes on beside conversations."""

    async def carry_out(self, spoken: Spoken, inbound: Inbound) -> str:
        """Do it.

        Raises:
            UserError: when it cannot be done; says the next step.
        """
        do: Mapping[Command, Do] = {
            Command.HELP: self._help,
            Command.STATUS: self._status,
            Command.MODEL: self._model,
            Command.NEW: self._afresh,
            Command.RESET: self._afresh,
            Command.STOP: self._stop,
            Command.APPROVE: self._approve,
            Command.RETRY: self._retry,
            Command.WHOAMI: self._whoami,
            Command.CONTEXT: self._context,
            Command.PIN: self._pin,
            Command.UNPIN: self._unpin,
            Command.ELSEWHERE: self._elsewhere,
        }
        if self.further is not None:
            do = {**do, **self.further.commands()}
        if spoken.command not in do:
            raise NotFoundError(
                _("/{name} does nothing in this house.").format(name=spoken.command.value), hint="/help"
            )
        return await do[spoken.command](spoken, inbound)

    async def _help(self, _spoken: Spoken, _inbound: Inbound) -> str:
        return "\n".join(
            (
                _("- `/help` these lines; `/status` what runs and what waits"),
                _("- `/model` the models; `/model NAME` uses one in this conversation; `/model default` goes back"),
                _("- `/new` starts afresh, `/reset` does the same; what was said stays in the log"),
                _("- `/compact` makes a summary of this conversation, so that there is room again"),
                _("- `/pin WORDS` keeps them word for word in this conversation; `/pin` lists, `/unpin NUMBER` drops"),
                _("- `/stop` stops the answer that is under way"),
                _("- `/approve ID once|session|deny` answers a question"),
                _("- `/retry` sends your last message again"),
                _("- `/jobs` what is planned; `/jobs run NAME`, `/jobs pause NAME`, `/jobs resume NAME`"),
                _("- `/queue` what runs and waits; `/subagents`, `/subagents kill all`; `/usage` what was used here"),
                _("- `/context` how much of this conversation the model sees; `/whoami` how you are known here"),
            )
        )

    async def _elsewhere(self, spoken: Spoken, _inbound: Inbound) -> str:
        return _(INSTEAD[spoken.rest])

    async def _status(self, _spoken: Spoken, _inbound: Inbound) -> str:
        status = await self.facts.status()
        model = f"`{status.model.ref}` ({status.model.place})" if status.model else _("none")
        lines = [
            _("Model: {model}").format(model=model),
            _("Turns: {running} running, {queued} waiting").format(
                running=status.turns.beside, queued=status.turns.queued
            ),
            ngettext("{count} question needs you", "{count} questions need you", status.needs_you).format(
                count=status.needs_you
            ),
        ]
        if status.next_reminder:
            lines.append(
                _("Next reminder: {text} ({when})").format(
                    text=status.next_reminder.text, when=status.next_reminder.when
                )
            )
        return "\n".join(f"- {line}" for line in lines)

    async def _model(self, spoken: Spoken, inbound: Inbound) -> str:
        if spoken.rest in ("", "list", "status"):
            chosen = await self.selection.of_session(inbound.session)
            names = "\n".join(f"- `{name}`" for name in await self.models.names())
            here = _("This conversation uses `{model}`.").format(model=chosen) if chosen else ""
            return "\n\n".join(part for part in (here, names, _("Pick one: `/model provider/id`")) if part)
        if spoken.rest == "default":
            await self.selection.choose(None, session=inbound.session, by=_BY)
            return _("This conversation follows the house's choice again.")
        ref = await self.models.resolve(spoken.rest)
        await self.selection.choose(ref, session=inbound.session, by=_BY)
        return _("This conversation uses `{model}` from now on, and no other one steps in.").format(model=ref)

    async def _afresh(self, spoken: Spoken, inbound: Inbound) -> str:
        await self.store.append(NewEvent(kind=Kind.SESSION_RESET, body={"by": _BY}, session=inbound.session))
        if spoken.rest:
            return await self._model(spoken, inbound)
        return _("A fresh start: the model no longer sees what was said before.")

    async def _stop(self, _spoken: Spoken, inbound: Inbound) -> str:
        stopped = 0
        for event in await self.store.unfinished_turns():
            is_other = _text_id(event) != inbound.external_id
            if event.session == inbound.session and event.turn is not None and is_other:
                await self.turns.stop(event.turn, by=_BY)
                stopped += 1
        if not stopped:
            return _("Nothing is under way in this conversation.")
        return ngettext("Stopped {count} answer.", "Stopped {count} answers.", stopped).format(count=stopped)

    async def _approve(self, spoken: Spoken, inbound: Inbound) -> str:
        approval = await self._meant(spoken.approval, inbound)
        await self.approvals.decide(
            approval.approval_id, Decision(spoken.decision), fingerprint=approval.fingerprint, by=_BY
        )
        if spoken.decision == "deny":
            return _("Denied: `{tool}` does not run.").format(tool=approval.tool)
        return _("Allowed: `{tool}` runs.").format(tool=approval.tool)

    async def _meant(self, name: str, inbound: Inbound) -> Approval:
        """Return the question that an answer is for; without a name, the only one asked in this conversation."""
        pending = await self.approvals.pending()
        found = [
            approval
            for approval in pending
            if name == approval.approval_id or (not name and approval.session == inbound.session)
        ]
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFoundError(_("Nothing waits for a yes or no."), hint=_("`/status` says what does."))
        names = ", ".join(f"{approval.approval_id} ({approval.tool})" for approval in found)
        raise UsageError(
            _("Several questions wait: {names}.").format(names=names), hint=_("Say which: /approve ID once")
        )

    async def _retry(self, _spoken: Spoken, inbound: Inbound) -> str:
        events = await self.store.of_session(inbound.session, kinds=(Kind.INBOUND_ACCEPTED,))
        for event in reversed(events):
            message = event.body.get("inbound")
            text = message.get("text") if isinstance(message, Mapping) else None
            if event.turn is not None and isinstance(text, str) and not text.startswith("/"):
                await self.turns.retry(event.turn)
                return await self._repeats(event.turn, text)
        raise NotFoundError(_("There is no message to send again."), hint=_("Write one."))

    async def _repeats(self, turn: TurnId, text: str) -> str:
        reply = await self.turns.reply(turn)
        did = "\n".join(f"- {receipt.summary}" for receipt in reply.receipts) if reply else ""
        again = _("Again: {text}").format(text=text)
        warning = _("It may do again what it did the first time:")
        return f"{again}\n\n{warning}\n{did}" if did else again

    async def _whoami(self, _spoken: Spoken, inbound: Inbound) -> str:
        return _("You are the {origin} of this house, in `{session}`, through {channel}.").format(
            origin=inbound.label.origin.value, session=inbound.session, channel=inbound.channel
        )

    async def _pin(self, spoken: Spoken, inbound: Inbound) -> str:
        marks = await self.store.of_session(inbound.session, kinds=pins.KINDS)
        known = pins.pins_of(marks)
        if not spoken.rest:
            lines = "\n".join(f"{pin.pin_id}. {pin.text}" for pin in known)
            return lines or _("Nothing is pinned in this conversation. Write: /pin WORDS")
        text = pins.checked(spoken.rest, known)
        pin_id = pins.next_id(marks)
        body = {"pin_id": pin_id, "text": text}
        await self.store.append(NewEvent(kind=Kind.SESSION_PINNED, body=body, session=inbound.session))
        return _("Pinned as number {pin}: it stays word for word, whatever is summarised.").format(pin=pin_id)

    async def _unpin(self, spoken: Spoken, inbound: Inbound) -> str:
        marks = await self.store.of_session(inbound.session, kinds=pins.KINDS)
        pin = pins.named(spoken.rest, pins.pins_of(marks))
        body = {"pin_id": pin.pin_id}
        await self.store.append(NewEvent(kind=Kind.SESSION_UNPINNED, body=body, session=inbound.session))
        return _("Not pinned any more: {text}").format(text=pin.text)

    async def _context(self, _spoken: Spoken, inbound: Inbound) -> str:
        kinds = (Kind.REPLY_WRITTEN, Kind.SESSION_RESET, Kind.SESSION_COMPACTED, Kind.MODEL_ANSWERED)
        events = await self.store.of_session(inbound.session, kinds=kinds)
        replies = [event for event in events if event.kind is Kind.REPLY_WRITTEN and event.body.get("messages")]
        since = _told_since(events)
        seen = sum(event.seq > since for event in replies)
        lines = [
            _("The model sees the last {seen} of {total} answers of this conversation.").format(
                seen=seen, total=len(replies)
            )
        ]
        if fill := await self._fill(events):
            lines.append(fill)
        marks = await self.store.of_session(inbound.session, kinds=pins.KINDS)
        if count := len(pins.pins_of(marks)):
            lines.append(ngettext("{count} pin is kept.", "{count} pins are kept.", count).format(count=count))
        return "\n".join(lines)

    async def _fill(self, events: Sequence[Event]) -> str:
        """Say how full the window was at the last answer, as its server counted."""
        last = next((event for event in reversed(events) if event.kind is Kind.MODEL_ANSWERED), None)
        answer = last.body.get("answer") if last is not None else None
        usage = answer.get("usage") if isinstance(answer, Mapping) else None
        read = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
        name = str(last.body.get("served_by") or "") if last is not None else ""
        if not isinstance(read, int) or not read or not name:
            return ""
        window = await self.models.window_of(name)
        if window is None:
            return _("At the last answer `{model}` had read {read} tokens.").format(model=name, read=read)
        return _("At the last answer `{model}` had read {read} of {window} tokens ({percent} %).").format(
            model=name, read=read, window=window, percent=round(100 * read / window)
        )


def _told_since(events: Sequence[Event]) -> int:
    """Return the number of the last event that models are not told word for word."""
    since = 0
    for event in events:
        if event.kind is Kind.SESSION_RESET:
            since = event.seq
        elif event.kind is Kind.SESSION_COMPACTED:
            since = int(str(event.body["upto_seq"]))
    return since


def _text_id(event: Event) -> object:
    message = event.body.get("inbound")
    return message.get("external_id") if isinstance(message, Mapping) else None
