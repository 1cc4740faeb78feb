from services.cli.local.supervision import FIRST_PAUSE_S, LONGEST_PAUSE_S, pause


def test_the_pause_before_a_restart_doubles_up_to_the_longest() -> None:
    assert [pause(failures) for failures in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert pause(1) == FIRST_PAUSE_S
    assert pause(1000) == LONGEST_PAUSE_S
