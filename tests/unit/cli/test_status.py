from datetime import timedelta

import pytest

from services.cli.commands.status import age


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0s"), (45.9, "45s"), (190, "3m 10s"), (7200, "2h 0m"), (4 * 86400 + 3700, "4d 1h")]
)
def test_an_age_is_said_in_its_largest_two_units(seconds: float, said: str) -> None:
    assert age(timedelta(seconds=seconds)) == said
