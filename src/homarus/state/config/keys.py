"""Write and read the path of a setting: `models.providers.local.models[0].id`, `agents.defaults.models["a/b"]`."""

import json
import re
from collections.abc import Iterable

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*\Z")
_STEP = re.compile(
    r"""\.?(?:\[(?P<index>\d+)\]|\[?(?P<quoted>"(?:[^"\\]|\\.)*"|'[^']*')\]?|(?P<name>[^.\[\]"']+))""",
)


def spell(path: Iterable[str | int]) -> str:
    """Return a path in words."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.match(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


def parse(key: str) -> tuple[str | int, ...]:
    """Read a path.

    Raises:
        UsageError: when it is not one.
    """
    path: list[str | int] = []
    offset = 0
    while offset < len(key):
        found = _STEP.match(key, offset)
        if not found or (offset == 0 and key.startswith(".")):
            raise _not_a_key(key)
        path.append(_step(found))
        offset = found.end()
    if not path:
        raise _not_a_key(key)
    return tuple(path)


def _step(found: re.Match[str]) -> str | int:
    from pyjson5 import Json5DecoderException, decode

    if found["index"] is not None:
        return int(found["index"]) if len(found["index"]) < 10 else found["index"]  # noqa: PLR2004 - no list is longer
    quoted = found["quoted"]
    if quoted is not None:
        try:
            return str(decode(quoted))
        except Json5DecoderException as error:
            raise _not_a_key(quoted) from error
    return found["name"]


def _not_a_key(key: str) -> UsageError:
    return UsageError(
        _("{key!r} is not the name of a setting.").format(key=key),
        hint=_("Write it with dots, as in gateway.port; see `homarus config list`."),
    )
