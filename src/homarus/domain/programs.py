"""Programs that run more than themselves: naming one of them as safe would make everything safe."""

_RUN_WORDS = """
    bash sh dash zsh fish ksh csh tcsh busybox toybox env xargs find fd sudo doas su nice nohup timeout watch time exec
    eval python python3 perl ruby node deno bun php lua tclsh awk gawk mawk sed vi vim ed emacs less more man ssh scp
    systemd-run setsid strace gdb socat parallel docker podman flock script sqlite3 gpg openssl
"""
_RUN_FILES = """
    make gmake cmake ninja meson bazel just task rake ant mvn gradle gradlew go cargo rustc npm npx yarn pnpm pip pip3
    pipx uv uvx poetry hatch tox nox pytest ruff mypy pre-commit git hg svn tar rsync zip unzip dpkg rpm gem bundle
    composer ansible ansible-playbook terraform gcc cc clang ld tsc eslint jest vitest webpack sphinx-build mkdocs latex
    pdflatex xelatex m4 gnuplot
"""
RUNS_WORDS = frozenset(_RUN_WORDS.split())
"""Run what their arguments say: shells, interpreters, wrappers."""
RUNS_FILES = frozenset(_RUN_FILES.split())
"""Run what they find in the folder - a Makefile, a hook, a plugin, a test - which may be what a model wrote there."""


def runs_anything(program: str) -> bool:
    """Whether a program can be made to run any other by its arguments or by files of the workspace."""
    name = program.rpartition("/")[2].casefold()
    stem = name.rstrip("0123456789.").rstrip("-")  # python3.12, gcc-12
    return bool({name, stem} & (RUNS_WORDS | RUNS_FILES))
