"""One module for each command of `waypost`; see `services.cli.main`."""
