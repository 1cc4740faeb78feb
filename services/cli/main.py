"""The command `waypost`: a table of commands, each loaded only when it is called.

A command lives in one module of `services.cli.commands`, which has a Typer called `app`, with one command or a group of
them, and gets one line in COMMANDS. A line whose module is not installed is not shown.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec

import typer

from services.cli.failure import CommandFailedError

COMMANDS: Mapping[str, str] = {
    "up": "Start everything in the background and wait until all of it is ready.",
    "down": "Stop what `up` started; data stays.",
    "status": "Show what runs, since when, and whether it is ready.",
    "run": "Start everything with a simulated shop and show it live.",
    "simulate": "Send the events of a simulated shop that knows which journeys hurt.",
    "replay": "Send recorded events or real orders, driving their shop's clock.",
    "send": "Send a file of events and show the answer to each.",
    "check": "Say what the answer to each event of a file would be, sending nothing.",
    "answer": "Show the answer to one event.",
    "journey": "Show a customer's timeline with its pain points.",
    "rejected": "List refused events, or send them again after a fix.",
    "balance": "Check that every position read has exactly one answer.",
    "worklist": "List open pain points, the most pressing first.",
    "alerts": "Try where alerts would go.",
    "rebuild": "Rebuild a shop's journeys from its log.",
    "lanes": "Learn delivery times per lane from past parcels.",
    "tour": "Walk through what Waypost does, on the running installation.",
    "topics": "Create the topics, or check that they are as declared.",
    "migrate": "Bring ClickHouse's tables and views up to date.",
    "sql": "Ask ClickHouse a question.",
}

_STARTS_OR_STOPS = {"up", "down", "status", "run"}
"""Commands that manage the installation; all others use it as they find it."""


def app() -> None:
    """Entry point of `waypost`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code."""
    logging.basicConfig(level=logging.CRITICAL, format="%(message)s")  # a command itself reports what fails
    called = next((word for word in arguments if not word.startswith("-")), None)
    if called in COMMANDS and called not in _STARTS_OR_STOPS:
        from services.cli.local.discovery import use_running_installation

        use_running_installation()
    try:
        build(called)(list(arguments), prog_name="waypost")
    except CommandFailedError as failure:
        _show(failure)
        return 1
    except ValueError as error:
        _show(_refused_settings(error))
        return 1
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    return 0


def build(called: str | None) -> typer.Typer:
    """A Typer with all installed commands by name and help; only `called` is loaded."""
    root = typer.Typer(
        help="Customer journeys from shop, parcel and help-desk events, and where they hurt.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    root.callback()(_root)
    for name, summary in COMMANDS.items():
        module = f"services.cli.commands.{name}"
        if name == called and find_spec(module):
            _add(root, name, summary, import_module(module).app)
        elif find_spec(module):
            root.command(name, help=summary)(_not_loaded)
    return root


def _add(root: typer.Typer, name: str, summary: str, command: typer.Typer) -> None:
    only = command.registered_commands
    if len(only) == 1 and not command.registered_groups and not command.registered_callback:
        only[0].name = name
        root.registered_commands.append(only[0])
    else:
        root.add_typer(command, name=name, help=summary, no_args_is_help=True)


def _root() -> None:
    """Makes the root a group even while it has one command."""


def _not_loaded() -> None:
    """Stands in the list of commands for one that was not called."""


def _refused_settings(error: ValueError) -> CommandFailedError:
    """What is wrong with a setting; any other error is a bug and is raised again."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or not error.title.endswith("Settings"):
        raise error
    problems = [f"{'.'.join(map(str, one['loc'])) or error.title}: {one['msg']}" for one in error.errors()]
    return CommandFailedError(
        "a setting in the environment is refused:\n" + "\n".join(problems), "correct that variable, or unset it"
    )


def _show(failure: CommandFailedError) -> None:
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(failure.problem, style="red", markup=False)
    if failure.next_step:
        console.print(f"→ {failure.next_step}", markup=False)
