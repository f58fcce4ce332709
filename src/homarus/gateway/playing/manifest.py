"""What a run was made of, so that somebody can do it again and see why it differs."""

import json
from collections.abc import Mapping, Sequence

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Snapshot
from homarus.domain.jobs import JobRun

VERSION = 1


def manifest(
    run: JobRun,
    *,
    playbook_version: int,
    settings: JsonObject,
    digests: Mapping[str, str],
    snapshots: Sequence[Snapshot],
    house_version: str,
    seed: int,
) -> str:
    """Return the manifest of a run as JSON: the same run gives the same bytes."""
    body: dict[str, Json] = {
        "manifest": VERSION,
        "homarus": house_version,
        "playbook": run.work.playbook,
        "playbook_version": playbook_version,
        "run": run.run_id,
        "for": (run.slot or run.queued_at).isoformat(),
        "zone": run.zone,
        "settings": dict(settings),
        "seed": seed,
        "models": {name: digests.get(name, "") for name in sorted({*run.models, *digests})},
        "snapshots": [
            {"sha256": one.sha256, "url": one.url, "fetched_at": one.fetched_at.isoformat()} for one in snapshots
        ],
    }
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
