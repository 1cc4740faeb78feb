from uuid import UUID

from support.alert_rows import key

from services.alerts.domain.line import Backoff, Line

A, B, C = key("a"), key("b"), key("c")


def line(*keys: UUID) -> Line:
    made = Line(Backoff(first=1, longest=8))
    for decided_at, name in enumerate(keys):
        made.join(name, decided_at, now=0)
    return made


def test_waits_double_up_to_the_longest_and_at_least_half_is_waited() -> None:
    backoff = Backoff(first=1, longest=8)

    assert [backoff.wait(n, 1.0) for n in (1, 2, 3, 4, 5, 1000)] == [1, 2, 4, 8, 8, 8]
    assert [backoff.wait(n, 0.0) for n in (1, 2, 3, 4, 5, 1000)] == [0.5, 1, 2, 4, 4, 4]


def test_first_come_first_served_each_once() -> None:
    queue = line(A, B, A)

    assert (queue.next(0), queue.next(0), queue.next(0)) == (A, B, None)
    assert len(queue) == 2


def test_an_empty_line_is_never_due() -> None:
    assert line().due() is None
    assert line().oldest is None


def test_a_failure_holds_back_the_whole_receiver() -> None:
    queue = line(A, B)

    assert queue.next(0) == A
    assert queue.failed(A, now=0, chance=1) == 1
    assert queue.due() == 1
    assert queue.next(0.99) is None
    assert queue.next(1) == B


def test_what_failed_goes_behind_the_others() -> None:
    queue = line(A, B)
    queue.next(0)
    queue.failed(A, now=0, chance=1)

    assert queue.next(1) == B
    queue.succeeded(B)
    queue.leave(B)
    assert queue.next(1) == A


def test_a_success_opens_the_line_for_those_who_wait() -> None:
    queue = line(A, B, C)
    queue.next(0)
    queue.failed(A, now=0, chance=1)
    queue.next(1)
    queue.succeeded(B)
    queue.leave(B)

    assert queue.next(1) == C
    assert queue.next(1) == A


def test_one_that_a_receiver_cannot_digest_is_tried_ever_more_rarely_while_others_pass() -> None:
    queue, now, tries = line(A), 0.0, 0
    for second in range(100):
        now = float(second)
        queue.join(key(f"other {second}"), second, now)
        while turn := queue.next(now):
            if turn == A:
                tries += 1
                queue.failed(A, now, chance=1)
            else:
                queue.succeeded(turn)
                queue.leave(turn)

    assert tries <= 15
    assert len(queue) <= 2


def test_the_receivers_own_wish_is_respected() -> None:
    queue = line(A)
    queue.next(0)

    assert queue.failed(A, now=0, chance=1, at_least=120) == 120
    assert queue.due() == 120


def test_the_one_that_waits_longest_is_known() -> None:
    queue = line(A, B)
    queue.next(0)
    queue.leave(A)

    assert queue.oldest == 1


def test_one_with_more_to_tell_is_served_again_with_a_fresh_count() -> None:
    queue = line(A)
    queue.next(0)
    queue.failed(A, now=0, chance=1)
    queue.next(1)
    queue.again(A, decided_at=5, now=1)

    assert queue.attempts(A) == 0
    assert queue.oldest == 5
    assert queue.next(1) == A
