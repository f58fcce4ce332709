"""Every sentence for a person can be translated: errors, what commands print, arguments' help, and pages."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from house.source import PACKAGE, ROOT, Source

FOR_MODELS = {"ToolArgumentError", "ToolFailedError", "ModelError", "RefusedQueryError"}
"""Errors that go back to a model, which speaks English."""
COMMAND = re.compile(r"^(homarus|apt|ollama|systemctl) [a-z-]+( [A-Za-z0-9_./-]+)*$")
"""A next step that is only a command is the same in every language."""
PRINTING = {"print", "show.warn", "show.hint", "show.dim", "show.bold", "face.warn", "sys.stderr.write"}
NAMES = {"homarus", "Esc"}
"""The same in every language."""
EXPRESSIONS = re.compile(r'[\w-]+="\{\{.*?\}\}"|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}', re.DOTALL)
SHOWN_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "data-failed", "data-paired"}


def test_errors_speak_the_language_of_the_person(package: list[Source]) -> None:
    bare = {
        f"{source.name}:{call.lineno}"
        for source in package
        if source.room != "testing"  # its fakes speak to people who write tests
        for call in _calls(source)
        if _is_error_for_people(call) and any(_is_bare(argument) for argument in _sentences(call))
    }

    assert bare == set()


def test_commands_print_the_language_of_the_person(package: list[Source]) -> None:
    bare = {
        f"{source.name}:{call.lineno}"
        for source in package
        if source.room == "cli"
        for call in _calls(source)
        if ast.unparse(call.func) in PRINTING and any(_is_bare(argument) for argument in call.args)
    }

    assert bare == set()


def test_arguments_explain_themselves_in_the_language_of_the_person(package: list[Source]) -> None:
    bare = {
        f"{source.name}:{call.lineno}"
        for source in package
        for call in _calls(source)
        for keyword in call.keywords
        if keyword.arg == "help" and isinstance(keyword.value, ast.Constant | ast.JoinedStr)
    }

    assert bare == set()


def _calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def _is_error_for_people(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    has_hint = any(keyword.arg == "hint" for keyword in call.keywords)
    return name.endswith("Error") and has_hint and name not in FOR_MODELS


def _sentences(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords if keyword.arg in {"hint", "message"})


def _is_bare(node: ast.expr) -> bool:
    """Tell whether this is text with words that nobody can translate."""
    if isinstance(node, ast.JoinedStr):
        told = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        return _has_words(told.replace("X", "")) and not COMMAND.match(told)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _has_words(node.value) and not COMMAND.match(node.value)
    return False


def _has_words(text: str) -> bool:
    return len(re.findall(r"[A-Za-z]{2,}", text)) > 1


class _Page(HTMLParser):
    """Collects the words of a template that stand outside of its expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in {"script", "style", "code"}
        self.words += [
            value for name, value in attrs if name in SHOWN_ATTRIBUTES and value and re.search(r"[A-Za-z]{2,}", value)
        ]

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code and re.search(r"[A-Za-z]{2,}", data):
            self.words.append(data.strip())


def _untranslated(template: Path) -> list[str]:
    page = _Page()
    page.feed(EXPRESSIONS.sub("", template.read_text(encoding="utf-8")))
    return [word for word in page.words if set(re.findall(r"[A-Za-z]{2,}", word)) - NAMES]


def test_pages_have_no_words_of_their_own() -> None:
    templates = sorted((PACKAGE / "web").rglob("*.html"))
    bare = {str(path.relative_to(ROOT)): words for path in templates if (words := _untranslated(path))}

    assert templates
    assert bare == {}
