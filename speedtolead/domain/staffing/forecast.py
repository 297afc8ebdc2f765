"""How many calls will come in each hour of a day, and how wrong such forecasts were.

Owns: the forecast and its past error. Must not know: what is counted.

The forecast is the weighted mean of the same hour on the same weekday of the last eight weeks, each week counting
four fifths of the one after it (exponential smoothing with a weekly season: R. J. Hyndman, G. Athanasopoulos,
Forecasting: Principles and Practice, 3rd ed. 2021, 8.1; simple on purpose: it explains itself). With less than two
such days, all days count alike. It knows nothing of holidays or of an advertisement that begins tomorrow.

The error is what the same rule would have said of each of the last days, by what was known before it: the sum of
the differences by hour ÷ the sum of the calls (WAPE, which unlike a mean of percentages is not ruled by empty
hours).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 8
FADING = 0.8
TESTED_DAYS = 28
_DAY = timedelta(days=1)

Days = Mapping[date, Sequence[float]]
"""Calls by hour of each day, 24 of them; days without any call are there as well."""


@dataclass(frozen=True, slots=True)
class Error:
    """Over so many past days: by hour, and of the day's sum. None where no call came or too little was known."""

    days: int
    by_hour: float | None
    by_day: float | None


def forecast(days: Days, of: date) -> list[float]:
    """Calls in each of the 24 hours of a day, by the days before it; zeros where there are none."""
    alike = [(n, days[day]) for n in range(1, WEEKS + 1) if (day := of - n * 7 * _DAY) in days]
    if len(alike) < 2:
        alike = [(1, counts) for day, counts in days.items() if of - WEEKS * 7 * _DAY <= day < of]
    weights = [FADING**weeks for weeks, _ in alike]
    if not alike:
        return [0.0] * 24
    return [
        sum(weight * counts[hour] for weight, (_, counts) in zip(weights, alike, strict=True)) / sum(weights)
        for hour in range(24)
    ]


def past_error(days: Days, until: date, tested: int = TESTED_DAYS) -> Error:
    """How wrong the rule was on the last ``tested`` days before ``until``, where two weeks were known before."""
    apart = apart_by_day = total = 0.0
    counted = 0
    begin = min(days, default=until)
    for n in range(1, tested + 1):
        day = until - n * _DAY
        if day not in days or day - begin < 14 * _DAY:
            continue
        said, came = forecast(days, day), days[day]
        apart += sum(abs(one - other) for one, other in zip(said, came, strict=True))
        apart_by_day += abs(sum(said) - sum(came))
        total += sum(came)
        counted += 1
    if not total:
        return Error(counted, None, None)
    return Error(counted, apart / total, apart_by_day / total)
