"""For developers of the contract: keep the generated schemas, examples and catalogue as the models say.

Not among the commands of `waypost`: run it in a checkout, as `python -m services.cli.commands.contract write`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.golden.files import stale
from schemas.golden.files import write as write_files

app = typer.Typer(help="Generate the JSON Schemas, example events and catalogue from the event models.")

Root = Annotated[Path, typer.Option(help="Where the repository is.", exists=True, file_okay=False)]


@app.command()
def write(root: Root = Path()) -> None:
    """Write all generated files."""
    typer.echo(f"{write_files(root)} files written")


@app.command()
def check(root: Root = Path()) -> None:
    """Exit with 1 and name the files that are not as the models say."""
    problems = list(stale(root))
    for problem in problems:
        typer.echo(problem)
    if problems:
        typer.echo("write them anew: python -m services.cli.commands.contract write")
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
