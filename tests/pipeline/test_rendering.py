import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.masking import mask
from pipeline.rendering import rendered


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            '{"ts":"2026-03-14T09:12:44Z","level":"error","msg":"lease lost","pod":"web-1","attempt":3}',
            "lease lost ; level error ; pod ; attempt",
        ),
        (
            'ts=2026-03-14T09:12:44Z caller=main.go:12 level=info msg="tail stopped" path=/var/log/a.log',
            "tail stopped ; level info ; path",
        ),
        (
            'date=2026-03-14 devname="fw1" type="traffic" action="deny" srcip=10.0.0.7 dstport=22 policyid=4',
            "type traffic ; action deny",
        ),
        (
            '{"eventName":"ConsoleLogin","sourceIPAddress":"10.0.0.7","responseElements":{"ConsoleLogin":"Failure"}}',
            "eventName ConsoleLogin ; ConsoleLogin Failure ; responseElements",
        ),
        (
            'cluster_audit: {"User":"bob","Action":"Create","Description":"made a share","Id":7}',
            "cluster_audit: ; made a share ; Action Create ; User",
        ),
    ],
)
def test_a_structured_line_is_rendered_by_its_message_and_what_decides(message: str, text: str) -> None:
    assert rendered(mask(message)) == text


@pytest.mark.parametrize(
    "template",
    [
        "Connection to <ip> refused after retries=<num>",
        "dispatch error: reached limit=<num> of queue=<num> while draining the old generation of workers at shutdown",
        '{"a": 1}',
        "",
    ],
)
def test_prose_with_a_pair_or_two_stays_as_it_is(template: str) -> None:
    assert rendered(template) == template


@pytest.mark.parametrize("values", [("<str>", "<ip>", "<num>"), ("<uuid>", "<hex>", "<path>")])
def test_ids_and_addresses_do_not_show(values: tuple[str, str, str]) -> None:
    template = 'time=<ts> level=warn msg="quota of tenant near its end" tenant_id={} remote_addr={} pid={}'
    assert rendered(template.format(*values)) == "quota of tenant near its end ; level warn"


@given(st.text(alphabet="ab\"'={}:, \\<>;", max_size=80))
def test_any_text_is_rendered_without_an_error_and_no_longer_than_a_little_more(text: str) -> None:
    assert len(rendered(text)) <= 2 * len(text) + 10
