"""What engines were asked, and what that costs by the prices that the operator set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stentor.engines import Engine, Price

if TYPE_CHECKING:
    from stentor.pipeline.speak import Spent, Usage

_FREE = Price()


@dataclass(slots=True)
class Totals:
    """What one engine was asked since the server started, and what that costs in whatever currency."""

    requests: int = 0
    characters: int = 0
    seconds: float = 0.0
    cost: float = 0.0


class Ledger:
    """Adds up what is spent on each engine, whether it was heard, failed, or was stopped.

    Only who was heard has to be paid: nothing says whether others want money for a request that they refused,
    failed at, or were stopped at before a sound.
    """

    def __init__(self, prices: Mapping[str, Price] | None = None) -> None:
        self._prices = prices or {}
        self.totals: dict[str, Totals] = {}
        """By the engine's name."""
        self.fallbacks: Counter[tuple[str, str]] = Counter()
        """Requests that another engine spoke, by the first choice and the code of why it did not."""

    def add(self, usage: Usage) -> None:
        """Book what was spent on one request."""
        for name, spent in usage.engines.items():
            totals = self.totals.setdefault(name, Totals())
            totals.requests += 1
            totals.characters += spent.characters
            totals.seconds += spent.seconds
            totals.cost += self._cost(name, spent)

    def fell_back(self, fallback: Sequence[tuple[str, str]]) -> None:
        """Note that a request was spoken instead of these engines, if there are any; each with a code."""
        for first in fallback[:1]:
            self.fallbacks[first] += 1

    def cost(self, usage: Usage) -> float | None:
        """Return what one request costs; None if no engine that spoke has a price."""
        if not usage.engines.keys() & self._prices.keys():
            return None
        return sum(self._cost(name, spent) for name, spent in usage.engines.items())

    def is_known_ahead(self, engines: Iterable[Engine]) -> bool:
        """Whether it takes no more than the text to know what these engines will cost."""
        prices = [self._prices[engine.name] for engine in engines if engine.name in self._prices]
        return bool(prices) and not any(price.per_second for price in prices)

    def is_by_the_second(self, engine: Engine) -> bool:
        """Whether its seconds have to be counted to know what it costs."""
        return self._price(engine.name).per_second > 0

    def priced(self, prices: Mapping[str, Price] | None) -> Ledger:
        """Return a ledger that goes on with the same totals, by other prices."""
        other = Ledger(prices)
        other.totals, other.fallbacks = self.totals, self.fallbacks
        return other

    def _cost(self, name: str, spent: Spent) -> float:
        return self._price(name).of(spent.characters, spent.seconds) if spent.heard else 0.0

    def _price(self, name: str) -> Price:
        return self._prices.get(name, _FREE)
