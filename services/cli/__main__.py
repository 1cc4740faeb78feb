"""`python -m services.cli` is `waypost`."""

from services.cli.main import app

app()
