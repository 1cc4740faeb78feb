"""The simulated shop beside the display: in a thread of its own, until it is told to stop."""

import threading

from services.cli.kafka.sender import KafkaSender, SendError
from services.cli.replays.event import epoch_ms
from services.cli.simulator.session import Simulation, Stage, send
from services.runtime.settings import KafkaSettings


class ShopThread:
    """Sends a simulation; what it is doing can be read at any time."""

    def __init__(self, simulation: Simulation) -> None:
        self.events = 0
        self.clock_ms = epoch_ms(simulation.start)
        self.problem = ""
        """Why it ended by itself, if it did."""
        self._simulation = simulation
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated-shop", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self, timeout: float = 15.0) -> None:
        """End after the portion in hand."""
        self._stop.set()
        self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether it still sends."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            send(KafkaSender(KafkaSettings()), Stage(self._simulation), self._moved, self._stop.wait)
        except SendError as error:
            self.problem = str(error)

    def _moved(self, events: int, tick_ms: int) -> None:
        self.events += events
        self.clock_ms = tick_ms
