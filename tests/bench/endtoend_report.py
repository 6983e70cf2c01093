# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures as one JSON object a line, or as lines for people."""

import json
import statistics

NAME_WIDTH = 72


def median(values):
    known = [v for v in values if v is not None]
    return statistics.median(known) if known else None


def quartiles(values):
    """The lower and the upper one, as a row has them; nothing where there are too few values."""
    known = [v for v in values if v is not None]
    if len(known) < 3:
        return {}
    low, _, high = statistics.quantiles(known, n=4, method="inclusive")
    return {"low": round(low, 4), "high": round(high, 4)}


def why_missed(bounds, at_least, at_most):
    """The first of the bounds that misses the target, too, as a row has it."""
    for what, bound in bounds.items():
        if at_least is not None and bound < at_least:
            return {"why": f"{what} ({bound:.4g}) is below"}
        if at_most is not None and bound > at_most:
            return {"why": f"{what} ({bound:.4g}) is above"}
    return {}


class Report:
    def __init__(self, as_json):
        self.as_json = as_json

    def figure(self, name, value, unit, ratio=None, against=None, at_least=None, at_most=None, of_ratio=False, bounds=None, **more):
        """One figure; a target is of the ratio where it says so, else of the value. `bounds`: what others have that
        do only a part of it, by what they do; a target beyond one of them is missed for that. `more` is what else is
        known of it: low and high, the quartiles of the ratio."""
        judged = ratio if of_ratio else value
        if value is None:
            return
        row = {"name": name, "value": round(value, 4), "unit": unit}
        if ratio is not None:
            row |= {"ratio": round(ratio, 4), "against": against} | more
        if judged is not None and (at_least is not None or at_most is not None):
            met = judged >= at_least if at_least is not None else judged <= at_most
            row |= {"target": at_least if at_least is not None else at_most, "met": met}
            row |= {} if met else why_missed(bounds or {}, at_least, at_most)
        if self.as_json:
            print(json.dumps(row), flush=True)
        else:
            print(self.line(row, at_least is not None), flush=True)

    @staticmethod
    def line(row, at_least):
        value = row["value"]
        text = f"{row['name']:{NAME_WIDTH}} {value:12,.{0 if abs(value) >= 1000 or value == int(value) else 3}f} {row['unit']:26}"
        if "ratio" in row:
            text += f" {row['ratio']:6.3f} of {row['against']}"
        if "low" in row:
            text += f" ({row['low']:.3f} to {row['high']:.3f})"
        if "target" in row:
            why = f": {row['why']}" if "why" in row else ""
            text += f"  ({'>=' if at_least else '<='} {row['target']:g} {'met' if row['met'] else 'MISSED'}{why})"
        return text.rstrip()

    def words(self, name, words):
        """Where there is no figure: why."""
        if self.as_json:
            print(json.dumps({"name": name, "value": None, "unit": None, "cannot": words}), flush=True)
        else:
            print(f"{name:{NAME_WIDTH}} can't be had here: {words}", flush=True)

    def heading(self, text):
        if not self.as_json:
            print(f"\n{text}", flush=True)
