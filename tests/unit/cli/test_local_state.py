import os
from pathlib import Path

from services.cli.local.discovery import use_running_installation
from services.cli.local.processes import Identity, identity
from services.cli.local.state import Board, Installation, Phase, ProcessState, read_state

GONE = Identity(pid=2**22 + 1, started=1)


def test_without_a_state_file_there_is_no_installation(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None


def test_what_the_board_was_told_is_what_others_read(tmp_path: Path) -> None:
    board = Board(tmp_path, Installation("k:1", "clickhouse://c:2", GONE))
    board.put(ProcessState("kafka", "kafka.log", 9092))
    board.put(ProcessState("ingest", "ingest.log", 9101))
    board.put(ProcessState("kafka", "kafka.log", 9092, Phase.RUNNING, identity(os.getpid())))
    board.say(Phase.FAILED, problem="no room")

    state = read_state(tmp_path)

    assert state == board.state
    assert state is not None
    assert [process.name for process in state.processes] == ["kafka", "ingest"]
    assert state.problem == "no room"
    assert state.alive() == [identity(os.getpid())]
    assert not state.is_supervised()


def test_commands_use_the_running_installation_unless_told_otherwise(tmp_path: Path) -> None:
    Board(tmp_path, Installation("k:1", "clickhouse://c:2", GONE))
    environ = {"WAYPOST_HOME": str(tmp_path), "KAFKA_BROKERS": "elsewhere:1"}

    use_running_installation(environ)

    assert environ["KAFKA_BROKERS"] == "elsewhere:1"
    assert environ["CLICKHOUSE_URL"] == "clickhouse://c:2"
