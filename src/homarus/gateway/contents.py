"""The contents of the HTTP API: what is there at start, and what is loaded when somebody first asks for it.

Start-up is a feature: a gateway that nobody asks for its models, its keys or a replay does not load what answers that.
"""

from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, Section


def at_start() -> tuple[Operation, ...]:
    """Return what a terminal asks for first."""
    from homarus.gateway import api_status, api_turns

    return (*api_status.OPERATIONS, *api_turns.OPERATIONS)


SESSIONS = (
    Section(
        module="homarus.gateway.api_sessions",
        needs={
            "GET /api/v1/sessions": Need.READ,
            "GET /api/v1/sessions/{key}": Need.READ,
            "GET /api/v1/sessions/{key}/export": Need.READ,
            "POST /api/v1/sessions/{key}/reset": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_approvals",
        needs={"GET /api/v1/approvals": Need.ADMIN, "POST /api/v1/approvals/{approval_id}": Need.ADMIN},
    ),
)
MODELS = (
    Section(
        module="homarus.gateway.api_models",
        needs={
            "GET /api/v1/models": Need.READ,
            "POST /api/v1/models/use": Need.ADMIN,
            "POST /api/v1/models/add": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_engines",
        needs={
            "GET /api/v1/engines": Need.READ,
            "GET /api/v1/models/show": Need.READ,
            "POST /api/v1/models/load": Need.ADMIN,
            "POST /api/v1/models/unload": Need.ADMIN,
            "POST /api/v1/models/remove": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_pulls",
        needs={
            "POST /api/v1/models/pull": Need.ADMIN,
            "GET /api/v1/models/pulls": Need.READ,
            "POST /api/v1/models/pulls/stop": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_machine",
        needs={"GET /api/v1/machine": Need.READ, "POST /api/v1/machine/calibrate": Need.ADMIN},
    ),
    Section(
        module="homarus.gateway.api_fit",
        needs={
            "GET /api/v1/models/fit": Need.READ,
            "POST /api/v1/models/fit": Need.READ,
            "GET /api/v1/models/catalog": Need.READ,
            "POST /api/v1/models/refresh": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_cards",
        needs={
            "POST /api/v1/models/test": Need.ADMIN,
            "GET /api/v1/models/cards": Need.READ,
            "POST /api/v1/models/bench": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_pins",
        needs={"POST /api/v1/models/pin": Need.ADMIN, "GET /api/v1/models/pins": Need.READ},
    ),
    Section(
        module="homarus.gateway.api_setup",
        needs={
            "GET /api/v1/setup": Need.READ,
            "POST /api/v1/setup/look": Need.ADMIN,
            "POST /api/v1/setup": Need.ADMIN,
        },
    ),
    Section(module="homarus.gateway.api_replay", needs={"POST /api/v1/turns/{turn_id}/replay": Need.ADMIN}),
)
HOUSE = (
    Section(
        module="homarus.gateway.api_home",
        needs={"GET /api/v1/home": Need.ADMIN, "POST /api/v1/items/{key}": Need.ADMIN},
    ),
    Section(
        module="homarus.gateway.api_config",
        needs={
            "GET /api/v1/config": Need.ADMIN,
            "POST /api/v1/config/check": Need.ADMIN,
            "POST /api/v1/config/undo": Need.ADMIN,
            "GET /api/v1/config/{key}": Need.ADMIN,
            "PUT /api/v1/config/{key}": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_access",
        needs={
            "GET /api/v1/devices": Need.ADMIN,
            "DELETE /api/v1/devices/{device_id}": Need.ADMIN,
            "GET /api/v1/keys": Need.ADMIN,
            "POST /api/v1/keys": Need.ADMIN,
            "DELETE /api/v1/keys/{key_id}": Need.ADMIN,
            "POST /api/v1/pairing": Need.SOCKET,
            "POST /pair/claim": Need.NOTHING,
        },
    ),
    Section(
        module="homarus.gateway.api_plugins",
        needs={
            "GET /api/v1/plugins": Need.ADMIN,
            "PUT /api/v1/plugins/{name}": Need.SOCKET,
            "DELETE /api/v1/plugins/{name}": Need.SOCKET,
        },
    ),
    Section(
        module="homarus.gateway.api_channels",
        needs={
            "GET /api/v1/channels": Need.ADMIN,
            "PUT /api/v1/channels/{name}": Need.ADMIN,
            "DELETE /api/v1/channels/{name}": Need.ADMIN,
            "POST /api/v1/channels/{name}/test": Need.ADMIN,
            "POST /api/v1/channels/{name}/pair": Need.ADMIN,
            "DELETE /api/v1/channels/{name}/people/{sender}": Need.ADMIN,
        },
    ),
    Section(module="homarus.gateway.api_events", needs={"GET /api/v1/events": Need.ADMIN}),
)
OPENAI = (
    Section(
        module="homarus.gateway.openai_models",
        needs={"GET /v1/models": Need.MODELS, "GET /v1/models/{name:.+}": Need.MODELS},
    ),
    Section(module="homarus.gateway.openai_chat", needs={"POST /v1/chat/completions": Need.MODELS}),
    Section(module="homarus.gateway.openai_responses", needs={"POST /v1/responses": Need.MODELS}),
)
JOBS = (
    Section(
        module="homarus.gateway.api_jobs",
        needs={
            "GET /api/v1/jobs": Need.READ,
            "POST /api/v1/jobs": Need.ADMIN,
            "POST /api/v1/jobs/preview": Need.READ,
            "POST /api/v1/jobs/import": Need.ADMIN,
            "GET /api/v1/jobs/{job_id}": Need.READ,
            "PUT /api/v1/jobs/{job_id}": Need.ADMIN,
            "DELETE /api/v1/jobs/{job_id}": Need.ADMIN,
            "POST /api/v1/jobs/{job_id}/run": Need.ADMIN,
            "POST /api/v1/jobs/{job_id}/pause": Need.ADMIN,
            "POST /api/v1/jobs/{job_id}/resume": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_runs",
        needs={
            "GET /api/v1/runs": Need.READ,
            "GET /api/v1/runs/{run_id}": Need.READ,
            "GET /api/v1/runs/{run_id}/events": Need.READ,
            "POST /api/v1/runs/{run_id}/cancel": Need.ADMIN,
            "POST /api/v1/runs/{run_id}/pause": Need.ADMIN,
            "POST /api/v1/runs/{run_id}/resume": Need.ADMIN,
            "POST /api/v1/runs/{run_id}/retry": Need.ADMIN,
            "POST /api/v1/runs/{run_id}/replay": Need.ADMIN,
            "GET /api/v1/runs/{run_id}/facts": Need.READ,
            "GET /api/v1/runs/{run_id}/artifacts/{name}": Need.READ,
            "GET /api/v1/runs/{run_id}/export": Need.READ,
            "GET /api/v1/runs/{run_id}/compare/{other}": Need.READ,
        },
    ),
)
HOOKS = Section(module="homarus.gateway.api_hooks", needs={"POST /hooks/{name}": Need.NOTHING})
PLAYBOOKS = (
    Section(
        module="homarus.gateway.api_playbooks",
        needs={
            "GET /api/v1/playbooks": Need.READ,
            "GET /api/v1/playbooks/{name}": Need.READ,
            "POST /api/v1/playbooks/{name}/run": Need.ADMIN,
            "GET /api/v1/sources": Need.READ,
            "POST /api/v1/sources/{name}/probe": Need.ADMIN,
        },
    ),
    Section(
        module="homarus.gateway.api_rules",
        needs={
            "GET /api/v1/rules": Need.ADMIN,
            "POST /api/v1/rules": Need.ADMIN,
            "POST /api/v1/rules/{rule_id}/sign": Need.ADMIN,
            "POST /api/v1/rules/{rule_id}/revoke": Need.ADMIN,
            "GET /api/v1/effects": Need.ADMIN,
            "POST /api/v1/effects/{effect_id}/settle": Need.ADMIN,
        },
    ),
)
DESCRIPTION = Section(module="homarus.gateway.openapi", needs={"GET /api/v1/openapi.json": Need.NOTHING})
LATER = (*SESSIONS, *MODELS, *HOUSE, *JOBS, *PLAYBOOKS, HOOKS, *OPENAI, DESCRIPTION)


def all_operations() -> tuple[Operation, ...]:
    """Load everything that the API can do, and return it."""
    return (*at_start(), *(row for section in LATER for row in section.operations()))
