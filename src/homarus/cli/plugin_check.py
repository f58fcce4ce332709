"""Hold a plugin file to what the house promises of tools, providers and channels; the file runs here for that."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from homarus.cli import show
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_FAILED, NotFoundError, OperatorError
from homarus.domain.i18n import _
from homarus.domain.marks import ChannelMark, ProviderMark, ToolMark, mark_of

Claim = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One claim, and whether it holds."""

    kind: str
    """`tool`, `provider` or `channel`."""
    name: str
    claim: str
    is_kept: bool
    because: str = ""
    """What to mend."""


def run(line: Line, options: Options) -> int:
    """Print every claim; 1 when one does not hold."""
    del line  # no gateway is needed
    file = _found(options)
    checked = list(_of(_marked(file)))
    if not checked:
        raise OperatorError(
            _("{file} marks nothing that can be checked.").format(file=file),
            hint=_("Put @tool, @provider or @channel above what it brings, at the top level."),
        )
    is_good = all(one.is_kept for one in checked)
    if options.as_json:
        rows: list[Json] = [cast("JsonObject", asdict(one)) for one in checked]
        show.as_json({"file": str(file), "is_good": is_good, "claims": rows})
    else:
        _print(checked, file, is_good=is_good)
    return 0 if is_good else EXIT_FAILED


def _print(checked: list[Checked], file: Path, *, is_good: bool) -> None:
    for one in checked:
        mark = _("ok  ") if one.is_kept else _("LOOK")
        print(f"{mark}  {one.kind} {show.clean(one.name)}  {one.claim}")
        if one.because:
            print(f"      {show.dim(show.clean(one.because))}")
    if any(one.kind == "channel" for one in checked):
        print(_("What people on the other side see is checked by homarus.testing.channel_suite."))
    if is_good:
        show.hint(f"homarus plugin approve {file.name}")


def _found(options: Options) -> Path:
    given = Path(options.own.name).expanduser()
    inside = options.home / "plugins" / given
    for file in (given.absolute(), inside, inside.with_suffix(".py")):
        if file.is_file():
            return file
    raise NotFoundError(
        _("There is no file {name!r}.").format(name=options.own.name),
        hint=_("Give its path, or the name of a file in {folder}.").format(folder=options.home / "plugins"),
    )


def _marked(file: Path) -> Iterator[object]:
    from homarus.gateway.plugins import BrokenPluginError, import_approved, sha256_of

    try:
        module = import_approved(file, {str(file): sha256_of(file)})
    except BrokenPluginError as broken:
        raise OperatorError(broken.problem.sentence, hint=_("Mend that line, then check it again.")) from broken
    return (thing for thing in vars(module).values() if mark_of(thing) is not None)


def _of(things: Iterable[object]) -> Iterator[Checked]:
    from homarus.testing import channel_shape, provider_suite, tool_suite

    for thing in things:
        match mark_of(thing):
            case ToolMark(traits=traits):
                yield from _held(tool_suite.CLAIMS, thing, "tool", traits.name)
            case ProviderMark(name=name):
                yield from _held(provider_suite.CLAIMS, thing, "provider", name)
            case ChannelMark(name=name):
                yield from _held(channel_shape.CLAIMS, thing, "channel", name)
            case _:
                continue


def _held(claims: Iterable[Claim], thing: object, kind: str, name: str) -> Iterator[Checked]:
    for claim in claims:
        because = ""
        try:
            claim(thing)
        except (AssertionError, AttributeError, NameError, TypeError, ValueError) as error:
            because = str(error).split("\n", 1)[0] or type(error).__name__
        yield Checked(
            kind=kind, name=name, claim=claim.__name__.replace("_", " "), is_kept=not because, because=because
        )
