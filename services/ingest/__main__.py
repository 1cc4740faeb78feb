"""`python -m services.ingest`: run the service."""

from services.ingest.app import build
from services.ingest.settings import IngestSettings
from services.runtime import logs
from services.runtime.app import run
from services.runtime.exits import fatal


def main() -> None:
    """Read settings, build, run."""
    settings = IngestSettings()
    logs.configure("ingest", settings.log_level)
    with fatal("starting ingest"):
        spec = build(settings)
    run(spec)


if __name__ == "__main__":
    main()
