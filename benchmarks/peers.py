"""Other programs that label events of a topic, here by eight regular expressions; left out where they are not."""

from benchmarks.throughput import ROOT, Contender
from tests.support import rsyslog
from tests.support.debian_packages import environment, find_program

_QUIX_PYTHON = ROOT / ".venv-bench/bin/python"
QUIX = Contender(
    "Quix Streams, 8 rules",
    (
        str(_QUIX_PYTHON),
        str(ROOT / "benchmarks/quix_streams_rules.py"),
        "{servers}",
        "{group}",
        "{in}",
        "{out}",
    ),
)
RSYSLOG = "rsyslog, 8 rules"
RSYSLOG_RULES = ROOT / "benchmarks/rsyslog_rules.conf"
RSYSLOG_VARIABLES = {
    "BENCH_SERVERS": "{servers}",
    "BENCH_GROUP": "{group}",
    "BENCH_IN": "{in}",
    "BENCH_OUT": "{out}",
}


def peers() -> tuple[list[Contender], list[str]]:
    """Return the contenders that can run here, and for each of the others why it cannot, in a line."""
    there: list[Contender] = []
    missing: list[str] = []
    if _QUIX_PYTHON.exists():
        there.append(QUIX)
    else:
        missing.append(f"{QUIX.name} is left out: there is no {_QUIX_PYTHON}, which `make bench` makes")
    rsyslogd = find_program("rsyslogd", *rsyslog.PACKAGES)
    if rsyslogd is None:
        missing.append(f"{RSYSLOG} is left out: apt-get install {' '.join(rsyslog.PACKAGES)}")
    elif complaint := rsyslog.complaint(rsyslogd, RSYSLOG_RULES, RSYSLOG_VARIABLES):
        missing.append(f"{RSYSLOG} is left out: {' '.join(complaint.split())}")
    else:
        there.append(
            Contender(
                RSYSLOG,
                tuple(rsyslog.command(rsyslogd, RSYSLOG_RULES)),
                environment(rsyslogd) | RSYSLOG_VARIABLES,
            )
        )
    return there, missing
