from datetime import date
from pathlib import Path

import pytest

from homarus.domain.sources import NoDataError
from homarus.playbooks.board.tables.loading import File, Loaded, load
from homarus.playbooks.board.tables.names import distinct, spelled, table_name
from homarus.playbooks.board.tables.shapes import Kind, Oddity, Table

TODAY = date(2026, 11, 20)


def loaded(folder: Path, **files: bytes | str) -> Loaded:
    """Load files given as `name_csv=...`."""
    listed = [
        File(
            path=name.replace("__", " ").replace("_csv", ".csv").replace("_json", ".json").replace("_tsv", ".tsv"),
            sha256=name,
            content=content if isinstance(content, bytes) else content.encode(),
        )
        for name, content in files.items()
    ]
    return load(listed, folder, today=TODAY, stale_days=30)


def only(came: Loaded) -> Table:
    assert len(came.tables) == 1
    return came.tables[0]


def oddities(came: Loaded) -> set[Oddity]:
    return {found.oddity for found in came.found}


BANK = """"Buchungstag";"Verwendungszweck";"Betrag";"Währung"
"02.11.26";"Müller";"1.234,56";"EUR"
"03.11.26";"x";"-980,00";"EUR"
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_german_bank_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    table = only(loaded(tmp_path, bank_csv=BANK.encode(encoding)))
    amount, purpose = table.column("betrag"), table.column("verwendungszweck")

    assert amount
    assert (amount.kind, amount.unit, amount.smallest, amount.largest) == (Kind.NUMBER, "EUR", "-980.0", "1234.56")
    assert purpose
    assert "Müller" in purpose.examples
    assert (table.day, table.first, table.last) == ("buchungstag", date(2026, 11, 2), date(2026, 11, 3))


@pytest.mark.parametrize(
    ("written", "smallest", "largest"),
    [
        (["1,234.50", "12.25"], "12.25", "1234.5"),
        (["1.234,50", "12,25"], "12.25", "1234.5"),
        (["1'234.50", "12.25"], "12.25", "1234.5"),
        (["1 234,50", "12,25"], "12.25", "1234.5"),
        (["$1,234.50", "$12.25"], "12.25", "1234.5"),
        (["1.234,50 €", "12,25 €"], "12.25", "1234.5"),
        (["(12.25)", "1234.50"], "-12.25", "1234.5"),
        (["12.25-", "1234.50"], "-12.25", "1234.5"),
        (["12.5%", "3.25%"], "3.25", "12.5"),
        (["1e3", "2.5"], "2.5", "1000.0"),
        (["0:03:12", "0:00:07"], "7", "192"),
        (["1,000,000", "2,500"], "2500", "1000000"),
    ],
)
def test_numbers_are_read_as_they_are_meant(tmp_path: Path, written: list[str], smallest: str, largest: str) -> None:
    rows = "\n".join(f"{number}\t{value}" for number, value in enumerate(written))
    column = only(loaded(tmp_path, x_tsv=f"row no\tvalue\n{rows}\n")).column("value")

    assert column
    assert (column.kind, column.smallest, column.largest) == (Kind.NUMBER, smallest, largest)


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("2026-10-31", "2026-10-31"),
        ("31.10.2026", "2026-10-31"),
        ("31.10.26", "2026-10-31"),
        ("10/31/2026", "2026-10-31"),
        ("31/10/2026", "2026-10-31"),
        ("Oct 31, 2026", "2026-10-31"),
        ("31 Oct 2026", "2026-10-31"),
        ("20261031", "2026-10-31"),
        ("2026-10-31T08:15:00Z", "2026-10-31 08:15:00"),
        ("2026-10-31T08:15:00.123+02:00", "2026-10-31 08:15:00"),
        ("2026-10-31 08:15:00 +0200", "2026-10-31 08:15:00"),
        ("10/31/2026 08:15", "2026-10-31 08:15:00"),
        ("Oct 31, 2026 09:00 am", "2026-10-31 09:00:00"),
    ],
)
def test_days_are_read_as_they_are_meant(tmp_path: Path, written: str, first: str) -> None:
    column = only(loaded(tmp_path, x_csv=f'date,n\n"{written}",1\n"{written}",2\n')).column("date")

    assert column
    assert (column.kind, column.smallest) == (Kind.DATE, first)


def test_a_day_that_can_be_two_days_is_told(tmp_path: Path) -> None:
    came = loaded(tmp_path, x_csv="when,n\n03/04/2026,1\n05/06/2026,2\n")

    assert Oddity.AMBIGUOUS in oddities(came)


def test_identifiers_are_never_added_up(tmp_path: Path) -> None:
    table = only(loaded(tmp_path, x_csv="order_id,plz,phone,amount\n1,01067,0351,3\n2,10115,0304,4\n"))

    assert [column.kind for column in table.columns] == [Kind.KEY, Kind.KEY, Kind.KEY, Kind.NUMBER]


def test_lines_above_the_header_and_totals_are_left_out(tmp_path: Path) -> None:
    text = "# Report\n# 20261001-20261031\n\nCampaign,Sessions\nGrand total,300\na,100\nb,200\n"
    came = loaded(tmp_path, ga_csv=text)

    assert only(came).rows == 2
    assert Oddity.TOTALS in oddities(came)


def test_a_segment_that_is_called_total_in_many_rows_stays(tmp_path: Path) -> None:
    rows = "\n".join(f"{word},{number}" for number, word in enumerate(["total", "part"] * 5))

    assert only(loaded(tmp_path, x_csv=f"kind,n\n{rows}\n")).rows == 10


def test_the_answer_of_an_api_is_a_table(tmp_path: Path) -> None:
    first = '{"id": 1, "sent": 10, "lists": [{"name": "all"}], "by": {"name": "me"}}'
    body = f'{{"data": {{"results": [{first}, {{"id": 2, "sent": 20}}]}}}}'

    assert [column.name for column in only(loaded(tmp_path, c_json=body)).columns] == ["id", "sent", "lists", "by_name"]


def test_one_object_per_line_is_a_table(tmp_path: Path) -> None:
    assert only(loaded(tmp_path, c_json='{"a": 1}\n{"a": 2}\n')).rows == 2


def test_parquet_is_read(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "x.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS \"My Count\", DATE '2026-01-02' AS day) TO '{path}' (FORMAT parquet)")
    (tmp_path / "db").mkdir()
    came = load(
        [File(path="x.parquet", sha256="x", content=path.read_bytes())], tmp_path / "db", today=TODAY, stale_days=1
    )

    assert [(c.name, c.kind) for c in only(came).columns] == [("my_count", Kind.NUMBER), ("day", Kind.DATE)]


def test_a_file_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    came = loaded(tmp_path, orders_csv="id,n\n1,2\n2,3\n", **{"orders__(1)_csv": "id,n\r\n2,3\r\n1,2\r\n"})

    assert only(came).rows == 2
    assert Oddity.DUPLICATE_FILE in oddities(came)


def test_months_of_one_export_are_one_table_and_shared_rows_count_once(tmp_path: Path) -> None:
    files = {"orders__2026-09_csv": "id,n\n1,2\n2,3\n", "orders__2026-10_csv": "id,n\n2,3\n3,4\n"}
    came = loaded(tmp_path, **files)

    assert (only(came).name, only(came).rows) == ("orders", 3)
    assert Oddity.OVERLAP in oddities(came)


def test_missing_weeks_and_old_data_are_told(tmp_path: Path) -> None:
    rows = "\n".join(
        f"2026-0{month}-{day:02d},1" for month in (7, 8) for day in range(1, 29) if (month, day) < (8, 3) or day > 16
    )
    came = loaded(tmp_path, x_csv=f"day,n\n{rows}\n")

    assert {Oddity.GAP, Oddity.STALE} <= oddities(came)


def test_currencies_in_the_cells_are_parted(tmp_path: Path) -> None:
    came = loaded(tmp_path, x_csv='price,n\n"$1,200.50",1\n€ 99.10,2\n')

    assert only(came).currency == "price_currency"
    assert Oddity.CURRENCIES in oddities(came)


def test_what_cannot_be_read_in_a_column_is_told_with_an_example(tmp_path: Path) -> None:
    rows = "\n".join(f"{number},{number}.5" for number in range(40))
    came = loaded(tmp_path, x_csv=f"n,value\n{rows}\n41,broken\n")

    assert [found.sentence for found in came.found if found.oddity is Oddity.UNREADABLE] == [
        "x.value: 1 values could not be read, as 'broken'; they stay out."
    ]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "empty"),
        (b"PK\x03\x04xxxx", "spreadsheet"),
        (b"\x1f\x8bxx", "packed"),
        (b"\x89PNG\0\0\0\0", "binary"),
        (b"[1, 2]", "no list"),
    ],
)
def test_what_is_no_table_is_named_with_what_to_do(tmp_path: Path, content: bytes, match: str) -> None:
    with pytest.raises(NoDataError, match="None of the 1 files"):
        load([File(path="x.csv", sha256="x", content=content)], tmp_path, today=TODAY, stale_days=1)
    folder = tmp_path / "second"
    folder.mkdir()
    good = File(path="y.csv", sha256="y", content=b"a,b\n1,2\n")
    came = load([good, File(path="x.csv", sha256="x", content=content)], folder, today=TODAY, stale_days=1)

    assert match in came.missing[0].because
    assert came.missing[0].hint


def test_names_can_be_written_in_sql() -> None:
    assert spelled("Watch time (hours)") == "watch_time_hours"
    assert spelled("Größe in %") == "groesse_in_pct"
    assert spelled("Order") == "order_"
    assert spelled("2026") == "c2026"
    assert spelled("日本", otherwise="column_3") == "column_3"
    assert distinct(["a", "A", "a "]) == ["a", "a_2", "a_3"]
    assert table_name("exports/orders 2026-10.csv") == table_name("orders (1).csv") == "orders"
