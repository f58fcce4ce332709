"""The pages of playbooks: a gallery with what each needs, and a form for each made from its settings."""

import json
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _
from homarus.gateway.house import House
from homarus.gateway.operations import house_of
from homarus.gateway.pages_filters import ago
from homarus.gateway.pages_render import page

_LONG_CHARS = 60
_FIRST = 8
"""How many fields are shown at once; the others are folded."""
_SAMPLE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A setting of a playbook, as a form shows it."""

    name: str
    title: str
    about: str
    kind: str
    """`text`, `long`, `number`, `integer`, `boolean`, `choice`, `list` or `json`."""
    value: Json
    text: str
    choices: tuple[str, ...]
    is_required: bool
    is_further: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source and how it is."""

    name: str
    kind: str
    is_well: bool
    word: str
    error: str


async def playbooks(request: web.Request) -> web.StreamResponse:
    """Return what there is to run, with what each needs and whether that is there."""
    house = house_of(request)
    playing = house.playing()
    return await page(
        request,
        "playbooks.html",
        here="playbooks",
        title=_("Playbooks"),
        playbooks=await playing.gallery(),
        problems=playing.problems(),
        sources=await _sources(house),
    )


async def playbook(request: web.Request) -> web.StreamResponse:
    """Return one playbook with its form and its earlier runs."""
    house = house_of(request)
    one = await house.playing().card(request.match_info["name"])
    found = await house.jobs().runs.list(limit=200)
    fields = fields_of(one.form, one.settings)
    return await page(
        request,
        "playbook.html",
        here="playbooks",
        title=one.title,
        one=one,
        fields=[field for field in fields if field.name != _SAMPLE],
        has_sample=any(field.name == _SAMPLE for field in fields),
        runs=[run for run in found if run.work.playbook == one.name][:10],
    )


def fields_of(schema: JsonObject, settings: JsonObject) -> list[Field]:
    """Return the fields of a form: what must be said first, then what the schema names first."""
    properties = cast("dict[str, JsonObject]", schema.get("properties", {}))
    required = cast("list[str]", schema.get("required", []))
    names = sorted(properties, key=lambda name: name not in required)
    return [
        _field(
            name,
            _resolved(properties[name], schema),
            value=settings.get(name, properties[name].get("default")),
            is_required=name in required,
            is_further=place >= _FIRST and name not in required,
        )
        for place, name in enumerate(names)
    ]


def _field(name: str, about: JsonObject, *, value: Json, is_required: bool, is_further: bool) -> Field:
    kind = _kind(about)
    return Field(
        name=name,
        title=_title(name, str(about.get("title") or "")),
        about=str(about.get("description") or ""),
        kind=kind,
        value=value,
        text=_text(kind, value),
        choices=tuple(str(choice) for choice in cast("list[Json]", about.get("enum") or [])),
        is_required=is_required,
        is_further=is_further,
    )


def _title(name: str, written: str) -> str:
    """Return what a field is called: as its author wrote it, else its name as words."""
    words = name.replace("_", " ")
    return written if written and written.casefold() != words.casefold() else words.capitalize()


def _resolved(about: JsonObject, schema: JsonObject) -> JsonObject:
    """Return a property without a detour: what it refers to, and of `x or nothing` the x."""
    options = cast("list[JsonObject]", about.get("anyOf") or [])
    real = [option for option in options if option.get("type") != "null"]
    if len(real) == 1:
        about = {**{key: value for key, value in about.items() if key != "anyOf"}, **real[0]}
    reference = about.get("$ref")
    if isinstance(reference, str):
        named = cast("dict[str, JsonObject]", schema.get("$defs", {})).get(reference.rpartition("/")[2], {})
        about = {**named, **{key: value for key, value in about.items() if key != "$ref"}}
    return about


def _kind(about: JsonObject) -> str:
    if about.get("enum"):
        return "choice"
    kind = about.get("type")
    if kind in ("integer", "number", "boolean"):
        return str(kind)
    if kind == "array":
        items = about.get("items")
        return "list" if isinstance(items, dict) and items.get("type") == "string" else "json"
    if kind == "string":
        return "long" if len(str(about.get("default") or "")) > _LONG_CHARS else "text"
    return "json"


def _text(kind: str, value: Json) -> str:
    if value is None:
        return ""
    if kind == "list" and isinstance(value, list | tuple):
        return "\n".join(str(one) for one in value)
    if kind == "json":
        return json.dumps(value, indent=2, ensure_ascii=False) if value else ""
    return str(value)


async def _sources(house: House) -> list[SourceRow]:
    playing = house.playing()
    rows: list[SourceRow] = []
    for name in playing.sources.names():
        state = await playing.books.readings.state(name)
        word = _("not read yet") if state.last_ok is None else _("read {when}").format(when=ago(state.last_ok))
        is_well = not state.last_error
        if not is_well:
            word = _("fails")
        kind = playing.sources.kind_of(name)
        rows.append(SourceRow(name=name, kind=kind, is_well=is_well, word=word, error=state.last_error))
    return rows
