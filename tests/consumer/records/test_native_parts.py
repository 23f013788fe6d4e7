"""Parts of the native core against what they have to agree with: RE2, and masking."""

import itertools
import json

from hypothesis import example, given

from pipeline.cleaning import clean
from pipeline.digits import zeroed
from pipeline.masking import mask, portable_patterns
from tests.pipeline.mask_pieces import spaced, texts
from tests.pipeline.test_recogniser import messages
from tests.support.default_model import bundle
from tests.support.long_scenarios import examples
from tests.support.native_core import needs_core
from training.sample import sample_events

pytestmark = needs_core


def test_candidates_are_those_that_re2_finds() -> None:
    import logsluice_core

    lines = {json.loads(value)["log_message"] for value in itertools.islice(sample_events(600), 2_000)}
    keys = [zeroed(clean(line)) for line in lines]
    found = logsluice_core.candidates(bundle().rules.relaxed_patterns, keys)
    assert sum(each is not None for each in found) > 0.9 * len(lines)
    for key, each in zip(keys, found, strict=True):
        assert each is None or tuple(each) == bundle().rules.candidates(key)


@examples(1_500)
@given(messages)
@example("at 0xa 1234-5678 1234-5678")
@example("in /var/7 1234-5678 1234-5678")
def test_what_the_core_makes_alike_has_one_template(message: str) -> None:
    import logsluice_core

    try:
        key = logsluice_core.alike(message)
    except UnicodeEncodeError:
        return
    if key is not None:
        assert mask(key.decode()) == mask(message)


def test_lines_of_ascii_are_masked_by_the_core_and_as_masking_does() -> None:
    import logsluice_core

    lines = [json.loads(value)["log_message"] for value in itertools.islice(sample_events(600), 5_000)]
    templates = logsluice_core.masked(portable_patterns(), lines)
    # Some have a word that announces a secret: the patterns for these are longer than PCRE2 takes by default.
    assert templates == [mask(line) if line.isascii() else None for line in lines]


@examples(600)
@given(messages | texts | spaced)
@example("user=bob id=7 CN=Ann Lee, -u a:b7 PASS x")
@example("see a7/b@C7_D and x:tR4p@host at 4929 1234 1234 1234 or +1 (555) 123 4567")
@example("token Bearer abcdefgh0123456789")
@example("a\tb\n  c -----END KEY-----")
@example("login failed: dbPassword='it''s' token=abc PIN: x7 session id is Ab1Cd2Ef3")
@example("[ERROR] see CUID#7 [31m, \\x1b[31mred")
def test_the_core_masks_any_message_as_masking_does_or_not_at_all(message: str) -> None:
    import logsluice_core

    if message.isascii():
        (template,) = logsluice_core.masked(portable_patterns(), [message])
        assert template is None or template == mask(message)
