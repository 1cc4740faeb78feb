"""Which shops can be replayed or simulated: those whose clock ticks with their events."""

from schemas.shops import Shops


def check_clock(shops: Shops, name: str) -> None:
    """Raise `ValueError`, saying what to do, unless the shop is declared with a replay clock."""
    found = shops.find(name)
    if found is None:
        declared = ", ".join(shop.name for shop in shops.declared)
        raise ValueError(f"shop {name!r} is not declared; config/shops.yaml knows {declared}")
    if found.live:
        raise ValueError(f"shop {name!r} lives by the wall's clock, which no events can move; use --shop replay-{name}")
