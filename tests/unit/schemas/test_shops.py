"""Which shop a name stands for, and how a mistake in their declaration is named."""

from pathlib import Path

import pytest

from schemas.shops import Clock, Shop, Shops
from services.runtime.config import ConfigError, load_shops

ROOT = Path(__file__).parents[3]


def test_an_exact_name_beats_a_glob_and_the_longest_glob_wins() -> None:
    shops = Shops([Shop(name, Clock.REPLAY) for name in ("*", "replay-*", "replay-a", "replay-?")])
    found = [shop.name for name in ("replay-a", "replay-b", "replay-bc", "x") if (shop := shops.find(name))]
    assert found == ["replay-a", "replay-*", "replay-*", "*"]


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a\n", "a" * 65, "ä", "*"])
def test_a_name_that_would_not_stay_apart_from_others_is_no_shop(name: str) -> None:
    assert Shops([Shop("*", Clock.LIVE)]).find(name) is None


def test_no_number_of_invented_names_fills_the_memory() -> None:
    shops = Shops([Shop("main", Clock.LIVE)])
    for number in range(25_000):
        shops.find(f"shop-{number}")
    assert len(shops._found) <= 10_000
    assert shops.find("main")


def test_the_shops_out_of_the_box() -> None:
    shops = load_shops(ROOT / "config")
    found = {
        name: (shop.clock.value, shop.time_zone, shop.currency)
        for name in ("main", "demo", "olist", "retail", "rees46", "replay-a")
        if (shop := shops.find(name))
    }
    assert found == {
        "main": ("live", "UTC", "EUR"),
        "demo": ("replay", "UTC", "EUR"),
        "olist": ("replay", "America/Sao_Paulo", "BRL"),
        "retail": ("replay", "Europe/London", "GBP"),
        "rees46": ("replay", "UTC", "USD"),
        "replay-a": ("replay", "America/Sao_Paulo", "BRL"),
    }
    assert shops.find("elsewhere") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("main:\n  clock: wall\n", "shops.yaml:2: main.clock: Input should be 'live' or 'replay'"),
        ("main:\n  clock: live\n  zone: UTC\n", "shops.yaml:3: main.zone: an unknown key"),
        ("\nmain: {time_zone: UTC}\n", "shops.yaml:2: main.clock: missing, but required"),
        ("main:\n  clock: live\n  time_zone: Mars/Olympus\n", "shops.yaml:3: main.time_zone: not a time zone"),
        ("main:\n  clock: live\n  currency: EURO\n", "shops.yaml:3: main.currency: an ISO 4217 code"),
        ("main:\n  clock: live\n  sources:\n  - owner: x\n", "shops.yaml:4: main.sources.0.name: missing"),
        ("a: {clock: live}\nb: 5\n", "shops.yaml:2: b: expected a mapping"),
        ("a/b:\n  clock: live\n", "shops.yaml:1: a/b.name: expected 1 to 64 letters"),
        ("main: {clock: live}\nmain: {clock: replay}\n", "shops.yaml:2: main: the key is there twice"),
        ("main: [\n", "shops.yaml:2: not YAML"),
        ("- main\n", "shops.yaml:1: the file: expected a mapping"),
        ("", "shops.yaml:1: the file: expected a mapping"),
    ],
)
def test_a_mistake_is_named_with_its_file_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "shops.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_shops(tmp_path)
    assert said in str(raised.value)


def test_an_absent_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"shops\.yaml does not exist: create it, or name its folder in WAYPOST_"):
        load_shops(tmp_path)
