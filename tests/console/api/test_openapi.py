"""The OpenAPI document: whatever a request may be by it, the answer is one that it describes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.openapi import from_asgi
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.console.api.conftest import Api
from tests.support.long_scenarios import scaled

EXAMPLES = 25
"""Of each operation and mode, with ``--long``: the first five are tried in every run."""
ANY_BYTES = ("PUT /classify", "POST /v1/preview", "POST /classify", "POST /v1/jobs")
"""Whatever is sent is a file: a line that is nothing else is text."""
PASSED_ON = ("POST /alerts/webhook",)
"""Answers 502 and 503 where those cannot be reached that it asks."""


def failures_of(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[str]:
    """Return what is wrong with the answers of an operation to requests that follow the document, or do not."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=scaled(EXAMPLES), derandomize=True, database=None, suppress_health_check=[*HealthCheck]
    )
    def ask(case: "Case[Any]") -> None:
        # Whether a file has the right columns, or a label is one of the bundle's, is not for the document to say.
        excluded: list[Any] = [positive_data_acceptance]
        excluded += [negative_data_rejection] if operation.label in ANY_BYTES else []
        excluded += [not_a_server_error] if operation.label in PASSED_ON else []
        answer = case.call_and_validate(excluded_checks=excluded)
        assert answer.status_code != 500

    try:
        ask()
    except Unsatisfiable:  # there is nothing that could be wrong with a request
        return []
    except FailureGroup as failures:
        return [
            f"{operation.label}, {mode.value}: {each.title}: {each.message}" for each in failures.exceptions
        ]
    return []


@pytest.mark.timeout(300)
def test_every_answer_is_one_that_the_document_describes(tmp_path: Path) -> None:
    api = Api(tmp_path, public_url="http://testserver")  # that is what the client calls it
    api.fill()
    schema = from_asgi("/openapi.json", api.client.app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 10
    wrong = [
        each for operation in operations for mode in GenerationMode for each in failures_of(operation, mode)
    ]
    api.close()
    assert not wrong, "\n\n".join(wrong)
