"""Describe the API from the rows that its routes are made from, and the types that they read and write.

Source: https://spec.openapis.org/oas/v3.1.1.html
"""

import asyncio
import re
from collections.abc import Iterable
from typing import cast

from aiohttp import web
from pydantic import TypeAdapter

from homarus import __version__
from homarus.domain.content import Json
from homarus.gateway.answers import ok
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation
from homarus.gateway.sse import EVENT_STREAM

Schemas = dict[str, Json]
_REF = "#/components/schemas/{model}"
_ERROR: dict[str, Json] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "hint", "kind", "exit_code"],
            "properties": {
                "message": {"type": "string"},
                "hint": {"type": "string"},
                "kind": {"type": "string"},
                "exit_code": {"type": "integer"},
            },
        }
    },
}
_CREDENTIALS: dict[Need, list[Json]] = {
    Need.NOTHING: [],
    Need.SOCKET: [{"socket": []}],
}


def document(operations: Iterable[Operation]) -> dict[str, Json]:
    """Return the description of these operations."""
    schemas: Schemas = {"Error": _ERROR}
    paths: dict[str, dict[str, Json]] = {}
    for operation in operations:
        path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _described(operation, path, schemas)
    return {
        "openapi": "3.1.1",
        "info": {"title": "homarus", "version": __version__, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "http://127.0.0.1:4667"}],
        "paths": cast("Json", paths),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "device": {"type": "apiKey", "in": "cookie", "name": "homarus-4667"},
                "key": {"type": "http", "scheme": "bearer"},
                "socket": {"type": "mutualTLS", "description": "The Unix socket in the state folder; no credential."},
            },
        },
    }


def _described(operation: Operation, path: str, schemas: Schemas) -> Json:
    need = operation.need
    described: dict[str, Json] = {
        "summary": operation.about,
        "operationId": f"{operation.method.lower()}{re.sub(r'[^a-z0-9]+', '_', path)}".rstrip("_"),
        "tags": [path.split("/")[3] if path.startswith("/api/") else path.split("/")[1]],
        "x-need": need.value,
        "security": _CREDENTIALS.get(need, [{"device": []}, {"key": []}, {"socket": []}]),
        "responses": _responses(operation, schemas),
    }
    if parameters := _parameters(operation, path):
        described["parameters"] = parameters
    if operation.takes is not None:
        schema = _schema(operation.takes, schemas, mode="validation")
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _parameters(operation: Operation, path: str) -> list[Json]:
    in_path: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    in_query: list[Json] = [
        {"name": p.name, "in": "query", "description": p.about, "schema": {"type": p.kind}}
        for p in operation.parameters
    ]
    return [*in_path, *in_query]


def _responses(operation: Operation, schemas: Schemas) -> Json:
    content: dict[str, Json] = {"application/json": {}}
    if operation.gives is not None:
        content["application/json"] = {"schema": _schema(operation.gives, schemas, mode="serialization")}
    if operation.streams:
        content[EVENT_STREAM] = {"schema": {"type": "string"}}
    wrong: Json = {
        "description": "A sentence and the next step.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    return {str(operation.status): {"description": "Done.", "content": content}, "default": wrong}


def _schema(kind: object, schemas: Schemas, *, mode: str) -> Json:
    adapter = TypeAdapter(cast("type[object]", kind))
    schema = cast(
        "dict[str, Json]",
        adapter.json_schema(ref_template=_REF, mode="validation" if mode == "validation" else "serialization"),
    )
    schemas.update(cast("dict[str, Json]", schema.pop("$defs", {})))
    name = getattr(kind, "__name__", "")
    if not name:
        return schema
    schemas[name] = schema
    return {"$ref": _REF.format(model=name)}


async def describe(request: web.Request) -> web.StreamResponse:
    """Answer with the description; everything that the API can do is loaded for it."""
    from homarus.gateway.contents import all_operations

    del request
    return ok(await asyncio.to_thread(lambda: document(all_operations())))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/openapi.json",
        answer=describe,
        need=Need.NOTHING,
        about="The description of this API, as OpenAPI 3.1.",
    ),
)
