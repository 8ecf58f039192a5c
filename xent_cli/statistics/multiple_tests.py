"""Several tests at once: Holm's correction."""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values corrected for how many there are, by Holm's step-down method; NaN stays NaN and is counted.

    Rejecting where the corrected value is below α rejects any true hypothesis with probability at most α, whatever
    the tests have in common.

    References
    ----------
    S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6 (1979), 65-70

    Examples
    --------
    >>> holm([0.25, 0.125, 0.5])
    (0.5, 0.375, 0.5)

    """
    count, running = len(p_values), 0.0
    corrected = [nan] * count
    for place, at in enumerate(sorted(range(count), key=lambda at: (isnan(p_values[at]), p_values[at]))):
        if not isnan(p_values[at]):
            running = max(running, min(1.0, (count - place) * p_values[at]))
            corrected[at] = running
    return tuple(corrected)
