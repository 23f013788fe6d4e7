"""What the dashboards for operators ask Prometheus about: the job, and the processes that were chosen."""

JOB = 'job="$job"'
PODS = 'job="$job", instance=~"$instance"'


def rate(metric: str, by: str, more: str = "") -> str:
    """Return the rate of a counter of the chosen processes, summed by labels; ``more`` are further matchers."""
    return f"sum by ({by}) (rate({metric}{{{PODS}{more}}}[$__rate_interval]))"
