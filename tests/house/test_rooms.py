"""Who may do what: processes, sockets, tools, broad excepts. Read from the syntax, so no import order can hide it."""

import ast
from pathlib import Path

import pytest

from house.source import PACKAGE, ROOT, Source

STARTS_PROCESSES = {
    "src/homarus/tools/sandbox.py",
    "src/homarus/tools/confine.py",  # runs inside the process that sandbox.py starts, and becomes the command
    "src/homarus/models/processes.py",
    "src/homarus/models/keeper.py",  # runs inside the process that processes.py starts, and becomes the server
    "src/homarus/cli/launch.py",
}
STARTERS = {
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.posix_spawnp",
    "os.system",
    "os.popen",
    "os.execv",
    "os.execve",
}
CATCHES_EVERYTHING = {
    "src/homarus/gateway/runner.py",  # a turn
    "src/homarus/gateway/security.py",  # a request
    "src/homarus/gateway/keeping.py",  # background work
    "src/homarus/gateway/jobs/working.py",  # a run of a job
    "src/homarus/agent/act.py",  # a call of a tool, which may be a plugin's: the model is told, the log has the trace
    "src/homarus/gateway/guarded.py",  # a channel, which may be anybody's code: it becomes words, the log has the trace
    "src/homarus/gateway/plugins.py",  # the import of a file that anybody may have written: it becomes a problem
}
HEAVY = {"numpy", "textual", "dbos", "mcp", "psycopg", "telegram", "discord", "slack_sdk", "duckdb"}
VAGUE = ("Manager", "Handler", "Helper", "Util", "Utils", "Processor", "Service", "Data", "Info", "Base", "Abstract")
PLAIN_NAMES = {"ModelInfo"}


def _starts_process(source: Source) -> bool:
    if {"subprocess", "multiprocessing", "pty"} & set(source.imports()):
        return True
    calls = {ast.unparse(node.func) for node in ast.walk(source.tree) if isinstance(node, ast.Call)}
    return bool(calls & STARTERS)


def test_only_three_files_start_processes(package: list[Source]) -> None:
    starters = {source.name for source in package if _starts_process(source)}

    assert starters <= STARTS_PROCESSES


def test_only_the_gateway_serves_http(package: list[Source]) -> None:
    servers = {s.name for s in package if s.room != "gateway" and any(i.startswith("aiohttp.web") for i in s.imports())}

    assert servers == set()


def test_only_the_door_opens_outbound_connections(package: list[Source]) -> None:
    clients = {"urllib.request", "http.client", "smtplib", "imaplib", "ftplib", "aiohttp.ClientSession", "httpx"}
    outside = {source.name for source in package if source.room != "net" and clients & set(source.imports())}

    assert outside == set()


def test_heavy_libraries_are_imported_where_they_are_needed(package: list[Source]) -> None:
    at_top = {
        f"{source.name}: {name}"
        for source in package
        for node in source.tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _roots(node)
        if name in HEAVY
    }

    assert at_top == set()


def _roots(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    return {(node.module or "").partition(".")[0]}


def test_nothing_runs_a_tool_around_act(package: list[Source]) -> None:
    """A tool runs with a ToolContext: only `act` makes one, and whoever is given one hands it to no other tool."""
    assert _around(package) == {
        "src/homarus/agent/act.py:ToolContext",
        "src/homarus/agent/act.py:run",
        "src/homarus/tools/marked.py:function",
    }


@pytest.mark.parametrize(
    "body",
    [
        "ports.ToolContext(session=1)",
        "replace(context, reach=2)",
        "dataclasses.replace(obj=context)",
        "copy.copy(context)",
        "await tool.run(context, {})",
        "await self.tool.function(context, path=1)",
        "again = context\n    await tool.run(again, {})",
        "await other(context)",
        "await files.read(context, path=1)",
    ],
)
def test_a_way_around_act_is_seen(body: str) -> None:
    tool = "@tool('read')\nasync def {}(context): pass"
    files = Source(path=PACKAGE / "tools/files.py", text="", tree=ast.parse(tool.format("read")))
    text = f"from homarus.tools import files\n{tool.format('other')}\nasync def mine(context: ToolContext):\n    {body}"
    own = Source(path=PACKAGE / "tools/own.py", text=text, tree=ast.parse(text))

    assert len(_around([files, own])) == 1


def _around(package: list[Source]) -> set[str]:
    found: set[str] = set()
    marked = {name for source in package for name in _marked_functions(source)}
    for source in (source for source in package if source.room not in {"testing", "domain"}):
        imported = _by_last_name(source)
        calls = [
            call
            for call in _calls(source.tree)
            if _called(call) == CONTEXT or _is_marked(call, source, imported, marked)
        ]
        for call, held in _calls_with_context(source.tree):
            calls += [call for name in held if _is_given(call, name) and _called(call) in RUNNERS]
        found |= {f"{source.name}:{_called(call)}" for call in calls}
    return found


CONTEXT = "ToolContext"
RUNNERS = {"run", "function", "replace", "__replace__", "copy", "deepcopy"}


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _calls_with_context(tree: ast.AST) -> list[tuple[ast.Call, set[str]]]:
    """Return the calls inside each function that holds a context, with the names under which it does."""
    found: list[tuple[ast.Call, set[str]]] = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        held = {argument.arg for argument in arguments if argument.annotation and _mentions(argument.annotation)}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and any(_makes(node.value, name) for name in held | {CONTEXT, "_context"}):
                held |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        found += [(call, held) for call in _calls(function)] if held else []
    return found


def _mentions(annotation: ast.expr) -> bool:
    return CONTEXT in ast.unparse(annotation)


def _makes(value: ast.expr, name: str) -> bool:
    return (isinstance(value, ast.Call) and _called(value) == name) or (
        isinstance(value, ast.Name) and value.id == name
    )


def _is_given(call: ast.Call, name: str) -> bool:
    own = [call.func.value] if isinstance(call.func, ast.Attribute) and _called(call) == "__replace__" else []
    given = [*own, *call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(value, ast.Name) and value.id == name for value in given)


def _marked_functions(source: Source) -> list[str]:
    """Return the functions under `@tool(...)`, as `module.name`."""
    module = source.name.removeprefix("src/").removesuffix(".py").replace("/", ".")
    return [
        f"{module}.{node.name}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.AsyncFunctionDef)
        if any(isinstance(mark, ast.Call) and _called(mark) == "tool" for mark in node.decorator_list)
    ]


def _by_last_name(source: Source) -> dict[str, list[str]]:
    """Return what a file imports by the name that it has there; a file has hundreds of calls and is walked once."""
    found: dict[str, list[str]] = {}
    for imported in source.imports():
        found.setdefault(imported.rpartition(".")[2], []).append(imported)
    return found


def _is_marked(call: ast.Call, source: Source, imported: dict[str, list[str]], marked: set[str]) -> bool:
    """Whether a tool's function is called by its name, here or where it was imported to."""
    module = source.name.removeprefix("src/").removesuffix(".py").replace("/", ".")
    by_name = {f"{module}.{_called(call)}"} if isinstance(call.func, ast.Name) else set[str]()
    first, *rest = _spelled(call.func)
    by_name |= {".".join([one, *rest]) for one in imported.get(first, ())}
    return bool(by_name & marked)


def _spelled(function: ast.expr) -> list[str]:
    """Return the names of `a.b.c`; what is called on anything else has no name that could be imported."""
    match function:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value=value, attr=name):
            return [*_spelled(value), name]
        case _:
            return [""]


def test_everything_is_caught_at_three_places_only(package: list[Source]) -> None:
    catchers = {
        source.name
        for source in package
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    }

    assert catchers <= CATCHES_EVERYTHING


def _is_broad(node: ast.ExceptHandler) -> bool:
    """Catches everything and keeps it: a handler that ends in a bare `raise` only cleans up on the way."""
    catches_all = node.type is None or (
        isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
    )
    last = node.body[-1]
    return catches_all and not (isinstance(last, ast.Raise) and last.exc is None)


def test_names_say_what_a_thing_is(package: list[Source]) -> None:
    vague = {
        f"{source.name}:{node.name}"
        for source in package
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and node.name not in PLAIN_NAMES and _is_vague(node.name)
    }

    assert vague == set()


def _is_vague(name: str) -> bool:
    return name.endswith(VAGUE) or name.startswith(("Base", "Abstract"))


def test_no_test_uses_mocks(everything: list[Source]) -> None:
    mocked = {source.name for source in everything if any(name.startswith("unittest") for name in source.imports())}

    assert mocked == set()


def test_the_repository_speaks_of_the_project_alone() -> None:
    """No machine paths, no registry addresses, and nothing that reads files beside the checkout."""
    beside, workplace = "../" + "shared", "/wo" + "rk/"
    registries = ("files.pytho" + "nhosted.org", "registry.np" + "mjs.org", "pypi.o" + "rg/simple")
    found = {
        str(path.relative_to(ROOT))
        for path in _tracked_texts()
        for word in (beside, workplace, *registries)
        if word in path.read_text(encoding="utf-8", errors="replace")
    }

    assert found == set()


def _tracked_texts() -> list[Path]:
    made = {"node_modules", "vendor", "site", "dist", "__pycache__"}
    wanted = {".py", ".md", ".toml", ".txt", ".json", ".json5", ".lock", ".html", ".js", ".css", ".yml", ".sh", ""}
    files = (path for path in ROOT.rglob("*") if path.is_file() and path.suffix in wanted)
    return [path for path in files if not any(_is_made(part, made) for part in path.relative_to(ROOT).parts[:-1])]


def _is_made(folder: str, made: set[str]) -> bool:
    return folder in made or (folder.startswith(".") and folder != ".ci")
