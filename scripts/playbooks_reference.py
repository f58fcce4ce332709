"""Write docs/reference/playbooks.md from the marks and settings of playbooks and sources.

python scripts/playbooks_reference.py           write it
python scripts/playbooks_reference.py --check   only tell whether it is old
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from pydantic import BaseModel

from homarus.domain.content import Json, JsonObject
from homarus.domain.marks import PlaybookMark, SourceMark, mark_of
from homarus.gateway.discover import Discovery, discover
from homarus.gateway.playing.gallery import NoSettings
from homarus.gateway.playing.source_types import combined

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "playbooks.md"
HEAD = """# Playbooks and sources

<!-- Written by scripts/playbooks_reference.py; change the docstrings of the settings instead. -->

A playbook is a job that somebody already wrote. `homarus playbooks list` says which are here and what each needs;
`homarus playbooks run NAME --set key=value` runs one now, `homarus jobs add "every weekday 07:30" NAME` plans one.
What stands under `playbooks.<name>` in the configuration holds for every run that does not say otherwise. How they stay
honest is told in [Honest numbers](../explanation/honest-numbers.md), how to write one in
[Write a playbook](../how-to/write-a-playbook.md).
"""
SOURCES = """
## Sources

What playbooks read. Each has a name of yours and stands under `sources.<name>`, with its `kind` and the settings
below. `homarus playbooks sources --probe` looks whether each can be read. Each playbook remembers for itself how far it
has read a source, and moves that mark only when what it read is written down.
"""


def page() -> str:
    """Return the page."""
    with TemporaryDirectory() as home:
        found = discover(Path(home), approved={})
    playbooks = [_playbook(found, name) for name in found.names("playbook")]
    sources = [_source(found, kind) for kind in found.names("source")]
    return HEAD + "".join(playbooks) + SOURCES + "".join(sources)


def _playbook(found: Discovery, name: str) -> str:
    mark = mark_of(found.thing("playbook", name))
    assert isinstance(mark, PlaybookMark)
    lines = [f"\n## {name}\n\n**{mark.title or name}.** {mark.does} {mark.risk}".rstrip() + "\n"]
    facts = [
        ("usually runs", mark.schedule),
        ("needs a source", ", ".join(mark.needs_sources)),
        ("needs packages", ", ".join(mark.needs_packages)),
        ("smallest model worth its while", mark.tier),
        ("minutes with a mid-size local model", str(mark.minutes or "")),
        ("version", str(mark.version)),
    ]
    lines.append("\n" + "".join(f"- {what}: {value}\n" for what, value in facts if value))
    return "".join(lines) + _table(mark.settings or NoSettings)


def _source(found: Discovery, kind: str) -> str:
    mark = mark_of(found.thing("source", kind))
    assert isinstance(mark, SourceMark)
    about = (mark.settings.__doc__ or "").strip().splitlines()
    return f"\n### {kind}\n\n{about[0] if about else ''}\n" + _table(combined(mark.settings))


def _table(shape: type[BaseModel]) -> str:
    schema = cast("JsonObject", shape.model_json_schema(by_alias=True))
    properties = cast("dict[str, JsonObject]", schema.get("properties", {}))
    if not properties:
        return "\nIt has no settings.\n"
    required = cast("list[str]", schema.get("required", []))
    rows = [
        f"| `{name}` | {_default(about, is_required=name in required)} | {_about(about)} |\n"
        for name, about in properties.items()
    ]
    return "\n| setting | default | what it does |\n|---|---|---|\n" + "".join(rows)


def _default(about: JsonObject, *, is_required: bool) -> str:
    if is_required:
        return "(needed)"
    value: Json = about.get("default")
    return f"`{json.dumps(value, ensure_ascii=False)}`" if value not in (None, "") else ""


def _about(about: JsonObject) -> str:
    words = " ".join(str(about.get("description") or "").split()).replace("|", "\\|")
    choices = about.get("enum")
    return f"{words} One of {', '.join(f'`{one}`' for one in cast('list[str]', choices))}." if choices else words


def main() -> int:
    """Write the page, or tell whether it is old."""
    written = page()
    if "--check" in sys.argv:
        is_current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == written
        print("up to date" if is_current else f"{TARGET.name} is old: run python scripts/playbooks_reference.py")
        return 0 if is_current else 1
    TARGET.write_text(written, encoding="utf-8")
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
