"""How much is measured: everything at its full size, or a little of everything to see that it runs."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Scale:
    """The sizes of all experiments; times in seconds."""

    name: str
    rounds: int
    few_rounds: int
    """Where a round is long, or has to start servers."""
    longest_warm_up: float
    """Of a server that has just started; each kind says what it needs."""
    warm_up: float
    """Of each sample."""
    sample: float
    long_sample: float
    """Where percentiles need many lines."""
    leisure: float
    """Of five at a rate that they all can carry."""
    rush: float
    """Of the updates that come to five at once, the share that does."""
    phase: float
    """Before, during and after the trouble of one of five."""
    connections: tuple[int, ...]
    """How many a server holds."""
    clients: tuple[int, ...]
    """How many it knows."""
    starts: int
    updates: int
    """Followed one after another until all five know."""
    known: int
    """Of those in a load, how many are compared among the five."""
    missed: int
    """Of those that a dead server missed, how many are looked for."""
    grace: float
    """How long after its trouble a server may take to know them."""
    patience: float
    """How much longer than planned a command may take, and a flood to ebb away."""

    def with_longer_samples(self) -> "Scale":
        """For percentiles far out, and for what is slow."""
        return replace(self, sample=self.long_sample)


FULL = Scale(
    name="full",
    rounds=5,
    few_rounds=3,
    longest_warm_up=10.0,
    warm_up=0.3,
    sample=1.0,
    long_sample=2.0,
    leisure=5.0,
    rush=1.0,
    phase=3.0,
    connections=(100, 1_000, 10_000, 19_000),
    clients=(1_000, 10_000, 100_000, 1_000_000),
    starts=15,
    updates=200,
    known=100,
    missed=200,
    grace=10.0,
    patience=180.0,
)

QUICK = Scale(
    name="quick",
    rounds=1,
    few_rounds=1,
    longest_warm_up=0.5,
    warm_up=0.2,
    sample=0.4,
    long_sample=0.6,
    leisure=0.6,
    rush=0.1,
    phase=0.6,
    connections=(100, 1_000),
    clients=(1_000, 10_000),
    starts=3,
    updates=20,
    known=20,
    missed=20,
    grace=3.0,
    patience=60.0,
)
