"""Reads how far a shop's clock has come."""

from services.cli.clickhouse.views import Views


def partition_clocks(views: Views, shop: str) -> dict[int, int]:
    """The shop's clock in each journey partition that told one, UTC milliseconds. Raises `ViewsError`."""
    query = "SELECT partition, toUnixTimestamp64Milli(now) FROM waypost.clocks WHERE shop = %(shop)s"
    return {int(partition): int(now) for partition, now in views.rows(query, {"shop": shop})}


def shop_clock(views: Views, shop: str) -> int | None:
    """The least of them: what every row of the shop already knows; None before the first. Raises `ViewsError`."""
    return min(partition_clocks(views, shop).values(), default=None)
