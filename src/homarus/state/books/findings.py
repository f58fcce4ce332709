"""What runs found: facts, claims, snapshots and artifacts."""

from collections.abc import Sequence

from homarus.domain import codec
from homarus.domain.books import Entry
from homarus.domain.findings import Artifact, Claim, Snapshot
from homarus.state.books.pages import Page, body_of, stamp
from homarus.state.ledger import Pen, clean

_FACT = (
    "INSERT INTO run_facts (owner_id, run_id, number, name, snapshot, body) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (owner_id, run_id, number) DO NOTHING"
)
_FACTS = "SELECT body FROM run_facts WHERE owner_id = ? AND run_id = ? ORDER BY number"
_NO_CLAIMS = "DELETE FROM run_claims WHERE owner_id = ? AND run_id = ? AND step = ?"
_FIRST_CLAIM = "SELECT MIN(number) FROM run_claims WHERE owner_id = ? AND run_id = ? AND step = ?"
_NEXT_CLAIM = "SELECT COALESCE(MAX(number), 0) + 1 FROM run_claims WHERE owner_id = ? AND run_id = ?"
_CLAIM = "INSERT INTO run_claims (owner_id, run_id, step, number, part, state, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_CLAIMS = "SELECT body FROM run_claims WHERE owner_id = ? AND run_id = ? ORDER BY number, step, part"
_SNAPSHOT = (
    "INSERT INTO snapshots (owner_id, run_id, sha256, url, number, fetched_at, body) VALUES (?, ?, ?, ?, "
    "(SELECT COALESCE(MAX(number), 0) + 1 FROM snapshots WHERE owner_id = ? AND run_id = ?), ?, ?) "
    "ON CONFLICT (owner_id, run_id, sha256, url) DO NOTHING"
)
_THIS_SNAPSHOT = "SELECT body FROM snapshots WHERE owner_id = ? AND run_id = ? AND sha256 = ? AND url = ?"
_SNAPSHOTS = "SELECT body FROM snapshots WHERE owner_id = ? AND run_id = ? ORDER BY number"
_BY_HASH = "SELECT body FROM snapshots WHERE owner_id = ? AND sha256 = ? ORDER BY fetched_at DESC LIMIT 1"
_ARTIFACT = (
    "INSERT INTO run_artifacts (owner_id, run_id, name, number, body) VALUES (?, ?, ?, "
    "(SELECT COALESCE(MAX(number), 0) + 1 FROM run_artifacts WHERE owner_id = ? AND run_id = ?), ?) "
    "ON CONFLICT (owner_id, run_id, name) DO UPDATE SET body = excluded.body"
)
_ARTIFACTS = "SELECT body FROM run_artifacts WHERE owner_id = ? AND run_id = ? ORDER BY number"


class StoredFindings(Page):
    """Implements `domain.books.Findings`."""

    async def put_facts(self, run: str, entries: Sequence[Entry]) -> None:
        """Write facts down in one transaction; one whose id the run has already is left as it is."""

        def write(pen: Pen) -> None:
            for entry in entries:
                fact = entry.fact
                row = (int(fact.fact_id[1:]), clean(fact.name), fact.grounds.snapshot, pen.encoded(codec.dump(entry)))
                pen.sql.execute(_FACT, (self.owner, run, *row))

        if entries:
            await self.write(write, synced=False)

    async def facts(self, run: str) -> tuple[Entry, ...]:
        """Return the facts of a run, in the order of their numbers."""
        return tuple(body_of(Entry, body) for (body,) in await self.rows(_FACTS, run))

    async def put_claims(self, run: str, step: str, claims: Sequence[Claim]) -> None:
        """Write down what became of the sentences of a step, in the place that the step had."""

        def write(pen: Pen) -> None:
            key = (self.owner, run, clean(step))
            (known,) = pen.sql.execute(_FIRST_CLAIM, key).fetchone()
            (new,) = pen.sql.execute(_NEXT_CLAIM, (self.owner, run)).fetchone()
            pen.sql.execute(_NO_CLAIMS, key)
            for part, claim in enumerate(claims):
                row = (known or new, part, claim.state.value, pen.encoded(codec.dump(claim)))
                pen.sql.execute(_CLAIM, (*key, *row))

        await self.write(write, synced=False)

    async def claims(self, run: str) -> tuple[Claim, ...]:
        """Return the sentences of a run, in their order."""
        return tuple(body_of(Claim, body) for (body,) in await self.rows(_CLAIMS, run))

    async def put_snapshot(self, run: str, snapshot: Snapshot) -> Snapshot:
        """Write down that a run read something; return it as it was first read in that run."""

        def write(pen: Pen) -> Snapshot:
            key = (self.owner, run, snapshot.sha256, clean(snapshot.url))
            row = (self.owner, run, stamp(snapshot.fetched_at), pen.encoded(codec.dump(snapshot)))
            pen.sql.execute(_SNAPSHOT, (*key, *row))
            return body_of(Snapshot, pen.sql.execute(_THIS_SNAPSHOT, key).fetchone()[0])

        return await self.write(write, synced=False)

    async def snapshots(self, run: str) -> tuple[Snapshot, ...]:
        """Return what a run read, in its order."""
        return tuple(body_of(Snapshot, body) for (body,) in await self.rows(_SNAPSHOTS, run))

    async def snapshot(self, sha256: str) -> Snapshot | None:
        """Return what is known of some bytes, whichever run read them last."""
        found = await self.rows(_BY_HASH, sha256)
        return body_of(Snapshot, found[0][0]) if found else None

    async def put_artifact(self, run: str, artifact: Artifact) -> None:
        """Write down what a run made; the same name again takes its place."""

        def write(pen: Pen) -> None:
            key = (self.owner, run, clean(artifact.name))
            pen.sql.execute(_ARTIFACT, (*key, self.owner, run, pen.encoded(codec.dump(artifact))))

        await self.write(write)

    async def artifacts(self, run: str) -> tuple[Artifact, ...]:
        """Return what a run made, in its order."""
        return tuple(body_of(Artifact, body) for (body,) in await self.rows(_ARTIFACTS, run))
