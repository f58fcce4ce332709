"""Files as people really have them: what they say is right in the tables, or told to be missing; never made up."""

from datetime import date
from pathlib import Path

import pytest

from homarus.domain.sources import NoDataError
from homarus.playbooks.board.tables.loading import File, Loaded, load
from homarus.playbooks.board.tables.shapes import Kind, Oddity, Table

TODAY = date(2026, 11, 20)


def loaded(folder: Path, path: str, content: bytes | str) -> Loaded:
    content = content if isinstance(content, bytes) else content.encode()
    return load([File(path=path, sha256="x", content=content)], folder, today=TODAY, stale_days=400)


def told(came: Loaded) -> str:
    return "\n".join(found.sentence for found in came.found)


def values(folder: Path, table: Table, column: str) -> list[object]:
    import duckdb

    with duckdb.connect(str(folder / "tables.duckdb"), read_only=True) as connection:
        return [row[0] for row in connection.execute(f'SELECT "{column}" FROM "{table.name}"').fetchall()]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["1.234,56", "1,234.56", "12.50", "12,50", "7"], [1234.56, 1234.56, 12.5, 12.5, 7.0]),
        ([*(f"{n}.25" for n in range(40)), "3,5"], [*(n + 0.25 for n in range(40)), 3.5]),
        (["12,34,567", "1,00,000"], [1234567.0, 100000.0]),
    ],
)
def test_a_number_is_never_read_as_another_one(tmp_path: Path, cells: list[str], read: list[float]) -> None:
    came = loaded(tmp_path, "x.tsv", "row\tamount\n" + "".join(f"r{n}\t{cell}\n" for n, cell in enumerate(cells)))

    assert values(tmp_path, came.tables[0], "amount") == read


def test_two_ways_of_writing_decimals_in_one_column_are_told(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.tsv", "row\tamount\na\t1.234,56\nb\t12.50\n")

    assert "each as it stands" in told(came)


def test_a_share_between_percentages_stays_out_and_is_told(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", "c,open rate\na,12%\nb,0.15\nc,20 %\n")

    assert values(tmp_path, came.tables[0], "open_rate") == [12.0, None, 20.0]
    assert "'0.15'" in told(came)


def test_a_quotation_mark_that_does_not_close_swallows_no_rows(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", 'id,name,amount\n1,"Miller,10\n2,Smith,20\n3,Jones,30\n4,"Ok",40\n')

    assert values(tmp_path, came.tables[0], "amount") == [10, 20, 30, 40]
    assert "line 2" in told(came)


def test_a_cell_may_go_on_over_lines(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", 'id,note,amount\n1,"one\ntwo, three",10\n2,"x",20\n')

    assert values(tmp_path, came.tables[0], "note") == ["one\ntwo, three", "x"]


def test_rows_with_too_many_cells_are_told(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", "id,name,amount\n1,a,10\n2,b,20,more,cells\n3,c,30,\n")

    assert "1 rows have more cells" in told(came)


@pytest.mark.parametrize(
    "text",
    [
        "region,month,sales\nnorth,1,10\nnorth,2,5\nSubtotal north,,15\nsouth,1,20\nSubtotal south,,20\n",
        "region,month,sales\nnorth,1,10\nnorth,2,5\nsouth,1,20\n,,35\n",
        "region;month;sales\nnorth;1;10\nnorth;2;5\nsouth;1;20\nSumme Gesamt;;35\n",
    ],
)
def test_what_adds_up_others_is_not_counted_twice(tmp_path: Path, text: str) -> None:
    came = loaded(tmp_path, "x.csv", text)

    assert sum(map(float, map(str, values(tmp_path, came.tables[0], "sales")))) == 35
    assert Oddity.TOTALS in {found.oddity for found in came.found}


def test_a_brand_that_is_called_total_stays(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", "brand,sales\nShell,10\nTotal Energies,7\nAral,20\n")

    assert came.tables[0].rows == 3


def test_lines_below_a_table_are_no_rows_of_it(tmp_path: Path) -> None:
    text = "day,n\n2026-10-01,1\n2026-10-02,2\n\nExported by Shop 1.2\nGenerated 2026-11-01\n"
    came = loaded(tmp_path, "x.csv", text)

    assert (came.tables[0].rows, came.tables[0].day) == (2, "day")
    assert "2 lines below" in told(came)


def test_the_first_row_of_a_table_without_names_is_not_lost(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", "2026-10-01,10,3\n2026-10-02,11,4\n")

    assert came.tables[0].rows == 2
    assert "no names of columns" in told(came)


@pytest.mark.parametrize("header", ["region,2024,2025,2026", "region,1,2,3"])
def test_years_and_months_may_be_names_of_columns(tmp_path: Path, header: str) -> None:
    assert loaded(tmp_path, "x.csv", f"{header}\nnorth,10,12,14\nsouth,20,22,21\n").tables[0].rows == 2


def test_names_over_several_columns_are_joined_with_theirs(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", ",2025,,2026,\nregion,sales,cost,sales,cost\nnorth,1,2,3,4\nsouth,5,6,7,8\n")

    assert [column.title for column in came.tables[0].columns][1:] == [
        "2025 sales",
        "2025 cost",
        "2026 sales",
        "2026 cost",
    ]


def test_a_web_page_in_place_of_a_table_is_named(tmp_path: Path) -> None:
    page = "<!DOCTYPE html>\n<html><title>502</title>\n<h1>Bad Gateway, sorry</h1>\n<p>Please, try later</p>\n"
    (tmp_path / "one").mkdir()
    with pytest.raises(NoDataError):
        loaded(tmp_path / "one", "x.csv", page)
    good = File(path="y.csv", sha256="y", content=b"a,b\n1,2\n")
    bad = File(path="x.csv", sha256="x", content=page.encode())

    assert "web page" in load([good, bad], tmp_path, today=TODAY, stale_days=1).missing[0].because


def test_a_message_of_an_error_in_json_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        loaded(tmp_path, "x.json", '{"error": "unauthorized", "message": "Invalid API key"}')


@pytest.mark.parametrize(
    "text",
    [
        '{"day": ["2026-10-01", "2026-10-02"], "n": [1, 2]}',
        '[["day", "n"], ["2026-10-01", 1], ["2026-10-02", 2]]',
        '{"a": {"b": {"c": {"d": {"e": [{"day": "2026-10-01", "n": 1}, {"day": "2026-10-02", "n": 2}]}}}}}',
    ],
)
def test_tables_in_json_have_many_shapes(tmp_path: Path, text: str) -> None:
    came = loaded(tmp_path, "x.json", text)

    assert [(column.name, column.kind) for column in came.tables[0].columns] == [
        ("day", Kind.DATE),
        ("n", Kind.NUMBER),
    ]


def test_days_as_spreadsheets_count_them_are_days(tmp_path: Path) -> None:
    table = loaded(tmp_path, "x.csv", "Date,amount\n46315,10\n46316,20\n").tables[0]

    assert (table.first, table.last) == (date(2026, 10, 20), date(2026, 10, 21))


def test_moments_of_several_zones_are_put_in_one_order(tmp_path: Path) -> None:
    text = "at,n\n2026-10-31T23:30:00+02:00,1\n2026-10-31T23:30:00-08:00,2\n2026-11-01T01:00:00Z,3\n"
    came = loaded(tmp_path, "x.csv", text)

    assert [str(value)[8:16] for value in values(tmp_path, came.tables[0], "at_")] == [
        "31 21:30",
        "01 07:30",
        "01 01:00",
    ]
    assert "in UTC" in told(came)


def test_missing_months_are_told(tmp_path: Path) -> None:
    rows = "".join(f"2026-{month:02d},{month}\n" for month in (1, 2, 3, 5, 6, 7))

    assert Oddity.GAP in {found.oddity for found in loaded(tmp_path, "x.csv", f"month,n\n{rows}").found}


def test_days_that_are_written_in_several_ways_are_told(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", "day,n\n2026-11-01,1\n02.11.2026,2\n11/03/2026,3\n")

    assert "several ways" in told(came)


def test_a_currency_that_is_missing_in_one_row_mixes_none(tmp_path: Path) -> None:
    came = loaded(tmp_path, "x.csv", "item,price,currency\na,10,EUR\nb,20,USD\nc,5,\n")

    assert came.tables[0].currency == "currency"


@pytest.mark.parametrize("encoding", ["cp1251", "shift_jis", "gb18030", "utf-16-be", "utf-16-le"])
def test_words_of_other_charsets_stay_words(tmp_path: Path, encoding: str) -> None:
    words = {"cp1251": ("город", "Казань"), "shift_jis": ("日付", "売上"), "gb18030": ("日期", "付款")}.get(
        encoding, ("place", "Berlin")
    )
    came = loaded(tmp_path, "x.csv", f"{words[0]};n\n{words[1]};1\n{words[1]};2\n".encode(encoding))

    assert came.tables[0].columns[0].title == words[0]


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_lines_may_end_as_they_did_on_old_machines(tmp_path: Path, end: str) -> None:
    assert loaded(tmp_path, "x.csv", f"day,n{end}2026-10-01,1{end}2026-10-02,2{end}").tables[0].rows == 2


def test_two_hundred_columns_are_read_in_the_memory_there_is(tmp_path: Path) -> None:
    names = ",".join(f"c{n}" for n in range(200))
    rows = "\n".join(",".join(str(n * row + 0.5) for n in range(200)) for row in range(1, 5))
    came = loaded(tmp_path, "x.csv", f"{names}\n{rows}\n")

    assert len(came.tables[0].of(Kind.NUMBER)) == 200
