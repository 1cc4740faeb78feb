"""The lease on partitions."""

from services.runtime.lease import Lease


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_lease_that_was_never_renewed_is_not_valid() -> None:
    assert not Lease(10, Clock()).valid


def test_a_lease_ends_exactly_at_its_limit_counted_from_when_the_heartbeat_was_sent() -> None:
    clock = Clock()
    lease = Lease(10, clock)
    lease.renew(sent=2.0)
    clock.now = 11.9
    assert lease.valid
    clock.now = 12.0
    assert not lease.valid


def test_a_late_answer_to_an_older_heartbeat_does_not_shorten_it() -> None:
    clock = Clock()
    lease = Lease(10, clock)
    lease.renew(sent=5.0)
    lease.renew(sent=1.0)
    clock.now = 14.0
    assert lease.valid
    assert lease.age == 9.0


def test_a_dropped_lease_is_not_valid() -> None:
    clock = Clock()
    lease = Lease(10, clock)
    lease.renew(0.0)
    lease.drop()
    assert not lease.valid
