"""Write docs/reference/configuration.md from the settings' own types; `--check` only tells whether it is up to date."""

import sys
from collections.abc import Iterator
from pathlib import Path

from homarus.domain.content import Json
from homarus.domain.settings import Settings
from homarus.state.config.listing import default_of
from homarus.state.config.schema import Leaf, kind, leaves, settings_of
from homarus.state.config.shape import RENAMES
from homarus.state.config.toolnames import OUR_NAMES

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "configuration.md"

HEAD = """# Configuration

<!-- Written by scripts/configuration_reference.py; change the docstrings in src/homarus/domain/settings.py instead. -->

homarus reads two files in its folder (`HOMARUS_HOME`, by default `~/.homarus`):

- `homarus.json5` is yours. It is read, and never written or reformatted.
- `homarus.ui.json5` is what pages and `homarus config set` changed; it is laid over yours.

Both are JSON5: comments, trailing commas and keys without quotes are fine. An OpenClaw configuration of either
generation works as it is, also with `--config FILE`. `homarus config check [FILE]` says what is wrong, with file, line
and column; `homarus config list` shows every setting with its value and the place it comes from.

A bad file never stops homarus: the last good configuration stays, or the defaults when there never was one. An unknown
key is left out with a warning that names the nearest known one.

- `"$include": "models.json5"` (or a list of files) puts other files in place: objects are merged, lists joined, keys
  beside it win. They must lie below the folder of the file, and may be nested ten levels deep.
- `"${NAME}"` puts a variable in; `"$${NAME}"` is that text itself. Variables are taken from the process, then from the
  file `.env` in the homarus folder, then from `env.vars` in the configuration. A setting whose variable is missing
  counts as not set.
- A secret can be a reference: `{source: "env", id: "NAME"}`, `{source: "file", id: "/path"}` or
  `{source: "store", id: "name"}` (a file in the folder `secrets`). No program is run to get one.
- Files are UTF-8, at most 2 MB.

`*` stands for a name of yours, `[]` for the items of a list.
"""

TAIL = """## What is read and not followed

Settings of OpenClaw that would weaken the house are read, left out, and named by `homarus config check` and
`homarus doctor`: commands without asking (`tools.exec.security: "full"`, `ask: "off"` with it, `mode: "auto"`),
listening beyond this machine (`gateway.bind`), no credentials (`gateway.auth.mode: "none"`), no sandbox, open channels,
settings changed from a chat, and everything that begins with `dangerously`, `allowInsecure` or `allowUnsafe`. Settings
of OpenClaw that homarus knows and does not use are left alone; `homarus config check` lists them as notes.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_sections(), *_renames(), TAIL])


def _sections() -> Iterator[str]:
    for name, setting in settings_of(Settings).items():
        doc = (setting.shape.model.__doc__ if setting.shape.model else "") or ""
        yield f"## {name}\n"
        if doc:
            yield f"{doc.splitlines()[0]}\n"
        yield "| Setting | Takes | Default | Meaning |\n|---|---|---|---|"
        yield from (_row(leaf) for leaf in leaves(Settings) if leaf.path[0] == name)
        yield ""


def _row(leaf: Leaf) -> str:
    setting = leaf.setting
    takes = kind(setting.field.annotation, setting.field)
    meaning = f"{setting.description} Counts from the next start." if setting.needs_restart else setting.description
    cells = (_key(leaf.path), takes, _shown(default_of(setting)), meaning)
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _key(path: tuple[str, ...]) -> str:
    return "`" + ".".join(path).replace(".[]", "[]") + "`"


def _shown(default: Json) -> str:
    if default is None or default in ({}, [], ""):
        return ""
    if isinstance(default, dict):
        return ""
    if isinstance(default, list):
        return ", ".join(f"`{item}`" for item in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _renames() -> Iterator[str]:
    yield "## Names that OpenClaw had\n"
    yield "Both are understood; where both stand, the second wins.\n"
    yield "| There | Here |\n|---|---|"
    yield "| `agents.list[]` with `id` | `agents.entries.<id>` |"
    yield "| `tools.exec.security` and `tools.exec.ask` | `tools.exec.mode` |"
    yield '| `api: "openai"`, `api: "anthropic"` | `openai-completions`, `anthropic-messages` |'
    yield from (f"| `{old}` | `{new}` |" for old, new in RENAMES)
    yield "\nNames of tools, in `allow` and `deny`:\n"
    yield "| There | Here |\n|---|---|"
    yield from (f"| `{old}` | {', '.join(f'`{name}`' for name in new)} |" for old, new in OUR_NAMES.items())
    yield ""


def main() -> int:
    """Write the page, or check it."""
    text = page()
    if "--check" in sys.argv:
        is_current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        print("up to date" if is_current else f"{TARGET.name} is old: run python scripts/configuration_reference.py")
        return 0 if is_current else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
