"""What can be replayed belongs to shops that are there out of the box."""

from pathlib import Path

import pytest

from schemas.shops import Clock
from services.cli.replays.catalog import DATA_SETS
from services.runtime.config import load_shops

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_data_set_has_a_shop_with_a_replay_clock(name: str) -> None:
    shop = load_shops(CONFIG).find(DATA_SETS[name].shop)
    assert shop is not None
    assert shop.clock is Clock.REPLAY


def test_the_data_sets_are_those_that_are_documented() -> None:
    text = (CONFIG.parent / "docs" / "replays.md").read_text(encoding="utf-8")
    assert [name for name in DATA_SETS if f"\n## `{name}`" not in text] == []
