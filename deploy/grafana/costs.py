"""Panels of what logsluice costs: its calls to the LLM, memory and processor."""

from deploy.grafana.blocks import Json, query, timeseries
from deploy.grafana.selectors import PODS, rate


def llm() -> list[Json]:
    """Return the panels of the LLM."""
    return [_calls(), _tokens(), _llm_state(), _pending()]


def process() -> list[Json]:
    """Return the panels of the processes."""
    return [_memory(), _caches(), _cpu(), _resident()]


def _calls() -> Json:
    return timeseries(
        "LLM calls by outcome",
        "Calls a second; each asks about several templates.",
        query(rate("logsluice_llm_calls_total", "outcome"), "{{outcome}}"),
        unit="cps",
        w=6,
    )


def _tokens() -> Json:
    return timeseries(
        "LLM tokens",
        "Tokens a minute.",
        query("60 * " + rate("logsluice_llm_tokens_total", "kind"), "{{kind}}"),
        w=6,
    )


def _llm_state() -> Json:
    return timeseries(
        "LLM out of reach",
        "1 while the circuit is open, or the budget spent.",
        query(f"logsluice_llm_circuit_open{{{PODS}}}", "circuit open, {{instance}}"),
        query(f"logsluice_llm_budget_exhausted{{{PODS}}}", "budget spent, {{instance}}"),
        w=6,
    )


def _pending() -> Json:
    return timeseries(
        "Oldest pending event",
        "At LOGSLUICE_PENDING_MAX_AGE_S, 900 s by default, it is published as Unclassified.",
        query(f"max by (instance) (logsluice_pending_age_seconds{{{PODS}}})", "{{instance}}"),
        unit="s",
        w=6,
    )


def _memory() -> Json:
    return timeseries(
        "Verdicts in memory",
        "Templates whose label was found by the LLM or given by a person; equal on all replicas.",
        query(f"logsluice_memory_verdicts{{{PODS}}}", "{{instance}}"),
        w=8,
    )


def _caches() -> Json:
    return timeseries(
        "Cache entries",
        "Growth means new templates, which cost an embedding each.",
        query(f"sum by (cache) (logsluice_cache_entries{{{PODS}}})", "{{cache}}"),
        w=8,
    )


def _cpu() -> Json:
    return timeseries(
        "CPU",
        "Cores in use by each process.",
        query(f"rate(process_cpu_seconds_total{{{PODS}}}[$__rate_interval])", "{{instance}}"),
        w=4,
    )


def _resident() -> Json:
    return timeseries(
        "Resident memory",
        "Of each process.",
        query(f"process_resident_memory_bytes{{{PODS}}}", "{{instance}}"),
        unit="bytes",
        w=4,
    )
