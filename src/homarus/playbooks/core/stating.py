"""The saying part of a house: facts, prose held against them, and what is handed over."""

import mimetypes
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.findings import Artifact, Claim, ClaimState, Fact, FactValue, Grounds, Missing, Report
from homarus.domain.i18n import _
from homarus.domain.playbooks import NO_GROUNDS, Prose
from homarus.domain.sources import NoDataError
from homarus.playbooks.core.checking import check
from homarus.playbooks.core.gathering import Gathering

S = TypeVar("S", bound=BaseModel)


class Stating(Gathering[S]):
    """Writes facts, claims and artifacts into the books."""

    async def fact(self, name: str, value: FactValue, *, unit: str = "", grounds: Grounds = NO_GROUNDS) -> Fact:
        """Write a value down that may be printed; the same name and value in a run is the same fact."""
        return self._ledger.state(name, value, unit=unit, grounds=grounds)

    def facts(self) -> tuple[Fact, ...]:
        """Return the run's facts, in their order."""
        return self._ledger.facts()

    def contradictions(self) -> dict[str, tuple[Fact, ...]]:
        """Return the names that have several values, each with its facts."""
        return self._ledger.contradictions()

    async def checked(self, key: str, text: str, *, by: str = "", may_have: Sequence[str] = ()) -> Prose:
        """Hold a text against the facts: a sentence whose figure, quotation or fact id has no support is taken out.

        Raises:
            NoDataError: when there are no facts at all.
        """

        async def look() -> JsonObject:
            facts = self.facts()
            if not facts:
                raise no_facts()
            known = self._known
            texts = await self._texts(known.unread(one for fact in facts if (one := fact.grounds.snapshot)))
            return codec.dump(check(text, facts, texts=texts, may_have=may_have, by=by, step=key, known=known))

        prose = codec.load(Prose, await self._once(key, look, said=_how_much_stands))
        await self._ports.books.findings.put_claims(self.run_id, key, prose.claims)
        return prose

    async def claim(self, key: str, claims: Sequence[Claim]) -> None:
        """Write down what became of sentences that the playbook has held against the facts in its own way."""
        self._take(key)
        await self._write_facts()
        numbered = [replace(claim, claim_id=f"{key}:{number}") for number, claim in enumerate(claims)]
        await self._ports.books.findings.put_claims(self.run_id, key, numbered)

    async def artifact(self, name: str, content: str | bytes, *, media_type: str = "", title: str = "") -> Artifact:
        """Keep something that the run made; the same name again takes its place."""
        raw = content.encode() if isinstance(content, str) else content
        kind = media_type or mimetypes.guess_type(name)[0] or ("text/plain" if isinstance(content, str) else "")
        artifact = Artifact(
            name=name,
            sha256=await self._ports.blobs.put(raw),
            media_type=kind or "application/octet-stream",
            size_bytes=len(raw),
            title=title,
        )
        await self._ports.books.findings.put_artifact(self.run_id, artifact)
        return artifact

    async def remember(self, kind: str, key: str, body: JsonObject) -> None:
        """Write down something that this playbook's later runs look at; a dry run leaves nothing."""
        if not self.is_dry:
            await self._ports.books.notebook.put(self._play.playbook, kind, key, body)

    def miss(self, missing: Missing) -> None:
        """Note something that could not be read or done; it stands in the report."""
        if missing not in self._missing:
            self._missing.append(missing)

    def keep_for_partial(self, report: Report) -> None:
        """Leave a report that is handed over if the next step meets the deadline or the budget."""
        self._partial = report


def _how_much_stands(prose: JsonObject) -> str:
    claims = codec.load(Prose, prose).claims
    left_out = sum(claim.state is ClaimState.REJECTED for claim in claims)
    if not left_out:
        return _("Every figure and quotation stands on a fact.")
    return _("{count} of {all} sentences were left out: nothing supports them.").format(count=left_out, all=len(claims))


def no_facts() -> NoDataError:
    """Return the error of whoever would write about nothing."""
    return NoDataError(
        _("There is not one fact to write about, so nothing is written."),
        hint=_("See which sources and files could be read: homarus playbooks sources --probe"),
    )
