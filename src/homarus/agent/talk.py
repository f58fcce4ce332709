"""The talk of one turn with a model: questions, tool rounds, and every way in which it comes to an end in words."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from homarus.agent import compaction, context
from homarus.agent.act import EFFECTS, act
from homarus.agent.asking import Heard, ask, narrowed
from homarus.agent.context import Opening
from homarus.agent.repetition import NUDGE, Pace, Repetition
from homarus.agent.rooms import Past, Profile, Scene, Told
from homarus.agent.speech import without_silence
from homarus.domain import codec
from homarus.domain.acts import Outcome
from homarus.domain.content import JsonObject, Message, Role, Text, ToolCall
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.events import Kind
from homarus.domain.i18n import _
from homarus.domain.ids import CallId
from homarus.domain.inference import Answer, Finish, ModelRef
from homarus.domain.labels import HOUSE, Label, Origin
from homarus.domain.silence import is_heartbeat_well
from homarus.domain.turns import Retracted, Route, Routed, Skipped
from homarus.models.spoken import has_call

if TYPE_CHECKING:
    from homarus.agent.claims import Claim

_MOST_COMPACTIONS = 3
_MOST_TRIES = 5
_MEND = "No tool did this in this turn. Call the tool now, or say plainly that it is not done."
_MOST_MISFITS = 1
"""A call that does not fit has one more try, after the model was told why."""
_MOST_CALLS = 32
"""Of one answer; a model that asks for more at once is told, and can go on after it saw what came of these."""
_MODEL = Label(origin=Origin.MODEL)


@dataclass(slots=True, kw_only=True)
class Talk:
    """A turn's conversation with whichever model answers."""

    scene: Scene
    route: Route
    profile: Profile
    opening: Opening
    windows: dict[str, int] = field(default_factory=dict[str, int])
    """What servers said of their windows in this turn, by `provider/id`."""
    repetition: Repetition = field(default_factory=Repetition)
    protocols: dict[str, str] = field(default_factory=dict[str, str])
    """Which models are asked for tools in another way than was thought, by `provider/id`."""
    compactions: int = 0
    first: ModelRef | None = None
    """The model that the session was opened for."""
    has_mended: bool = False
    """Whether the model was told once that no tool did what it claims."""
    on_trial: Profile | None = None
    """The profile as it was before this one question is asked in words, to see whether the server drops tools."""

    def __post_init__(self) -> None:
        """Remember how the session's models are asked for tools."""
        self.first = self.route.model
        known = self.opening.past.frozen.items()
        self.protocols |= {ref: frozen.protocol for ref, frozen in known if frozen.protocol}
        self.profile = narrowed(self.profile, None, self.protocols.get(str(self.route.model)))

    async def converse(self) -> Told:
        """Return what the model says in the end.

        Raises:
            ModelCallError: when nobody answers.
            Parked: while a person must decide.
        """
        if self.profile.tool_protocol == "guided":
            return await self._guided()
        for number in range(self.scene.turn.agent.max_tool_rounds):
            heard = await self._hear(f"ask:{number}")
            if heard.is_handed_over:
                return await self._guided()
            await self._end_trial(heard.answer)
            if not heard.answer.tool_calls:
                if self.has_mended or not self._unbacked(heard.answer):
                    return self._last(heard.answer)
                self._ask_to_mend(heard.answer)
            elif await self._act(heard.answer, number) is Pace.STOP:
                return await self._wind_up(self._why_stopped())
        return await self._wind_up(_("It used tools as often as one turn may, and was stopped."))

    async def compact(self, focus: str) -> Told:
        """Summarise all of the past but the last turn, and forget that this was asked."""
        self.scene.gained.clear()
        before = self.opening.past
        newest = before.turns[-1].tokens if before.turns else 0
        past = await compaction.compacted(
            self.scene,
            self.route,
            before,
            self.profile,
            because=_("You asked for it."),
            key="compact:asked",
            focus=focus,
            keep_tokens=newest,
        )
        if past is before:
            return Told(text=_("There is nothing to summarise yet."))
        return Told(text=_("Done. From here on the agent knows this:") + f"\n\n{past.summary}")

    async def _guided(self) -> Told:
        errand = self.scene.turn.inbound.errand
        if errand is not None and errand.shape:
            raise ModelCallError(
                Failure.BAD_ANSWER,
                _("{model} is too small to fill in a form.").format(model=self.route.model),
                hint=_("Choose a larger model: homarus setup"),
            )
        from homarus.agent.guided import guided_answer

        return await guided_answer(self.scene, self.opening, self.route)

    # --- one question -------------------------------------------------------------------------------------------

    async def _hear(self, key: str) -> Heard:
        """Ask once; what is too long is made shorter, what is empty is asked again, in the end of another model."""
        heard = await self._fit_and_ask(key)
        if _is_empty(heard):
            self.opening = replace(self.opening, reasoning="off")
            heard = await self._fit_and_ask(f"{key}:again")
        if _is_empty(heard) and self.route.fallbacks:
            await self._give_up_on(heard.answer)
            if self.profile.tool_protocol == "guided":
                return replace(heard, is_handed_over=True)
            heard = await self._fit_and_ask(f"{key}:other")
        return heard

    async def _give_up_on(self, answer: Answer) -> None:
        """Take the next model, because this one has no words."""
        await self._switch_to(self.route.fallbacks[0], _without_words(answer, self.route))
        self.opening = replace(self.opening, reasoning=None)

    async def _switch_to(self, ref: ModelRef, why: str) -> None:
        """Go on with a fallback; those before it are left out."""
        failed, after = self.route, self.route.fallbacks.index(ref) + 1
        profile = await self.scene.rooms.models.profile(ref)
        because = _("{model} answers instead: {why}").format(model=ref, why=why)
        self.route = self.scene.route = Route(
            model=ref,
            because=because,
            place=profile.place,
            instead_of=failed.instead_of or str(failed.model),
            fallbacks=failed.fallbacks[after:],
            skipped=(*failed.skipped, Skipped(model=str(failed.model), because=why)),
        )
        self.profile = narrowed(profile, self.windows.get(str(ref)), self.protocols.get(str(ref)))
        self.scene.notice(because)
        self.scene.watch(Routed(route=self.route))

    async def _fit_and_ask(self, key: str) -> Heard:
        """Ask, with room made before, and again whenever a window turns out smaller than it was thought to be."""
        if self._lacks_room():
            await self._compact(_("The conversation outgrew the model's window."))
        await compaction.foresee(self.scene, self.route, self.profile, self.opening)
        for attempt in range(_MOST_TRIES):
            number = f"{key}:{attempt}" if attempt else key
            heard = await self._ask(number)
            before = self.profile if heard.route.model == self.route.model else None
            await self._take_over(heard)
            if heard.lacks_tools:
                await self._speak_in_words()
            elif heard.overflow_tokens is None:
                return heard
            else:
                await self._make_room(heard, before)
        raise _too_long(self.route)

    async def _ask(self, key: str) -> Heard:
        return await ask(self.scene, self.route, self.opening, key=key, windows=self.windows, protocols=self.protocols)

    async def _speak_in_words(self) -> None:
        """Ask this model for tools in words from now on: its server has no field for them."""
        model = self.route.model
        self.protocols[str(model)] = "text"
        self.profile = narrowed(self.profile, None, "text")
        self.scene.notice(_("The server of {model} takes no tools; it is asked for them in words.").format(model=model))
        if model == self.first:
            body: JsonObject = {
                "model": str(model),
                "frozen": codec.dump(replace(self.opening.frozen, protocol="text")),
            }
            await self.scene.run.emit(Kind.SESSION_FROZEN, body)

    async def _make_room(self, heard: Heard, before: Profile | None) -> None:
        """Do what lets the next try end otherwise: a smaller window known, less past, another model; else give up.

        Raises:
            ModelCallError: when nothing of that can be done.
        """
        assert heard.overflow_tokens is not None
        refused = context.size_of(before, self.opening) if before is not None else None
        self.windows[str(self.route.model)] = heard.overflow_tokens
        self.profile = narrowed(self.profile, heard.overflow_tokens)
        if before is None:
            because = _("{model} answers now and has a smaller window.").format(model=self.route.model)
        else:
            because = _("The model's server has a smaller window than it was thought to have.")
        if self._lacks_room():
            await self._compact(because)
        size = context.size_of(self.profile, self.opening)
        if size is None or (refused is not None and size >= refused):
            await self._take_larger()

    async def _take_larger(self) -> None:
        """Go on with a fallback whose window is larger.

        Raises:
            ModelCallError: when there is none.
        """
        for ref in self.route.fallbacks:
            profile = narrowed(await self.scene.rooms.models.profile(ref), self.windows.get(str(ref)))
            if profile.window_tokens > self.profile.window_tokens:
                why = _("the window of {model} is too small for this.").format(model=self.route.model)
                await self._switch_to(ref, why)
                return
        raise _too_long(self.route)

    async def _take_over(self, heard: Heard) -> None:
        """Go on with whichever model answered."""
        is_answer = heard.overflow_tokens is None and not heard.is_handed_over and not heard.lacks_tools
        if is_answer and not self.scene.answers:
            self._say_who_is_back(heard.route)
        if is_answer:
            self.scene.answers.append(heard.answer)
            self.scene.queue_ms += heard.queue_ms
        if heard.route != self.route:
            self.route = self.scene.route = heard.route
            profile = await self.scene.rooms.models.profile(heard.route.model)
            self.profile = narrowed(
                profile, self.windows.get(str(heard.route.model)), self.protocols.get(str(heard.route.model))
            )

    def _say_who_is_back(self, route: Route) -> None:
        before = self.opening.past.turns[-1:]
        if before and before[0].stood_in_for and before[0].stood_in_for == str(route.model):
            sentence = _("{model} answers again; {other} stood in for it.")
            self.scene.notice(sentence.format(model=route.model, other=before[0].model))

    def _lacks_room(self) -> bool:
        room = context.room_tokens(self.profile, self.opening.turn.agent)
        return context.prompt_tokens(self.profile, self.opening) > room

    async def _compact(self, because: str) -> bool:
        """Summarise what is older, and tell whether that removed anything."""
        if self.compactions >= _MOST_COMPACTIONS:
            return False
        before = self.opening.past
        room = context.room_tokens(self.profile, self.opening.turn.agent)
        room_left = room - context.prompt_tokens(self.profile, replace(self.opening, past=Past(pins=before.pins)))
        past = await compaction.compacted(
            self.scene,
            self.route,
            before,
            self.profile,
            because=because,
            key=f"compact:{self.compactions}",
            keep_tokens=compaction.kept_tokens(self.scene, self.profile, room_left=room_left),
        )
        if past is before:
            return False
        self.compactions += 1
        self.opening = replace(self.opening, past=past)
        self.scene.notice(_("{because} Older messages were summarised.").format(because=because))
        return True

    # --- one round of tools -------------------------------------------------------------------------------------

    async def _act(self, answer: Answer, number: int) -> Pace:
        """Do what the model asks for, in order, and tell whether it goes in circles."""
        asked = answer.tool_calls[:_MOST_CALLS]
        calls = tuple(self._with_own_id(call, number, place) for place, call in enumerate(asked))
        if answer.text:
            self.scene.watch(Retracted(because=""))
        said = (Text(text=answer.text, label=_MODEL),) if answer.text else ()
        self._gain(Message(role=Role.ASSISTANT, parts=said, tool_calls=calls, reasoning=answer.reasoning))
        worst, misfits = Pace.GO, self.scene.misfits
        told = misfits.copy()
        for place, call in enumerate(calls):
            pace = self.repetition.pace(call)
            if pace is Pace.GO:
                self._gain(await act(call, self.scene, key=f"act:{number}:{place}"))
            else:
                self._gain(_nudge(call))
            misfits[call.name] = min(misfits[call.name], told[call.name] + 1)  # one answer was told of nothing yet
            is_lost = misfits[call.name] > _MOST_MISFITS
            worst = Pace.STOP if is_lost or Pace.STOP in (worst, pace) else worst
        if len(answer.tool_calls) > _MOST_CALLS:
            self._leave_out(len(answer.tool_calls))
        return worst

    def _leave_out(self, count: int) -> None:
        """Tell the model and the person that an answer asked for more than is done at once."""
        sentence = _("The model asked for {count} tool calls at once; only the first {most} were looked at.")
        self.scene.notice(sentence.format(count=count, most=_MOST_CALLS))
        said = f"Only the first {_MOST_CALLS} of {count} calls were looked at. Ask again for what is still to do."
        last = self.scene.gained.pop()
        self.opening = replace(self.opening, current=self.opening.current[:-1])
        self._gain(replace(last, parts=(*last.parts, Text(text=said, label=HOUSE))))

    # --- claims -------------------------------------------------------------------------------------------------

    def _name_claims(self, answer: Answer) -> None:
        from homarus.agent.claims import named

        if left := self._unbacked(answer):
            self.scene.notice(_("Not done: no tool did this in this turn. “{words}”").format(words=named(left)))

    def _unbacked(self, answer: Answer) -> "tuple[Claim, ...]":
        from homarus.agent.claims import unbacked

        if self.scene.turn.inbound.errand is not None and self.scene.turn.inbound.errand.shape:
            return ()  # fields to be looked at by whoever asked, not words to a person
        return unbacked(without_silence(answer.text), self.scene.receipts, asked=self.scene.turn.owner_words)

    def _ask_to_mend(self, answer: Answer) -> None:
        """Tell the model once that no tool did what it says, so that it calls one or takes the words back."""
        self.has_mended = True
        self.scene.watch(Retracted(because=""))
        self._gain(Message(role=Role.ASSISTANT, parts=(Text(text=answer.text, label=_MODEL),)))
        self._gain(Message(role=Role.USER, parts=(Text(text=_MEND, label=HOUSE),)))
        if self.profile.tool_protocol == "native" and self.profile.is_local and not self._has_called():
            self.on_trial = self.profile
            self.protocols[str(self.route.model)] = "text"
            self.profile = narrowed(self.profile, None, "text")

    def _has_called(self) -> bool:
        """Whether a call of this session came through: then its server knows tools."""
        past = [message for turn in self.opening.past.turns for message in turn.messages]
        return any(message.tool_calls for message in (*past, *self.opening.current))

    async def _end_trial(self, answer: Answer) -> None:
        """Stay with words when they brought a call; else it was not the server's fault."""
        before, self.on_trial = self.on_trial, None
        if before is None:
            return
        if answer.tool_calls:
            await self._speak_in_words()
        else:
            self.profile = before
            del self.protocols[str(self.route.model)]

    def _with_own_id(self, call: ToolCall, number: int, place: int) -> ToolCall:
        """Give a call an id of its own: models leave it out, and servers use one twice."""
        taken = {known.call_id for message in self.scene.gained for known in message.tool_calls}
        is_own = bool(call.call_id) and call.call_id not in taken and not call.call_id.startswith("text_") and not place
        return call if is_own else replace(call, call_id=CallId(f"call_{number}_{place}"))

    def _gain(self, message: Message) -> None:
        self.scene.gained.append(message)
        self.opening = replace(self.opening, current=(*self.opening.current, message))

    def _why_stopped(self) -> str:
        lost = [name for name, times in self.scene.misfits.items() if times > _MOST_MISFITS]
        if lost:
            return _("It could not call {tool} as it must be called, and was stopped.").format(tool=lost[0] or "?")
        return _("It asked for the same thing again and again, and was stopped.")

    # --- the end ------------------------------------------------------------------------------------------------

    async def _wind_up(self, because: str) -> Told:
        """Ask for words only, after tools have led nowhere."""
        self.scene.notice(because)
        self.opening = replace(self.opening, has_tools=False)
        heard = await self._hear("ask:last")
        answer = heard.answer
        if answer.text.strip() and not (answer.tool_calls or has_call(answer.text, self.opening.frozen.tools)):
            return self._last(answer)
        self.scene.watch(Retracted(because=""))
        hint = _("Ask for less at once, or choose another model: homarus models list")
        return Told(text=_("There is no answer. {because}").format(because=because), is_error=True, hint=hint)

    def _last(self, answer: Answer) -> Told:
        text = without_silence(answer.text)
        if self.scene.turn.priority == "heartbeat" and is_heartbeat_well(answer.text):
            text = ""
        if answer.text.strip():
            self._gain(Message(role=Role.ASSISTANT, parts=(Text(text=answer.text, label=_MODEL),)))
        if answer.reason is Finish.LENGTH and text:
            self.scene.notice(_("The answer was cut: it reached the most that the model may say at once."))
        if answer.reason is Finish.REFUSED and text:
            self.scene.notice(_("The answer ends where {model} or a filter refused.").format(model=self.route.model))
        self._name_what_was_not_done()
        self._name_claims(answer)
        if text:
            return Told(text=text)
        if answer.text.strip():
            self.scene.notice(_("The model had nothing to say to this."))
            return Told(text="")
        return self._nothing(answer)

    def _name_what_was_not_done(self) -> None:
        """Say it for the model, which may claim otherwise: an effect that was asked for and did not happen."""
        last = {receipt.tool: receipt for receipt in self.scene.receipts}
        for receipt in last.values():
            tool = self.scene.rooms.tools.get(receipt.tool)
            if receipt.outcome is not Outcome.DONE and tool is not None and tool.traits.risk in EFFECTS:
                sentence = _("{tool} was not done: {why}")
                if receipt.outcome is Outcome.UNKNOWN:
                    sentence = _("Nobody knows whether {tool} was done; look before you let it be done again: {why}")
                self.scene.notice(sentence.format(tool=receipt.tool, why=receipt.summary))

    def _nothing(self, answer: Answer) -> Told:
        """Say in words that there are none."""
        hint = _("Ask again in other words, or with another model: homarus models list")
        return Told(text=_without_words(answer, self.route), is_error=True, hint=hint)


def _without_words(answer: Answer, route: Route) -> str:
    if answer.reason is Finish.REFUSED:
        return _("{model} refused to answer.").format(model=route.model)
    if answer.reason is Finish.LENGTH:
        return _("{model} spent all its words on thinking and gave no answer.").format(model=route.model)
    if answer.reasoning.strip():
        return _("{model} thought about it and gave no answer, twice.").format(model=route.model)
    return _("{model} gave an empty answer twice.").format(model=route.model)


def _is_empty(heard: Heard) -> bool:
    answer = heard.answer
    is_answer = heard.overflow_tokens is None and not heard.is_handed_over
    return is_answer and not answer.tool_calls and not answer.text.strip() and answer.reason is not Finish.REFUSED


def _nudge(call: ToolCall) -> Message:
    part = Text(text=NUDGE, label=HOUSE)
    return Message(role=Role.TOOL, parts=(part,), call_id=call.call_id, tool_name=call.name, is_error=True)


def _too_long(route: Route) -> ModelCallError:
    return ModelCallError(
        Failure.CONTEXT_OVERFLOW,
        _("The message does not fit into the window of {model}, not even with everything else left out.").format(
            model=route.model
        ),
        hint=_("Send a shorter text, or choose a model with a larger window: homarus models list"),
    )
