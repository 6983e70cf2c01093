# SPDX-License-Identifier: GPL-2.0-or-later
"""
Keeps count of what agrees. What differs is a failure, unless KNOWN.tsv has the row with both values and
the reason; a row there that differs no longer is a failure too.
"""
import csv
import os

KNOWN_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "KNOWN.tsv")


def rows(path):
    with open(path, newline="", encoding="utf-8") as f:
        yield from csv.DictReader(f, delimiter="\t")


def text(value):
    return str(value) if value is not None else "-"


class Ledger:
    def __init__(self, verbose):
        self.passed = self.failed = self.skipped = 0
        self.verbose = verbose
        self.known = {}
        with open(KNOWN_FILE, encoding="utf-8") as f:
            for line in f:
                if line.strip() and not line.startswith("#"):
                    *row, reason = line.rstrip("\n").split("\t")
                    self.known[tuple(row)] = reason
        self.met = set()

    def check(self, table, capture, field, who, want, got):
        if want == got:
            self.passed += 1
            return
        row = (table, capture, field, who, text(want), text(got))
        if row in self.known:
            self.skipped += 1
            self.met.add(row)
            if self.verbose:
                print(f"known {table} {capture} {who} {field}: theirs {want}, ours {got}: {self.known[row]}")
            return
        self.failed += 1
        print("FAIL  " + "\t".join(row))

    def check_stale(self, tables):
        """Rows of KNOWN.tsv, of the tables that were read, that nothing met."""
        for row in sorted(set(self.known) - self.met):
            if row[0] in tables:
                self.failed += 1
                print("FAIL  in KNOWN.tsv, and agrees now: " + "\t".join(row))
