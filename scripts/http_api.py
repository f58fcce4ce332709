"""Write docs/reference/http-api.md from the rows that the routes are made from: `python scripts/http_api.py`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from homarus.domain.content import Json
from homarus.gateway.callers import Need
from homarus.gateway.contents import all_operations
from homarus.gateway.openapi import document
from homarus.gateway.operations import Operation

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "http-api.md"
_NEEDS = {
    Need.NOTHING: "nobody in particular",
    Need.MODELS: "scope `models`",
    Need.CHAT: "scope `chat`",
    Need.READ: "scope `read`",
    Need.ADMIN: "a paired browser, or scope `admin`",
    Need.SOCKET: "the Unix socket",
}
_HEAD = """# HTTP API

<!-- Written by scripts/http_api.py; change the types and tables in src/homarus/gateway instead. -->

The gateway answers on `http://127.0.0.1:4667` (and `[::1]`), and on the Unix socket `gateway.sock` in HOMARUS_HOME.
The same description as OpenAPI 3.1 is at `/api/v1/openapi.json`.

## Who may ask

| who | how | may |
|---|---|---|
| the owner's terminal | the Unix socket (mode 0600); no credential | everything |
| a paired browser | its cookie, from the link of `homarus devices pair` | everything but what needs the socket |
| a program | `Authorization: Bearer KEY`, from `homarus keys add NAME` | what the scopes of the key say |

Scopes: `models` (models through `/v1`; no agents, nothing of the house), `chat` (that, and turns of agents, which read
their workspace and memory without asking), `read` (see), `admin` (change; has the others), `owner` (what this program
writes counts as your own words; without it, an agent treats it as words of somebody you allowed). A key without `owner`
has sessions of its own and cannot get into yours.

Every credential is looked up anew with every request: one that was revoked is out at once, and its open streams end.
Wrong credentials are counted in one limiter for all paths; valid ones always pass, so nobody can be locked out.

Refused before anything is read: a Host or an Origin that is not on the list (`gateway.allowedHosts`,
`gateway.allowedOrigins`), what a browser says comes from another site, a credential in an address, a write that is not
`application/json`, a body larger than `gateway.maxBodyMb` (1 MB where neither messages nor models are sent), JSON
deeper than 64 levels.

## Errors

On `/api/v1`: a fitting status and `{"error": {"message", "hint", "kind", "exit_code"}}`; `hint` is the next step. On
`/v1`: the shape of OpenAI, `{"error": {"message", "type", "param", "code"}}`.

## Streams

With `Accept: text/event-stream` (or on `.../events`) a turn answers with its moments: `accepted`, then `waiting`,
`routed`, `said`, `thought`, `retracted`, `acted`, `asked`, `noticed`, and `ended` with the reply. While nothing happens
a comment comes every 15 s. The `id` of an event says how much text you have: send the last one as `Last-Event-ID` to
`GET /api/v1/turns/{turn_id}/events` and you get the rest. When the text is another one by now, `retracted` comes first
and then all of it. After a reconnect `routed`, `acted` (by `call_id`), `asked` (by `approval_id`) and `noticed` may
come again.

## Models on /v1

`provider/id` or an alias is a model: a server that speaks the same protocol gets the bytes as they are and its answer
passes as it is; for others the request is translated (tools, pictures as data addresses, `response_format`,
`reasoning_effort`, `stream_options.include_usage`; reasoning comes as `reasoning_content`). `agent:<id>` or `auto` is
an agent with its tools: the last user message is the turn, what came before goes along as an untrusted attachment. The
session is named by the header `X-Homarus-Session` or the field `user`, else each request has its own; with
`/v1/responses`, `previous_response_id` goes on in the same session. `Idempotency-Key` makes a repeated request one
turn.

## Operations
"""


def page(operations: Iterable[Operation]) -> str:
    """Return the page."""
    rows = tuple(operations)
    schemas = cast("dict[str, dict[str, Json]]", cast("dict[str, Json]", document(rows)["components"])["schemas"])
    return "\n".join([_HEAD, *(_section(operation, schemas) for operation in rows)])


def _section(operation: Operation, schemas: dict[str, dict[str, Json]]) -> str:
    lines = [f"### {operation.method} {operation.path}", "", operation.about, "", f"For {_NEEDS[operation.need]}."]
    if operation.streams:
        lines += ["Can answer with events."]
    lines += [""]
    if operation.parameters:
        lines += ["| query | |", "|---|---|", *(f"| `{p.name}` | {p.about} |" for p in operation.parameters), ""]
    if operation.takes is not None and not operation.path.startswith("/v1/"):
        lines += _fields("takes", schemas[operation.takes.__name__])
    name = getattr(operation.gives, "__name__", "")
    if name:
        lines += _fields("gives", schemas[name])
    return "\n".join(lines)


def _fields(heading: str, schema: dict[str, Json]) -> list[str]:
    fields = cast("dict[str, dict[str, Json]]", schema.get("properties", {}))
    required = cast("list[str]", schema.get("required", []))
    rows = [
        f"| `{name}` | {_kind(field)} | {'' if name in required else 'optional'} |" for name, field in fields.items()
    ]
    return [f"| {heading} | type | |", "|---|---|---|", *rows, ""]


def _kind(field: dict[str, Json]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in field:
        return " or ".join(_kind(choice) for choice in cast("list[dict[str, Json]]", field["anyOf"]))
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in cast("list[str]", field["enum"]))
    if field.get("type") == "array":
        return f"list of {_kind(cast('dict[str, Json]', field.get('items', {})))}"
    return str(field.get("type", "any JSON"))


def main() -> int:
    """Write the page, or with `--check` say whether it is what it should be."""
    wanted = page(all_operations())
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted, encoding="utf-8")
        print(f"Wrote {PAGE}.")
        return 0
    if PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{PAGE} is not up to date: python scripts/http_api.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
