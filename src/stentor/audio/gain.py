"""Make audio louder or softer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stentor.types import Samples

_KNEE = np.float32(0.8)


def amplified(samples: Samples, gain: float) -> Samples:
    """Multiply float32 samples by a gain; what would be cut off at full scale is bent instead.

    Samples up to 0.8 are exact. Above, they follow a hyperbolic tangent that never reaches 1.
    """
    if gain == 1:
        return samples
    louder = samples * np.float32(gain)
    if gain < 1 or not samples.size:
        return louder
    over = np.abs(louder) - _KNEE
    bent = _KNEE + (1 - _KNEE) * np.tanh(over / (1 - _KNEE))
    return np.where(over > 0, np.copysign(bent, louder), louder).astype(np.float32, copy=False)
