"""The verdict on a difference candidate − baseline where the candidate may be worse by a margin."""

from __future__ import annotations

BETTER, WORSE, NO_WORSE, UNDECIDED = "better", "worse", "no worse", "undecided"


def verdict(mean: float, high: float, margin: float, *, significant: bool) -> str:
    """What a difference shows about a candidate that may be worse by `margin` >= 0.

    "worse": above the margin and significantly above 0. "better": significantly below 0. "no worse": the upper end of
    the interval is at most the margin. Else "undecided", which is not "equal".

    Parameters
    ----------
    mean, high
        The difference, and the upper end of its two-sided confidence interval (NaN where there is none), in the unit
        of the losses.
    margin
        How much worse the candidate may be, in the same unit.
    significant
        Whether the difference is significantly different from 0 at the level of the interval.

    Notes
    -----
    "worse" asks for two things: a significant difference below the margin is too small to matter, and one above it
    that is not significant may be chance. NaN compares as false, so that without an interval nothing is "no worse".

    References
    ----------
    G. Piaggio et al., Reporting of noninferiority and equivalence randomized trials, JAMA 308 (2012),
    doi:10.1001/jama.2012.87802

    Examples
    --------
    >>> verdict(0.03, 0.05, 0.01, significant=True), verdict(0.0, 0.008, 0.01, significant=False)
    ('worse', 'no worse')

    """
    if significant and mean > margin:
        return WORSE
    if significant and mean < 0.0:
        return BETTER
    return NO_WORSE if high <= margin else UNDECIDED
