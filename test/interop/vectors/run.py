"""Runs files of test/vectors/v1 against verifier.py, as the README there says; writes each step with what became of it."""

import json
import sys

from verifier import Refused, Verifier, seconds_of


def judge(verifier, step, now):
    try:
        verifier.verify(step["token"], step.get("expected", {}), now)
        return {"verdict": "accepted"}
    except Refused as refusal:
        return {"verdict": "refused", "check": str(refusal)}


def run(file):
    for case in file["cases"]:
        settings = {**file["verifier"], **case.get("verifier", {})}
        verifier = Verifier(settings)
        now = seconds_of(settings["at"])
        steps = case.get("steps", [case])
        outcomes = []
        for step in steps:
            now = seconds_of(step["at"]) if "at" in step else now
            outcomes.append(judge(verifier, step, now))
        yield {"group": file["group"], "id": case["id"], "steps": outcomes}


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


print(json.dumps([outcome for path in sys.argv[1:] for outcome in run(read(path))]))
