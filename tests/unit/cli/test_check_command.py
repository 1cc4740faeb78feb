"""`waypost check`: the answers a file would get."""

import json
from pathlib import Path

import pytest
from support.contract_events import RECEIVED_MS, SHOPS, event, text

from services.cli.commands.check import judge
from services.cli.main import run

ROOT = Path(__file__).parents[3]


def answers(value: bytes) -> list[tuple[int, int, str]]:
    return [(line.line, line.index, line.reason or line.answer) for line in judge(value, SHOPS, RECEIVED_MS)]


def test_each_event_is_answered_with_its_line() -> None:
    lines = [text(event(id="1")), b"", text([event(id="2"), event(id="3", shop="x")]), b"garbage", text(event(id="1"))]
    assert answers(b"\n".join(lines)) == [
        (1, 0, "stored"),
        (3, 0, "stored"),
        (3, 1, "unknown_shop"),
        (4, 0, "not_json"),
        (5, 0, "duplicate"),
    ]


def test_an_indented_array_is_answered_element_by_element() -> None:
    value = json.dumps([event(), event(subject="x"), event(time="2023-01-01T00:00:00Z", id="2")], indent=1).encode()
    lines = answers(value)
    assert [answer for _, _, answer in lines] == ["stored", "conflict", "late"]
    assert [value.split(b"\n")[line - 1].strip() for line, _, _ in lines] == [b"{"] * 3


@pytest.fixture(autouse=True)
def _our_shops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYPOST_CONFIG", str(ROOT / "config"))


def test_a_file_without_a_refused_event_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(ROOT / "schemas/examples/service.ticket.solved.full.json")]) == 0
    assert "1 event: 1 late" in capsys.readouterr().out


def test_a_refused_event_exits_with_1_and_json_has_one_object_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(text(event(shop="olist")) + b"\n" + text(event(type="x\x1b[2J")))
    assert run(["check", str(file), "--format", "json"]) == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["line"], first["answer"], first["shop"]) == (1, "stored", "olist")
    assert (second["line"], second["answer"], second["reason"]) == (2, "rejected", "unknown_type")
    assert run(["check", str(file)]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_a_file_that_is_absent_or_empty_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_bytes(b"\n")
    assert run(["check", str(tmp_path / "none")]) == 1
    assert run(["check", str(tmp_path / "empty")]) == 1
    said = capsys.readouterr().err
    assert "cannot be read: No such file" in said
    assert "holds no event" in said
