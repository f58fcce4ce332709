"""Which SQL a model may ask: one SELECT over the tables that it may see, with functions that cannot grow or reach out.

The text is parsed by DuckDB itself and walked as a tree; what is not named here is refused. Each table is then bound to
the expert's own view, and the tree is written back as SQL: nothing that was not walked is ever run.

Functions are an allow-list because a locked database is not enough. Measured on DuckDB 2.0: `repeat`, `lpad` and
`range` took 8 to 20 GB whatever `memory_limit` said and obeyed an interrupt only after 18 to 64 s; a chain of `||`
doubles a text at every step. A `WITH` may hold an INSERT since 2.0.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from homarus.domain.content import Json
from homarus.domain.nearness import nearest
from homarus.playbooks.board.tables.shapes import RefusedQueryError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LONGEST = 4_000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHAPES = _words(
    "SELECT_NODE SET_OPERATION_NODE CTE_NODE EMPTY BASE_TABLE SUBQUERY JOIN ORDER_MODIFIER LIMIT_MODIFIER "
    "DISTINCT_MODIFIER ORDER_DEFAULT ASCENDING DESCENDING ORDER_ASCENDING ORDER_DESCENDING"
)
_CLASSES = _words(
    "COLUMN_REF CONSTANT FUNCTION COMPARISON CONJUNCTION OPERATOR CASE CAST SUBQUERY BETWEEN WINDOW STAR TYPE"
)
_TYPES = _words(
    "INTEGER INT BIGINT SMALLINT TINYINT HUGEINT DOUBLE FLOAT REAL DECIMAL NUMERIC VARCHAR TEXT STRING DATE TIMESTAMP "
    "TIME BOOLEAN BOOL INTERVAL"
)
_MOVING = _words(
    "current_date current_time current_timestamp localtime localtimestamp user current_user session_user current_role "
    "current_schema current_catalog"
)
_FUNCTIONS = _words(
    "+ - * / // % ~~ !~~ ~~* !~~* ! count count_star count_if countif sum sum_no_overflow fsum avg mean min max median "
    "mode stddev stddev_samp stddev_pop var_samp var_pop variance corr covar_pop covar_samp regr_slope regr_intercept "
    "regr_r2 quantile quantile_cont quantile_disc percentile_cont percentile_disc approx_count_distinct arg_min "
    "arg_max min_by max_by first last any_value bool_and bool_or skewness kurtosis mad entropy row_number rank "
    "dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value abs ceil ceiling floor round "
    "trunc sign sqrt cbrt ln log log10 log2 exp pow power mod greatest least coalesce ifnull nullif isnan isfinite "
    "isinf date_trunc datetrunc date_part datepart date_diff datediff date_sub datesub extract year quarter month week "
    "weekofyear yearweek isoyear isodow dayofweek weekday dow day dayofmonth dayofyear hour minute second dayname "
    "monthname last_day make_date age strftime to_days to_weeks to_months to_years to_hours to_minutes to_seconds "
    "date_add epoch century decade lower upper lcase ucase trim ltrim rtrim length len strlen substring substr left "
    "right contains starts_with ends_with prefix suffix like_escape not_like_escape ilike_escape not_ilike_escape "
    "regexp_matches instr strpos position ascii nfc_normalize strip_accents"
)


def guarded(connection: "DuckDBPyConnection", sql: str, *, views: Mapping[str, str]) -> str:
    """Return the SQL to run in place of what was asked, every table bound to the asker's view of it.

    `views` names, by table, the schema that holds the view.

    Raises:
        RefusedQueryError: when it is not one SELECT over these tables with known functions, saying why.
    """
    import duckdb

    text = sql.strip().rstrip(";").strip()
    if not text or len(text) > LONGEST:
        raise RefusedQueryError(f"A query has 1 to {LONGEST} characters.", hint="Ask for one figure at a time.")
    try:
        row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchone()
    except duckdb.Error as error:
        raise RefusedQueryError(_first_line(error), hint="Write one plain SELECT.") from error
    tree = cast("dict[str, Json]", json.loads(row[0] if row else "{}"))
    statements = cast("list[dict[str, Json]]", tree.get("statements") or [])
    if tree.get("error") or len(statements) != 1:
        because = str(tree.get("error_message") or "There must be exactly one statement.")
        raise RefusedQueryError(because, hint="Write one plain SELECT; nothing else runs here.")
    _Walk(views=views, ctes=_ctes(statements[0], views)).check(statements[0])
    try:
        bound = connection.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchone()
    except duckdb.Error as error:
        raise RefusedQueryError(_first_line(error), hint="Write it more plainly.") from error
    return str(bound[0]) if bound else ""


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _ctes(tree: Json, views: Mapping[str, str]) -> frozenset[str]:
    names = frozenset(
        str(entry.get("key", "")).lower()
        for node in _objects(tree)
        if isinstance(held := node.get("cte_map"), dict)
        for entry in cast("list[dict[str, Json]]", held.get("map") or [])
    ) | frozenset(str(node.get("cte_name", "")).lower() for node in _objects(tree) if node.get("cte_name"))
    shadowed = names & {name.lower() for name in views}
    if shadowed:
        raise RefusedQueryError(f"WITH hides the table {min(shadowed)!r}.", hint="Give it another name.")
    return names


def _objects(tree: Json) -> Iterator[dict[str, Json]]:
    """Yield every object of a tree, however deep, without recursion."""
    waiting: list[Json] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


class _Walk:
    """Looks at every object of a statement, and binds its tables."""

    def __init__(self, *, views: Mapping[str, str], ctes: Collection[str]) -> None:
        self._views = {name.lower(): schema for name, schema in views.items()}
        self._ctes = ctes

    def check(self, statement: Json) -> None:
        for node in _objects(statement):
            if "class" in node:
                self._expression(node)
            elif isinstance(node.get("type"), str):
                self._shape(node, str(node["type"]))

    def _shape(self, node: dict[str, Json], kind: str) -> None:
        if kind not in _SHAPES:
            raise RefusedQueryError(
                f"Only SELECT over tables, joins and subqueries runs here, no {kind.lower().replace('_', ' ')}.",
                hint="Write one plain SELECT.",
            )
        if node.get("sample") is not None or node.get("at_clause") is not None:
            raise RefusedQueryError(
                "A sample gives another answer each time.", hint="Take all rows, or filter them with WHERE."
            )
        if kind == "BASE_TABLE":
            self._table(node)

    def _expression(self, node: dict[str, Json]) -> None:
        kind = str(node["class"])
        if kind not in _CLASSES or (kind == "STAR" and node.get("expr") is not None):
            raise RefusedQueryError(
                f"A {kind.lower().replace('_', ' ')} of this kind does not run here.", hint="Write it more plainly."
            )
        if kind in {"FUNCTION", "WINDOW"}:
            self._function(node)
        elif kind == "TYPE" and str(node.get("type_name")).upper() not in _TYPES:
            raise RefusedQueryError(f"No cast to {node.get('type_name')} here.", hint="DOUBLE, BIGINT, DATE, VARCHAR.")
        elif kind == "COLUMN_REF":
            self._column(node)

    @staticmethod
    def _column(node: dict[str, Json]) -> None:
        names = cast("list[str]", node.get("column_names") or [])
        if len(names) == 1 and names[0].lower() in _MOVING:
            raise RefusedQueryError(
                f"{names[0]} is another one each time it is asked.", hint="Take max() of the column that has the day."
            )

    def _function(self, node: dict[str, Json]) -> None:
        name = str(node.get("function_name") or "").lower()
        if node.get("schema") or node.get("catalog") or name not in _FUNCTIONS:
            near = ", ".join(nearest(name, _FUNCTIONS))
            raise RefusedQueryError(
                f"The function {name!r} does not run here.", hint=f"Near to it: {near}." if near else "Do without it."
            )

    def _table(self, node: dict[str, Json]) -> None:
        name = str(node.get("table_name") or "")
        if node.get("schema_name") or node.get("catalog_name"):
            raise RefusedQueryError("Tables have no schema here.", hint="Name the table alone.")
        if name.lower() in self._ctes:
            return
        schema = self._views.get(name.lower())
        if schema is None:
            raise RefusedQueryError(
                f"You see no table {name!r}.", hint=f"You see {', '.join(sorted(self._views)) or 'none'}."
            )
        node["schema_name"] = schema
        if isinstance(node.get("qualified_name"), dict):
            node["qualified_name"] = {"path": [schema, name]}
