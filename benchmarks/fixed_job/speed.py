"""How fast runs of the fixed job were, ours beside others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast one run was, and whether it was right."""

    name: str
    rate: float
    cpu_us: float
    verdict: str

    def __str__(self) -> str:
        return f"{self.name:<44}{self.rate:>10,.0f} events/s{self.cpu_us:>8.1f} µs of CPU an event   {self.verdict}"


def compared(ours: list[Speed], others: list[Speed]) -> None:
    """The median of our runs on disk against each of the others."""
    rates = sorted(speed.rate for speed in ours if "rocksdb" in speed.name)
    median = rates[len(rates) // 2]
    print(f"  median of {len(rates)} runs, cells on disk: {median:,.0f} events/s")
    for other in others:
        print(f"  {median / other.rate:6.1f} times {other.name.strip()} ({other.rate:,.0f} events/s, {other.verdict})")
