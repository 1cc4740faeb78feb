"""`python -m services.journey`: run the service."""

from services.journey.app import build
from services.journey.settings import JourneySettings
from services.runtime import logs
from services.runtime.app import run
from services.runtime.exits import fatal


def main() -> None:
    """Read settings, build, run."""
    settings = JourneySettings()
    logs.configure("journey", settings.log_level)
    with fatal("starting journey"):
        spec = build(settings)
    run(spec)


if __name__ == "__main__":
    main()
