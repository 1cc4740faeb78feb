"""`python -m services.alerts`: run the service."""

from services.alerts.app import build
from services.alerts.settings import AlertsSettings
from services.runtime import logs
from services.runtime.app import run
from services.runtime.exits import fatal


def main() -> None:
    """Read settings, build, run."""
    settings = AlertsSettings()
    logs.configure("alerts", settings.log_level)
    with fatal("starting alerts"):
        spec = build(settings)
    run(spec)


if __name__ == "__main__":
    main()
