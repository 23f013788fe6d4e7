"""A new bundle without rules shows in its rules.yaml what a rule looks like."""

from pathlib import Path

from pipeline.rules import parse_rules
from training.train import NO_RULES


def test_a_new_rules_file_holds_no_rule_and_its_example_is_one() -> None:
    assert parse_rules(NO_RULES.encode(), Path("rules.yaml"), ["Workflow Error"]).rules == ()
    commented = [line.removeprefix("#") for line in NO_RULES.splitlines() if line.startswith("#")]
    example = "\n".join(line.removeprefix(" ") for line in commented[1:])
    (rule,) = parse_rules(example.encode(), Path("rules.yaml"), ["Workflow Error"]).rules
    assert rule.match
    assert rule.no_match
    assert rule.source == "BillingSystem"
