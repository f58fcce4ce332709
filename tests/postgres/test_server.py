"""The tests' own server is a real one."""

import psycopg
import pytest

pytestmark = pytest.mark.postgres


def test_every_test_has_a_database_of_its_own(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as sql:
        row = sql.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == ("homarus", False)
