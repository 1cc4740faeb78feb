"""Settings of the alerts service, beside those that every service has."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from services.alerts.domain.line import Backoff
from services.runtime.config import config_folder
from services.runtime.settings import ServiceSettings


class AlertsSettings(ServiceSettings):
    """`WAYPOST_ALERTS_*`, and what `config/routes.yaml` names."""

    alerts_routes: Path = Field(default_factory=lambda: config_folder() / "routes.yaml")
    """The routes file."""
    alerts_deadline_seconds: float = Field(default=3 * 86_400.0, gt=0)
    """How long after its decision a notification that no attempt could deliver is tried again."""
    alerts_backoff_seconds: float = Field(default=1.0, gt=0)
    """The wait after a first failure; it doubles with each."""
    alerts_longest_backoff_seconds: float = Field(default=60.0, gt=0)
    """The longest wait, so also how soon after its return a receiver is noticed."""

    def backoff(self) -> Backoff:
        """How to wait between attempts."""
        return Backoff(self.alerts_backoff_seconds, self.alerts_longest_backoff_seconds)

    def deadline(self) -> timedelta:
        """How long to try."""
        return timedelta(seconds=self.alerts_deadline_seconds)
