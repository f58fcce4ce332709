"""The doing part of a house: models, tools, effects and questions to the owner."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar, cast

from pydantic import BaseModel

from homarus.domain import codec
from homarus.domain.acts import Approval
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.events import Kind
from homarus.domain.findings import Effect, Level
from homarus.domain.i18n import _
from homarus.domain.ids import ApprovalId, CallId, TurnId
from homarus.domain.inference import Usage
from homarus.domain.labels import Label
from homarus.domain.playbooks import Answered, BadAnswerError
from homarus.domain.speaking import Ask, Did, Material, Use
from homarus.playbooks.core.answers import as_json, schema_of, shaped, spent_of
from homarus.playbooks.core.effects import Outbox, Wanted
from homarus.playbooks.core.stating import Stating

S = TypeVar("S", bound=BaseModel)
M = TypeVar("M", bound=BaseModel)
QUESTION = "ask"
"""What an approval calls the question of a playbook, in place of a tool."""
SHORT_ROLE = 40
"""A role of no more letters is a name, which says who did a step; a longer one is an instruction."""
ANSWER_WITHIN = timedelta(hours=24)


class Doing(Stating[S]):
    """Asks and acts through the journal."""

    async def agent(  # noqa: PLR0913 - a question has that many parts
        self,
        key: str,
        ask: str,
        *,
        shape: type[M],
        role: str = "",
        material: Sequence[Material] = (),
        model: str | None = None,
        tools: Sequence[str] = (),
        priority: str = "job",
        said: str = "",
    ) -> Answered[M]:
        """Ask a model for an answer in a shape.

        Raises:
            BadAnswerError: when the second answer does not fit either.
            ModelCallError: when no model answers.
            LimitReachedError: when the budget is used up.
        """
        question = Ask(
            run=self.run_id,
            step=key,
            text=ask,
            role=role,
            material=tuple(material),
            shape=schema_of(shape),
            model=model,
            tools=tuple(tools),
            priority=priority,
            max_tokens=self._ports.purse.left().tokens,
            seed=seed_of(self._play.seed, key),
        )

        async def speak() -> JsonObject:
            return await self._speak(question, shape)

        await self._write_facts()
        words = said or (role if len(role) <= SHORT_ROLE and "\n" not in role else "")
        outcome = await self._once(key, speak, said=lambda spoken: str(spoken.get("error") or words))
        return _answered(key, outcome, shape)

    async def tool(self, key: str, name: str, /, **arguments: Json) -> Did:
        """Use a tool, judged like a model's call but for a headless run; a refusal is in the receipt's outcome."""
        self._take(key)
        self._ports.purse.check()
        await self._write_facts()
        return await self._ports.acting(Use(run=self.run_id, step=key, tool=name, arguments=arguments))

    async def effect(
        self, key: str, tool: str, arguments: JsonObject, *, target: str, level: Level, cost_usd: float = 0.0
    ) -> Effect:
        """Do something elsewhere, once: draft, approval or standing rule, sending, sent, failed or unknown.

        Raises:
            Parked: while the owner must decide.
        """
        self._take(key)
        await self._write_facts()
        wanted = Wanted(key=key, tool=tool, arguments=arguments, target=target, level=level, cost_usd=cost_usd)
        return await Outbox(self._play, self._ports).carry(wanted)

    async def ask(
        self, key: str, question: str, *, choices: Sequence[str] = (), deadline: datetime | None = None
    ) -> str | None:
        """Ask the owner something, and return the answer; `None` when nobody answered in time.

        Raises:
            Parked: while nobody has answered.
        """
        self._take(key)
        approval = await self._question(key, question, tuple(choices), deadline)
        topic = f"approval:{approval.approval_id}"
        decided = await self._ports.journal.wait(topic, deadline=approval.expires_at)
        if decided is None:
            return None
        answer = str(decided.get("reason") or "").strip()
        if decided.get("decision") == "deny" and answer not in choices:
            return None
        return answer or (choices[0] if choices else "yes")

    async def say(self, text: str, *, done: int = 0, total: int = 0) -> None:
        """Tell whoever watches how far it is."""
        self._ports.say(text, done, total)

    async def _speak(self, question: Ask, shape: type[M]) -> JsonObject:
        try:
            got = await shaped(question, shape, self._ports.speaking)
        except ModelCallError as error:
            return {"failure": error.failure.value, "error": error.message, "hint": error.hint}
        spoken = got.spoken
        await self._ports.purse.spend(question.step, spent_of(spoken), model=spoken.model)
        outcome: dict[str, Json] = {
            "model": spoken.model,
            "turn": spoken.turn,
            "usage": codec.dump(spoken.usage),
            "label": codec.dump(spoken.label),
            "repaired": got.is_repaired,
        }
        if got.value is None:
            return {**outcome, "problem": got.problem}
        return {**outcome, "value": as_json(got.value)}

    async def _question(self, key: str, question: str, choices: tuple[str, ...], deadline: datetime | None) -> Approval:
        async def put() -> JsonObject:
            now = self._ports.clock.now()
            mark = hashlib.sha256(f"{self.run_id}:{key}:{question}".encode()).hexdigest()
            approval = Approval(
                approval_id=ApprovalId(f"ap_{mark[:12]}"),
                turn_id=TurnId(self.run_id),
                session=self._play.session,
                call_id=CallId(key),
                tool=QUESTION,
                arguments={"question": question, "choices": list(choices)},
                fingerprint=mark,
                because=_("The playbook {name!r} asks.").format(name=self._play.playbook),
                sources=(),
                asked_at=now,
                expires_at=deadline or now + ANSWER_WITHIN,
            )
            return {"approval": codec.dump(approval)}

        body = await self._ports.journal.step(f"{key}:asked", put, kind=Kind.APPROVAL_ASKED)
        return codec.load(Approval, cast("JsonObject", body["approval"]))


def seed_of(seed: int, step: str) -> int:
    """Return the seed of a step: 31 bits, which every server takes."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{step}".encode()).digest()[:4], "big") >> 1


def _bad_answer(key: str, model: str, problem: str) -> BadAnswerError:
    return BadAnswerError(
        _("{model} answered {key!r} twice in a shape that does not fit: {problem}").format(
            model=model or "?", key=key, problem=problem
        ),
        hint=_("Try a larger model for it, or see what it said on the page of the run."),
    )


def _answered(key: str, outcome: JsonObject, shape: type[M]) -> Answered[M]:
    """Return what a model answered, or raise what was journaled in its place."""
    if "failure" in outcome:
        raise ModelCallError(Failure(str(outcome["failure"])), str(outcome["error"]), hint=str(outcome["hint"]))
    if "problem" in outcome:
        raise _bad_answer(key, str(outcome["model"]), str(outcome["problem"]))
    return Answered(
        value=shape.model_validate(outcome["value"]),
        model=str(outcome["model"]),
        turn=str(outcome["turn"]),
        usage=codec.load(Usage, outcome["usage"]),
        label=codec.load(Label, outcome["label"]),
        is_repaired=bool(outcome["repaired"]),
    )
