"""`python -m deploy.local.clickhouse --data DIR`: serves until SIGTERM or SIGINT."""

from __future__ import annotations

import os
import signal
import sys
import threading

from deploy.local.clickhouse.conversation import Access
from deploy.local.clickhouse.data_directory import DataInUseError, prepare
from deploy.local.clickhouse.engine import Engine
from deploy.local.clickhouse.log import log, log_crash
from deploy.local.clickhouse.options import Options, RemoteBindError, engine_config, parse_options
from deploy.local.clickhouse.process import EXIT_PORT_TAKEN
from deploy.local.clickhouse.server import PortTakenError, Server, listen

_EXIT_REFUSED = 2


def main() -> int:
    """Serves; returns the exit code."""
    try:
        options = parse_options(sys.argv[1:])
        return serve(options)
    except PortTakenError as error:
        log("error", str(error))
        return EXIT_PORT_TAKEN
    except (RemoteBindError, DataInUseError) as error:
        log("error", str(error))
        return _EXIT_REFUSED


def serve(options: Options) -> int:
    """Opens the data directory, says `ready HOST:PORT` on standard output and serves until told to end."""
    listener = listen(options.host, options.port)
    port = listener.getsockname()[1]
    directory = prepare(options.data, engine_config(options))
    engine = Engine(directory.tables, directory.config)
    access = Access(
        user=options.user,
        password=options.password,
        analyst=options.analyst,
        analyst_password=options.analyst_password,
    )
    server = Server(listener, engine, access, directory.spool)
    threading.excepthook = log_crash
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.stop_with_stdin:
        threading.Thread(target=_stop_at_end_of_stdin, args=(stop,), daemon=True).start()
    server.start()
    log("info", "ready", port=port, version=engine.version, data=str(options.data))
    print(f"ready {options.host}:{port}", flush=True)
    stop.wait()
    log("info", "stopping")
    server.stop()
    engine.close()
    log("info", "stopped")
    sys.stdout.flush()
    os._exit(0)  # threads of clients that did not leave in time are not waited for


def _stop_at_end_of_stdin(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
