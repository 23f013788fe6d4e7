"""The rules of the others that ``make bench`` measures: the same in each, and in a form that it takes."""

import re

from benchmarks.peers import RSYSLOG_RULES, RSYSLOG_VARIABLES
from benchmarks.throughput import ROOT
from tests.support import rsyslog
from tests.support.debian_packages import program


def test_rsyslog_takes_its_rules() -> None:
    rsyslogd = program("rsyslogd", *rsyslog.PACKAGES)
    assert not rsyslog.complaint(rsyslogd, RSYSLOG_RULES, RSYSLOG_VARIABLES)


def test_each_labels_by_the_same_expressions() -> None:
    quix = (ROOT / "benchmarks/quix_streams_rules.py").read_text(encoding="utf-8")
    rules = re.findall(r'\(r"(.+)", "(.+)"\)', quix)
    assert len(rules) == 8
    # POSIX has no group that is not captured, and rsyslog doubles a backslash.
    in_rsyslog = [(each.replace("(?:", "(").replace("\\", "\\\\"), label) for each, label in rules]
    written = RSYSLOG_RULES.read_text(encoding="utf-8")
    assert in_rsyslog == re.findall(r're_match_i\(\$!log_message, "(.+)"\) then \{\s+.+ = "(.+)";', written)
