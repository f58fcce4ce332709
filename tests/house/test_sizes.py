"""Small files, small functions, small classes: what the codebases that people admire have in common."""

import ast
from collections.abc import Iterator

from house.source import Source

FILE_LINES = 500
FUNCTION_LINES = 40
PUBLIC_METHODS = 10


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code without the docstring: words that explain are not what makes a function long."""
    assert node.end_lineno is not None
    first = node.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    told = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return node.end_lineno - node.lineno + 1 - told


def test_no_file_is_longer_than_500_lines(everything: list[Source]) -> None:
    long = {source.name: count for source in everything if (count := source.text.count("\n")) > FILE_LINES}

    assert long == {}


def test_no_function_is_longer_than_40_lines(everything: list[Source]) -> None:
    long = {
        f"{source.name}:{node.name}": _lines(node)
        for source in everything
        for node in _functions(source)
        if _lines(node) > FUNCTION_LINES
    }

    assert long == {}


def test_no_class_has_more_than_10_public_methods(package: list[Source]) -> None:
    wide = {
        f"{source.name}:{node.name}": count
        for source in package
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and (count := _public_methods(node)) > PUBLIC_METHODS
    }

    assert wide == {}


def _public_methods(node: ast.ClassDef) -> int:
    methods = (item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef))
    return sum(not method.name.startswith("_") for method in methods)
