import pytest
from support.polling import eventually


def test_polling_returns_the_first_truthy_value() -> None:
    values = iter([0, None, "", 7])

    assert eventually(lambda: next(values), timeout=5) == 7


def test_polling_ends_at_its_deadline_and_shows_the_last_failed_assertion() -> None:
    def look() -> bool:
        raise AssertionError("still three")

    with pytest.raises(AssertionError, match="still three"):
        eventually(look, timeout=0.1)
