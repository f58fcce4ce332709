import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from homarus.playbooks.board.tables.asking import Asking, seat
from homarus.playbooks.board.tables.loading import File, load
from homarus.playbooks.board.tables.shapes import RefusedQueryError

pytestmark = pytest.mark.anyio
SALES = b"day,region,amount,email\n" + b"".join(
    b"2026-01-%02d,r%d,%d,a@b.c\n" % (1 + n % 28, n % 3, n) for n in range(300)
)
SEATS = {"growth": {"sales": ["day", "region", "amount"]}}


def _left_behind() -> list[Path]:
    return list(Path("/tmp").glob("board-was-here*"))


@pytest.fixture(name="asking")
def _asking(tmp_path: Path) -> Iterator[Asking]:
    files = [
        File(path="sales.csv", sha256="0", content=SALES),
        File(path="secret.csv", sha256="1", content=b"a,b\n1,2\n"),
    ]
    load(files, tmp_path, today=date(2026, 1, 30), stale_days=30)
    seat(tmp_path, SEATS)
    with Asking(tmp_path, seats=SEATS, limit_s=0.5, memory="128MB", most_rows=50) as asking:
        yield asking


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT region, sum(amount) FROM sales GROUP BY region ORDER BY 2 DESC LIMIT 5",
        "WITH w AS (SELECT date_trunc('week', day) AS wk, sum(amount) AS s FROM sales GROUP BY 1) SELECT avg(s) FROM w",
        "SELECT count(*) FILTER (WHERE amount > 10) * 1.0 / count(*) FROM sales",
        "SELECT a.region FROM sales a JOIN sales b USING (region) WHERE a.day BETWEEN '2026-01-01' AND '2026-01-02'",
        "SELECT sum(amount) FROM sales WHERE day > (SELECT max(day) FROM sales) - INTERVAL 7 DAY;",
        "SELECT region, row_number() OVER (ORDER BY sum(amount)) FROM sales GROUP BY ALL",
        "SELECT CASE WHEN amount > 3 THEN 'a' ELSE 'b' END, quantile_cont(amount, 0.5) FROM sales GROUP BY 1",
        "SELECT sales.amount::INTEGER FROM sales UNION ALL SELECT 1 -- the end",
        "SELECT DISTINCT ON (region) region, amount FROM sales WHERE region IN ('r1', 'r2') AND region LIKE 'r%'",
    ],
)
async def test_what_a_model_may_ask_runs(asking: Asking, sql: str) -> None:
    assert (await asking.theirs(sql, expert="growth")).rows


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('x')",
        "COPY sales TO '/tmp/board-was-here.csv'",
        "EXPORT DATABASE '/tmp/board-was-here'",
        "ATTACH '/tmp/board-was-here.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT getenv('HOME')",
        "SELECT current_setting('memory_limit')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM main.sales",
        "SELECT * FROM tables.main.secret",
        "SELECT * FROM secret",
        "SELECT email FROM sales",
        "SELECT sales.email FROM sales",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('secret')",
        "CREATE OR REPLACE TABLE sales AS SELECT 1",
        "CREATE TEMP TABLE x AS SELECT 1",
        "INSERT INTO sales SELECT * FROM sales",
        "WITH a AS (INSERT INTO sales VALUES (NULL, 'r', 1) RETURNING *) SELECT * FROM a",
        "WITH sales AS (SELECT 1 AS amount) SELECT * FROM sales",
        "DELETE FROM sales",
        "DROP TABLE sales",
        "PRAGMA database_list",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "CALL pragma_version()",
        "SHOW TABLES",
        "DESCRIBE secret",
        "SUMMARIZE sales",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE sales",
        "WITH RECURSIVE x AS (SELECT 1 a UNION ALL SELECT a + 1 FROM x) SELECT count(*) FROM x",
        "SELECT count(*) FROM range(1000000000000)",
        "SELECT * FROM generate_series(1, 1000000000)",
        "SELECT unnest(range(1000000000))",
        "SELECT len(range(1000000000))",
        "SELECT length(repeat('x', 4000000000))",
        "SELECT lpad('x', 2000000000, 'y')",
        "SELECT format('{:>1000000000}', 1)",
        "WITH a AS (SELECT 'xx' AS s), b AS (SELECT s || s AS s FROM a) SELECT s FROM b",
        "SELECT list(amount) FROM sales",
        "SELECT string_agg(region, '') FROM sales",
        "SELECT * FROM sales TABLESAMPLE 10%",
        "SELECT random()",
        "SELECT current_date",
        "SELECT now()",
        "SELECT COLUMNS('.*') FROM sales",
        "SELECT [1, 2]",
        "SELECT {'a': 1}",
        "SELECT $1",
        "VALUES (1)",
        "SELECT * FROM (VALUES (1)) t",
        "PIVOT sales ON region USING sum(amount)",
        "SELECT nextval('s')",
        "BEGIN TRANSACTION",
        "CHECKPOINT",
        "VACUUM",
        "",
        "SELECT",
        "SELECT 1 AS " + "x" * 5000,
        "SELECT " + "(" * 1900 + "1" + ")" * 1900,
        "not sql at all",
        "SELECT '\\0' FROM nowhere\x00",
    ],
)
async def test_nothing_else_runs(asking: Asking, sql: str) -> None:
    with pytest.raises(RefusedQueryError):
        await asking.theirs(sql, expert="growth")

    assert not _left_behind()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e",
        "SELECT sum(a.amount * b.amount * c.amount) FROM sales a, sales b, sales c, sales d, sales e, sales f",
        "SELECT a.day, b.day FROM sales a, sales b, sales c, sales d ORDER BY a.amount * b.amount + c.amount, d.day",
    ],
)
async def test_a_query_that_never_ends_is_interrupted(asking: Asking, sql: str) -> None:
    began = time.monotonic()
    with pytest.raises(RefusedQueryError, match=r"longer than|too much memory"):
        await asking.theirs(sql, expert="growth")

    assert time.monotonic() - began < 60
    assert (await asking.theirs("SELECT 1", expert="growth")).rows == ((1,),)


async def test_only_so_many_rows_come_back(asking: Asking) -> None:
    rows = await asking.theirs("SELECT * FROM sales", expert="growth")

    assert (len(rows.rows), rows.is_cut) == (50, True)
    assert rows.columns == ("day", "region", "amount")


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM read_csv('/etc/passwd')", "COPY sales TO '/tmp/board-was-here.csv'", "DROP TABLE sales"]
)
async def test_the_tables_are_locked_even_without_the_guard(asking: Asking, sql: str) -> None:
    with pytest.raises(RefusedQueryError):
        await asking.ours(sql)


async def test_an_expert_without_tables_sees_none(asking: Asking) -> None:
    with pytest.raises(RefusedQueryError, match="no table 'sales'") as refused:
        await asking.theirs("SELECT * FROM sales", expert="product")

    assert refused.value.hint == "You see none."
