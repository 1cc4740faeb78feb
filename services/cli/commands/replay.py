"""`waypost replay`: real orders, or recorded events, sent as their shop's systems would have."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.kafka.sender import ARRAY_EVENTS
from services.cli.replays import recorded
from services.cli.replays.arguments import bad_input_told, duration, instant
from services.cli.replays.catalog import DATA_SETS, DataSet
from services.cli.replays.disturbance import Disturbance
from services.cli.replays.session import Replay, replay
from services.cli.replays.shops import check_clock
from services.runtime.config import load_shops

app = typer.Typer(help="Send recorded events or real orders, driving their shop's clock.")

Shop = Annotated[str, typer.Option(help="Shop to replay as; sources and carrier are named after it.")]
Until = Annotated[str, typer.Option(help="Send nothing later, and end with the clock at exactly this instant.")]
Disorder = Annotated[str, typer.Option(help="Send events up to this much behind their place: 6h, 90m.")]
Duplicates = Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of events that is sent twice.")]
Seed = Annotated[int, typer.Option(help="Of disorder and duplicates.")]
Wait = Annotated[bool, typer.Option("--wait", help="Return when everything is in ClickHouse.")]
Array = Annotated[int, typer.Option(min=1, help="Events in one message; 1 sends each alone.")]


def _command(data_set: DataSet) -> Callable[..., None]:
    def command(
        directory: Annotated[Path, typer.Argument(help="Where the data's files are.", exists=True, file_okay=False)],
        shop: Shop = data_set.shop,
        until: Until = "",
        disorder: Disorder = "0",
        duplicates: Duplicates = 0.0,
        seed: Seed = 0,
        wait: Wait = False,
        array: Array = ARRAY_EVENTS,
    ) -> None:
        with bad_input_told():
            disturbance = Disturbance(duration(disorder), duplicates)
            how = Replay(shop, instant(until) if until else None, disturbance, seed, wait, array)
            check_clock(load_shops(), shop)
            found = list(data_set.translate(directory, shop))
        replay(found, how, Console(highlight=False, soft_wrap=True))

    return command


@app.command("events", help="Recorded events: JSON arrays, or an event a line, in the order of the files.")
def _events(
    files: Annotated[list[Path], typer.Argument(help="Files of CloudEvents.", exists=True, dir_okay=False)],
    shop: Annotated[str, typer.Option(help="Replay as this shop: sources and carriers are named after it.")] = "",
    until: Until = "",
    disorder: Disorder = "0",
    duplicates: Duplicates = 0.0,
    seed: Seed = 0,
    wait: Wait = False,
    array: Array = ARRAY_EVENTS,
) -> None:
    with bad_input_told():
        found = list(recorded.events(files, shop))
        disturbance = Disturbance(duration(disorder), duplicates)
        as_shop = shop or recorded.only_shop(found)
        check_clock(load_shops(), as_shop)
        how = Replay(as_shop, instant(until) if until else None, disturbance, seed, wait, array)
    replay(found, how, Console(highlight=False, soft_wrap=True))


for _name, _data_set in DATA_SETS.items():
    app.command(_name, help=f"{_data_set.about}.")(_command(_data_set))
