from __future__ import annotations

import pytest

from deploy.local.clickhouse.errors import ServerError
from deploy.local.clickhouse.statements import Kind, Statement, understand


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT 1", Kind.STREAM),
        ("  -- why\n/* how */ (select 1) union all (select 2);", Kind.STREAM),
        ("WITH 1 AS a SELECT a", Kind.STREAM),
        ("FROM t SELECT a", Kind.STREAM),
        ("SHOW TABLES", Kind.ROWS),
        ("describe table t", Kind.ROWS),
        ("EXPLAIN SELECT 1", Kind.ROWS),
        ("EXISTS t", Kind.ROWS),
        ("SET a = 1", Kind.SESSION),
        ("USE db", Kind.SESSION),
        ("CREATE TABLE t (`values` UInt8) ENGINE = Memory", Kind.OTHER),
        ("ALTER TABLE t DELETE WHERE a = ';'", Kind.OTHER),
        ("INSERT INTO t SELECT * FROM u", Kind.OTHER),
        ("INSERT INTO t (a) SELECT `values` FROM u", Kind.OTHER),
        ("INSERT INTO t (SELECT 1)", Kind.OTHER),
        ("INSERT INTO t WITH 1 AS a SELECT a", Kind.OTHER),
    ],
)
def test_kind_of_a_statement_is_seen_from_its_words(text: str, kind: Kind) -> None:
    assert understand(text).kind is kind


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("INSERT INTO t VALUES", Statement(kind=Kind.INSERT, text="INSERT INTO t ", table="t")),
        (
            'insert into table db.t (a, `b c`, "d", n.x) values ; -- rows follow',
            Statement(
                kind=Kind.INSERT,
                text='insert into table db.t (a, `b c`, "d", n.x) ',
                table="db.t",
                columns=("a", "b c", "d", "n.x"),
            ),
        ),
        (
            "INSERT INTO `my db`.`t``1` (`a\\`b`) SETTINGS max_threads = 1 FORMAT Native",
            Statement(
                kind=Kind.INSERT,
                text="INSERT INTO `my db`.`t``1` (`a\\`b`) SETTINGS max_threads = 1 ",
                table="`my db`.`t``1`",
                columns=("a`b",),
            ),
        ),
        (
            "INSERT INTO t (`values`, format) VALUES",
            Statement(
                kind=Kind.INSERT, text="INSERT INTO t (`values`, format) ", table="t", columns=("values", "format")
            ),
        ),
    ],
)
def test_insert_that_waits_for_rows_names_its_table_and_columns(text: str, statement: Statement) -> None:
    assert understand(text) == statement


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("SELECT 1 FORMAT JSON", "SELECT 1 "),
        ("SELECT 1 format TSV;", "SELECT 1 "),
        ("SELECT 1 FORMAT Null SETTINGS max_threads = 1", "SELECT 1 SETTINGS max_threads = 1"),
        ("SELECT 1 AS format", "SELECT 1 AS format"),
        ("SELECT 'x FORMAT y', format FROM t -- FORMAT JSON", "SELECT 'x FORMAT y', format FROM t"),
        ("SHOW TABLES FORMAT Vertical", "SHOW TABLES "),
        ("SELECT $tag$ FORMAT x; $tag$", "SELECT $tag$ FORMAT x; $tag$"),
    ],
)
def test_format_is_left_to_the_client(text: str, sent: str) -> None:
    assert understand(text).text == sent


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT 1; SELECT 2", 62),
        (" -- nothing", 62),
        ("INSERT INTO t (a, ) VALUES", 62),
        ("INSERT INTO t (* EXCEPT a) VALUES", 48),
        ("INSERT INTO t VALUES (1)", 48),
        ("INSERT INTO t FORMAT CSV 1,2", 48),
        ("INSERT INTO FUNCTION file('x') VALUES", 48),
        ("INSERT INTO t FROM INFILE 'x' FORMAT CSV", 48),
        ("SELECT 1 INTO OUTFILE 'x'", 48),
        ("SELECT a FROM t GROUP BY a WITH TOTALS", 48),
        ("SET extremes = 1", 48),
        ("INSERT INTO t SELECT * FROM input('a UInt8') FORMAT CSV", 48),
        ("SYSTEM KILL", 48),
    ],
)
def test_what_cannot_be_done_faithfully_is_refused(text: str, code: int) -> None:
    with pytest.raises(ServerError) as refused:
        understand(text)
    assert refused.value.code == code


def test_words_in_quotes_and_comments_refuse_nothing() -> None:
    text = "SELECT 'WITH TOTALS; INTO OUTFILE' AS `extremes = 1` /* ; */ SETTINGS extremes = 0"
    assert understand(text).text == text


def test_temporary_tables_are_noticed() -> None:
    assert understand("CREATE OR REPLACE TEMPORARY TABLE t (a UInt8)").temporary
    assert not understand("CREATE TABLE t (temporary UInt8) ENGINE = Memory").temporary


def test_long_list_of_values_is_read_quickly() -> None:
    text = f"SELECT * FROM t WHERE a IN ({', '.join(map(str, range(50_000)))})"
    assert understand(text).kind is Kind.STREAM
