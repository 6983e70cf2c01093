# SPDX-License-Identifier: GPL-2.0-or-later
"""Hard cases with verdicts that were derived by hand from the RFCs (EXPECTED.json)."""
import json
import os

SIDES = {"client": "orig", "server": "resp"}


def compare(replay, folder, ledger):
    with open(os.path.join(folder, "EXPECTED.json"), encoding="utf-8") as f:
        expected = json.load(f)
    for capture, want in expected.items():
        records = replay.records(os.path.join(folder, capture + ".pcap"))
        ledger.check("tricky", capture, "conns", "all", want["conns"], len(records))
        if records:
            compare_one(ledger, capture, want, records)


def compare_one(ledger, capture, want, records):
    record = records[0]

    def check(field, theirs, ours):
        ledger.check("tricky", capture, field, "first", theirs, ours)

    if want.get("zeek"):
        states = want["zeek"].split(" ")[0].split(",")
        check("conn_state", states, [r["conn_state"] for r in records][:len(states)])
    if "hist" in want:
        letters = want["hist"].rstrip("*")
        check("history", letters, record["history"][:len(letters)])
    for field in ("completeness", "orig_bytes", "resp_bytes"):
        if field in want:
            check(field, want[field], record[field])
    if "syn_retx" in want:
        check("syn_retransmits", want["syn_retx"], record["handshake"]["syn_retransmits"])
    if "closer" in want:
        check("teardown.by", SIDES[want["closer"]], record["teardown"]["by"])
    for place in want.get("final", "").split("/"):
        if place:
            state, who = place.split("@")
            field = SIDES[who] + "_state"
            check(field, state, record[field])
