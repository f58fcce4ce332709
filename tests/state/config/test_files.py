import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homarus.state.config.files import Disk, load
from homarus.state.config.nodes import find, plain
from homarus.state.config.problems import FaultyFileError


def _write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.json5").write_text(text, encoding="utf-8")
    return folder / "main.json5"


def _fault(path: Path) -> str:
    with pytest.raises(FaultyFileError) as caught:
        load(path, Disk())
    return caught.value.message


def test_included_files_are_merged_and_keys_beside_win(home: Path) -> None:
    main = _write(
        home,
        main='{$include: ["one.json5", "two.json5"], a: {x: 9}}',
        one="{a: {x: 1, y: 1}, list: [1]}",
        two="{a: {y: 2}, list: [2]}",
    )

    tree = load(main, Disk())

    assert tree
    assert plain(tree) == {"a": {"x": 9, "y": 2}, "list": [1, 2]}


def test_a_value_from_an_included_file_knows_its_file_and_line(home: Path) -> None:
    main = _write(home, main='{models: {\n $include: "models.json5"}}', models="\n\n{mode: 'merge'}")

    tree = load(main, Disk())
    node = find(tree, ("models", "mode")) if tree else None

    assert node
    assert str(node.origin.where()).endswith("models.json5:3:2")


def test_an_include_may_stand_for_a_list(home: Path) -> None:
    main = _write(home, main='{a: [{$include: "one.json5"}]}', one="[1, 2]")
    tree = load(main, Disk())

    assert tree
    assert plain(tree) == {"a": [[1, 2]]}


@pytest.mark.parametrize("name", ["../outside.json5", "/etc/hostname", "link.json5"])
def test_nothing_outside_the_folder_is_included(home: Path, name: str) -> None:
    (home.parent / "outside.json5").write_text("{a: 1}")
    (home / "link.json5").symlink_to(home.parent / "outside.json5")

    fault = _fault(_write(home, main=f'{{$include: "{name}"}}'))

    assert "outside the folder" in fault
    assert "main.json5:1:2" in fault


def test_a_circle_of_includes_is_named(home: Path) -> None:
    fault = _fault(_write(home, main='{$include: "a.json5"}', a='{$include: "b.json5"}', b='{$include: "a.json5"}'))

    assert "main.json5 -> a.json5 -> b.json5 -> a.json5" in fault


def test_includes_end_after_ten_levels(home: Path) -> None:
    chain = {f"f{level}": f'{{$include: "f{level + 1}.json5"}}' for level in range(12)}
    main = _write(home, main='{$include: "f0.json5"}', **chain)

    assert "more than 10 levels" in _fault(main)
    _write(home, f9="{a: 1}")
    assert load(main, Disk())


@pytest.mark.parametrize("wanted", ['"gone.json5"', "17", '""', '["gone.json5"]', '"a\\u0000b"'])
def test_an_include_that_cannot_be_followed_is_named(home: Path, wanted: str) -> None:
    assert "main.json5:2:" in _fault(_write(home, main=f"{{\n$include: {wanted}}}"))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_without_an_end_are_refused_with_their_key(home: Path, number: str) -> None:
    fault = _fault(_write(home, main=f"{{tools: {{exec: {{\n timeoutSeconds: {number}}}}}}}"))

    assert "tools.exec.timeoutSeconds" in fault
    assert ":2:2" in fault


@pytest.mark.parametrize("text", ["[]", "7", "'text'", "null"])
def test_a_configuration_is_an_object(home: Path, text: str) -> None:
    assert "must be an object" in _fault(_write(home, main=text))


def test_a_mark_at_the_beginning_and_windows_line_ends_are_fine(home: Path) -> None:
    path = home / "main.json5"
    path.write_bytes(b"\xef\xbb\xbf{\r\n  gateway: {port: 1234},\r\n}\r\n")
    tree = load(path, Disk())
    node = find(tree, ("gateway", "port")) if tree else None

    assert node
    assert node.origin.where().line == 2


def test_a_file_that_is_too_large_is_refused(home: Path) -> None:
    path = home / "main.json5"
    path.write_bytes(b"x" * 5_000_000)

    assert "larger than 2 MB" in _fault(path)


def test_a_folder_in_the_place_of_the_file_is_a_sentence(home: Path) -> None:
    (home / "main.json5").mkdir()

    assert "cannot be read" in _fault(home / "main.json5")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_a_tree_or_a_faulty_file(home: Path, raw: bytes) -> None:
    path = home / "main.json5"
    path.write_bytes(raw)

    said = _outcome(path)

    assert not said or str(path) in said


def _outcome(path: Path) -> str:
    try:
        load(path, Disk())
    except FaultyFileError as error:
        return error.message
    return ""


def test_a_pipe_in_place_of_a_file_holds_nobody_up(home: Path) -> None:
    os.mkfifo(home / "main.json5")

    assert "not a plain file" in _fault(home / "main.json5")


def test_a_pile_of_included_files_is_refused(home: Path) -> None:
    names = ", ".join(f'"part{number}.json5"' for number in range(101))
    main = _write(home, main=f"{{$include: [{names}]}}", **{f"part{number}": "{}" for number in range(101)})

    assert "More than 100 files" in _fault(main)
