"""The talk of one turn with a model: questions, tool rounds, and every way in which it comes to an end in words."""

from dataclasses import dataclass, field, replace

from homarus.agent import compaction, context
from homarus.agent.act import EFFECTS, act
from homarus.agent.asking import Heard, ask, narrowed
from homarus.agent.context import Opening
from homarus.agent.repetition import NUDGE, Pace, Repetition
from homarus.agent.rooms import Profile, Scene, Told
from homarus.agent.speech import without_silence
from homarus.domain.acts import Outcome
from homarus.domain.content import Message, Role, Text, ToolCall
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ids import CallId
from homarus.domain.inference import Answer, Finish
from homarus.domain.labels import HOUSE, Label, Origin
from homarus.domain.turns import Retracted, Route, Routed, Skipped
from homarus.models.spoken import taken_apart

_MOST_COMPACTIONS = 2
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
    compactions: int = 0

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
            if not heard.answer.tool_calls:
                return self._last(heard.answer)
            if await self._act(heard.answer, number) is Pace.STOP:
                return await self._wind_up(_("It asked for the same thing again and again, and was stopped."))
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
        models, failed = self.scene.rooms.models, self.route.model
        first, *rest = self.route.fallbacks
        why = _without_words(answer, self.route)
        profile = await models.profile(first)
        because = _("{model} answers instead: {why}").format(model=first, why=why)
        self.route = self.scene.route = Route(
            model=first,
            because=because,
            place=profile.place,
            fallbacks=tuple(rest),
            skipped=(*self.route.skipped, Skipped(model=str(failed), because=why)),
        )
        self.profile = narrowed(profile, self.windows.get(str(first)))
        self.opening = replace(self.opening, reasoning=None)
        self.scene.notice(because)
        self.scene.watch(Routed(route=self.route))

    async def _fit_and_ask(self, key: str) -> Heard:
        room = context.room_tokens(self.profile, self.opening.turn.agent)
        if context.prompt_tokens(self.profile, self.opening) > room:
            await self._compact(_("The conversation outgrew the model's window."))
        heard = await ask(self.scene, self.route, self.opening, key=key, windows=self.windows)
        for attempt in range(1, _MOST_COMPACTIONS + 1):
            await self._take_over(heard)
            if heard.overflow_tokens is None:
                return heard
            self.windows[str(self.route.model)] = heard.overflow_tokens
            self.profile = narrowed(self.profile, heard.overflow_tokens)
            await self._compact(_("The model's server has a smaller window than it was thought to have."))
            heard = await ask(self.scene, self.route, self.opening, key=f"{key}:{attempt}", windows=self.windows)
        if heard.overflow_tokens is not None:
            raise _too_long(self.route)
        await self._take_over(heard)
        return heard

    async def _take_over(self, heard: Heard) -> None:
        """Go on with whichever model answered."""
        if heard.overflow_tokens is None and not heard.is_handed_over:
            self.scene.answers.append(heard.answer)
            self.scene.queue_ms += heard.queue_ms
        if heard.route != self.route:
            self.route = self.scene.route = heard.route
            profile = await self.scene.rooms.models.profile(heard.route.model)
            self.profile = narrowed(profile, self.windows.get(str(heard.route.model)))

    async def _compact(self, because: str) -> None:
        if self.compactions >= _MOST_COMPACTIONS:
            return
        before = self.opening.past
        past = await compaction.compacted(
            self.scene, self.route, before, self.profile, because=because, key=f"compact:{self.compactions}"
        )
        if past is before:
            return
        self.compactions += 1
        self.opening = replace(self.opening, past=past)
        self.scene.notice(_("{because} Older messages were summarised.").format(because=because))

    # --- one round of tools -------------------------------------------------------------------------------------

    async def _act(self, answer: Answer, number: int) -> Pace:
        """Do what the model asks for, in order, and tell whether it goes in circles."""
        calls = tuple(self._with_own_id(call, number, place) for place, call in enumerate(answer.tool_calls))
        if answer.text:
            self.scene.watch(Retracted(because=""))
        said = (Text(text=answer.text, label=_MODEL),) if answer.text else ()
        self._gain(Message(role=Role.ASSISTANT, parts=said, tool_calls=calls, reasoning=answer.reasoning))
        worst = Pace.GO
        for place, call in enumerate(calls):
            pace = self.repetition.pace(call)
            if pace is Pace.GO:
                self._gain(await act(call, self.scene, key=f"act:{number}:{place}"))
            else:
                self._gain(_nudge(call))
            worst = Pace.STOP if Pace.STOP in (worst, pace) else worst
        return worst

    def _with_own_id(self, call: ToolCall, number: int, place: int) -> ToolCall:
        """Give a call an id of its own: models leave it out, and servers use one twice."""
        taken = {known.call_id for message in self.scene.gained for known in message.tool_calls}
        is_own = bool(call.call_id) and call.call_id not in taken and not call.call_id.startswith("text_") and not place
        return call if is_own else replace(call, call_id=CallId(f"call_{number}_{place}"))

    def _gain(self, message: Message) -> None:
        self.scene.gained.append(message)
        self.opening = replace(self.opening, current=(*self.opening.current, message))

    # --- the end ------------------------------------------------------------------------------------------------

    async def _wind_up(self, because: str) -> Told:
        """Ask for words only, after tools have led nowhere."""
        self.scene.notice(because)
        self.opening = replace(self.opening, has_tools=False)
        heard = await self._hear("ask:last")
        answer = heard.answer
        if answer.text.strip() and not (answer.tool_calls or taken_apart(answer.text, self.opening.frozen.tools).calls):
            return self._last(answer)
        self.scene.watch(Retracted(because=""))
        hint = _("Ask for less at once, or choose another model: homarus models list")
        return Told(text=_("There is no answer. {because}").format(because=because), is_error=True, hint=hint)

    def _last(self, answer: Answer) -> Told:
        text = without_silence(answer.text)
        if answer.text.strip():
            self._gain(Message(role=Role.ASSISTANT, parts=(Text(text=answer.text, label=_MODEL),)))
        if answer.reason is Finish.LENGTH and text:
            self.scene.notice(_("The answer was cut: it reached the most that the model may say at once."))
        self._name_what_was_not_done()
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
                sentence = _("{tool} was not done: {why}").format(tool=receipt.tool, why=receipt.summary)
                self.scene.notice(sentence)

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
