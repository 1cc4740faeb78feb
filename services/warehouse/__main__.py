"""`python -m services.warehouse`: run the service."""

from services.runtime import logs
from services.runtime.exits import fatal
from services.warehouse.app import build, run
from services.warehouse.settings import WarehouseSettings


def main() -> None:
    """Read settings, build, run."""
    settings = WarehouseSettings()
    logs.configure("warehouse", settings.log_level)
    with fatal("running warehouse"):
        run(build(settings))


if __name__ == "__main__":
    main()
