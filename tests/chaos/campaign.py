"""A whole campaign: a shop's history undisturbed, the same under blows, and what is left of the difference."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chaos import alerts
from chaos.executor import Executor
from chaos.line import Line, line
from chaos.load import Feeder, Shop, flowing
from chaos.plan import Blow, duration
from chaos.recovery import Recoveries
from chaos.repeats import repeats
from chaos.report import Report
from chaos.views import Rows, differences, standing
from support.installation import ROOT
from support.polling import eventually
from support.webhook_server import SECRET, WebhookServer

from schemas.topics import INTERNAL, PAIN_POINTS_CHANGES
from services.cli.clickhouse.stored import awaiting, wait_until_stored
from services.cli.kafka.drain import KafkaGroups, Leg, passing

SHOPS = """
demo-*:
  clock: replay
"""
ROUTES = """
  - name: rehearsal
    shop: ["replay-*", "demo-*"]
    severity: high
    replay: true
    receivers: [default]
"""
TELLING = (Leg("alerts", (PAIN_POINTS_CHANGES,)), Leg("warehouse", INTERNAL))
SHOWN = 12
"""Differing rows of a view that a failure shows."""


@dataclass(slots=True)
class Arena:
    """A line, the receiver of its alerts, and what was found out about them."""

    line: Line
    receiver: WebhookServer
    calm: dict[str, Rows] = field(default_factory=dict)

    def undisturbed(self, shops: Sequence[Shop]) -> None:
        """Send these, one after the other, and keep what the views say of them."""
        for shop in shops:
            feeder = Feeder(self.line, shop)
            feeder.run()
            self.settle(feeder)
            self.calm[shop.name] = self.standing(shop.name)

    def standing(self, shop: str) -> Rows:
        """What the views say of a shop."""
        views = self.line.views()
        found = standing(views.rows, shop)
        views.close()
        return found

    def settle(self, feeder: Feeder) -> None:
        """Return when all that was sent shows, and all that had to be told was."""
        views, groups = self.line.views(), KafkaGroups(self.line.kafka)
        wait_until_stored(awaiting(views, groups, feeder.awaited()))
        wait_until_stored(passing(groups, TELLING))
        pending = "SELECT count() FROM waypost.alerts WHERE state = 'pending'"
        eventually(lambda: views.rows(pending) == [(0,)], 120, "no notification is pending")
        views.close()


@contextmanager
def arena(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Arena]:
    """A line that is up, with a receiver that wants to hear of every shop."""
    config = folder / "config"
    config.mkdir()
    for file in (ROOT / "config").iterdir():
        added = {"shops.yaml": SHOPS, "routes.yaml": ROUTES}.get(file.name, "")
        (config / file.name).write_text(file.read_text() + added)
    with WebhookServer() as receiver:
        own = {
            "WAYPOST_CONFIG": str(config),
            "WAYPOST_WEBHOOK_URL": receiver.url,
            "WAYPOST_WEBHOOK_SECRET": SECRET,
            "WAYPOST_WEBHOOK_ALLOW_PRIVATE": "true",
            "WAYPOST_ALERTS_LONGEST_BACKOFF_SECONDS": "2",
        }
        with line(folder / "home", own | dict(settings or {})) as made:
            yield Arena(made, receiver)


def under_blows(arena: Arena, report: Report, blows: Sequence[Blow], pairs: Sequence[tuple[str, Shop]]) -> list[str]:
    """Send shops while blows fall, then compare each with the undisturbed one that it is paired with.

    Fills in the report, and returns what is wrong.
    """
    shops = [shop for _, shop in pairs]
    recoveries = Recoveries(arena.line)
    executor = Executor(arena.line, blows, recoveries)
    feeders = [Feeder(arena.line, shop) for shop in shops]
    length, began = duration(blows), time.monotonic()
    with flowing(feeders, lambda: executor.now / length):
        executor.run()
        report.seconds = time.monotonic() - began
    report.kills, report.blows = dict(executor.kills), dict(executor.done)
    eventually(recoveries.all_well, 120, "everything works again")
    for feeder in feeders:
        arena.settle(feeder)
    report.settled = time.monotonic() - began - report.seconds
    recoveries.close()
    report.recovery = {target: _times(took) for target, took in recoveries.seconds.items()}
    report.events = sum(feeder.sent + feeder.resent for feeder in feeders)
    report.repeats = repeats(arena.line.kafka)
    return [*_unequal(arena, report, pairs), *_untold(arena, report, shops), *_unbalanced(arena, shops)]


def _times(took: Sequence[float]) -> dict[str, float]:
    return {"times": len(took), "median": round(statistics.median(took), 2), "longest": round(max(took), 2)}


def _unequal(arena: Arena, report: Report, pairs: Sequence[tuple[str, Shop]]) -> Iterator[str]:
    for calm, shop in pairs:
        found = arena.standing(shop.name)
        report.rows += sum(map(len, found.values()))
        for view, lines in differences(arena.calm[calm], found).items():
            report.differences += len(lines)
            yield f"{shop.name}, view {view}: {len(lines)} rows differ:\n" + "\n".join(lines[:SHOWN])


def _untold(arena: Arena, report: Report, shops: Sequence[Shop]) -> Iterator[str]:
    views, requests = arena.line.views(), list(arena.receiver.requests)
    names = {shop.name for shop in shops}
    due = alerts.due(arena.line.kafka, names, alerts.standing(views.rows, names))
    wanted = due.keys
    report.alerts, report.late = len(wanted), len(due.late)
    report.requests = sum(request.message["data"]["shop"] in names for request in requests)
    if not wanted:
        yield "there was nothing that people had to be told"
    if missing := alerts.unannounced(wanted, requests):
        shown = "\n".join(alerts.known_of(views.rows, key) for key in sorted(missing)[:SHOWN])
        yield f"{len(missing)} alerts of {len(wanted)} never came:\n{shown}"
    if several := alerts.keys_of_several(requests):
        yield f"several idempotency keys for one alert: {several}"
    if arena.receiver.problems:
        yield f"requests that do not verify: {arena.receiver.problems[:3]}"
    views.close()


def _unbalanced(arena: Arena, shops: Sequence[Shop]) -> Iterator[str]:
    said = arena.line.installation.call("balance", "--wait", "30", "--format", "json")
    if said.returncode:
        yield f"the balance does not close: {said.stdout} {said.stderr}"
    views = arena.line.views()
    for shop in shops:
        # Of a carrier that names no shop, the source tells whose it is.
        query = "SELECT toString(answer), count() FROM waypost.answers WHERE {} GROUP BY answer"
        rows = views.rows(query.format(f"startsWith(source, '{shop.name}') OR shop = '{shop.name}'"))
        answers = {answer: int(count) for answer, count in rows}
        if answers.pop("stored", 0) != shop.events or answers.keys() - {"duplicate"}:
            yield f"{shop.name}: not {shop.events} stored: {json.dumps(answers)}"
    views.close()
