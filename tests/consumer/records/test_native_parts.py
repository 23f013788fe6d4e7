"""Parts of the native core against what they have to agree with: RE2, and masking."""

import itertools
import json
from functools import cache
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

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

_GROUP = "[0-9a-fA-F]{1,4}"
VALUE = "|".join(
    (
        "[0-9a-f]{2}(?::[0-9a-f]{2}){5}",
        "[0-9A-F]{2}(?::[0-9A-F]{2}){5}",
        f"{_GROUP}(?::{_GROUP}){{0,4}}::{_GROUP}(?::{_GROUP}){{0,4}}",
        "(?:0x)?[0-9a-f]{4,32}",
        "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "(?:https?://[a-z]{1,8}|)(?:/[a-z0-9_.-]{1,20}){1,4}",
    )
)
BEFORE = st.sampled_from(
    [
        *" =([{\"'|;<#:-,./@+_&~",
        "",
        " R:",
        " id:",
        " pin ",
        " code: ",
        " verification code ",
        " session id ",
        " login ",
        " password=",
        " token ",
        ' action="',
        ' "level":"',
        " key=",
        " otp:",
        " authorization:",
        " auth-",
        "7 ",
        "+800 ",
        " CEST ",
        "Oct 11 22:14:15 ",
        " 1234 1234 1234 1234 ",
        " DE12 ABCD 1234 ",
        " ssh-add ",
        " passphrase: aa bb cc ",
        " signature: ",
        " --token-",
        " token-",
        " Authorization: Foo ",
        "(555) ",
    ]
)
BEHIND = st.sampled_from(
    [
        *" =([{}])\"'|;<>#:-,./@+_&~$%!?*^",
        "",
        ": ",
        " = x",
        ", value: x",
        " secret:",
        "[secret:",
        " MB",
        "/24",
    ]
)


def test_candidates_are_those_that_re2_finds() -> None:
    import logsluice_core

    keys = [zeroed(clean(line)) for line in lines()]
    found = logsluice_core.candidates(bundle().rules.relaxed_patterns, keys)
    assert sum(each is not None for each in found) > 0.9 * len(keys)
    for key, each in zip(keys, found, strict=True):
        assert each is None or tuple(each) == bundle().rules.candidates(key)


@cache
def masking() -> Any:
    import logsluice_core

    return logsluice_core.Masking(portable_patterns())


@examples(1_500)
@given(messages)
@example("at 0xa 1234-5678 1234-5678")
@example("in /var/7 1234-5678 1234-5678")
def test_what_the_core_makes_alike_has_one_template(message: str) -> None:
    try:
        key = masking().alike(message)
    except UnicodeEncodeError:
        return
    if key is not None:
        assert mask(key.decode()) == mask(message)


def test_the_commonest_values_are_alike_but_where_a_secret_may_be() -> None:
    first = "AP 8f:7a:dc:4a:42:6e up from fe80::9ccc:5b, job 8d2f6a34-0c1e-4b7f-9a55-0c8e1f2a3b4d read /s/a #7a6b5c"
    other = "AP AB:CD:EF:01:23:4F up from fe81::1234:ff, job 00000000-aaaa-4b7f-9a55-ffffffffffff read /o/x #1d2e3f"
    assert masking().alike(first) == masking().alike(other) != zeroed(first)
    assert masking().alike(f"token {first}") is None


@cache
def lines() -> list[str]:
    return sorted({json.loads(value)["log_message"] for value in itertools.islice(sample_events(600), 2_000)})


@st.composite
def lines_with_values(draw: st.DrawFn) -> str:
    """Return a line as services write them, with values that stand where they should not."""
    line = draw(st.sampled_from(lines()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(line)))
        place = line.find(" ", place) if draw(st.booleans()) else place
        value = draw(st.from_regex(VALUE, fullmatch=True))
        line = f"{line[:place]}{draw(BEFORE)}{value}{draw(BEHIND)}{line[place:]}"
    return line


@examples(1_500)
@given(lines_with_values())
@example("took 149 d:725:d257::63f:cb:241(x")
@example("verification code 64B6::14:73f6] x")
@example("authorization-3e:B1:ff:f9:3d:56 x")
@example("authorization:3e:B1:ff:f9:3d:56 x")
@example("session id Ea:43:B0:7e:39:99&x, session id a3a3df85d661ed8e~to")
@example("request[@+800 91f46c63, +800 1234567f]")
@example("Oct 11 22:14:15 CEST 2001:db8::1 up")
@example("job 1234 1234 1234 1234 abcdef12 x")
@example("ssh-keygen /etc/ssh/ssh_host_rsa_key ran")
@example("Authorization: Foo ab::1 x")
@example("token-ab1def0c = hunter2 x")
@example("lastIndex(38:2E:43:D5:F0:26pin=34:f:1::62:4> x")
@example('Node 220 failed token-4580afabd": 68:c2:fa:df:65:4e x')
@example("request[@+108(555) EC:e0:2d:61:6F:b8, x")
@example("entry d::+800  aa0768fa-283d-6266-d9e9-142e6250a67c x")
@example("acl: verification code  f0b79c79-c767-e8bd-0a4a-f4f25ae7bca2 created")
@example("at 2025-03-06 A3:4F:ce:5D:0a:82 00:00:29")
@example("\\\\kafka-9.internal#90:A0:F0:f4:3D:5f) failed")
@example("Bearer  connectivitykey=3A:70:27:7B:FB:82  on")
@example('"level":"0xff8112c2bdce[secret:0B:ED:2C:B7:C4:93code: ')
def test_values_that_the_core_makes_alike_mask_as_they_did(message: str) -> None:
    key = masking().alike(message)
    assert key is None or mask(key.decode()) == mask(message)


def test_lines_of_ascii_are_masked_by_the_core_and_as_masking_does() -> None:
    lines = [json.loads(value)["log_message"] for value in itertools.islice(sample_events(600), 5_000)]
    templates = [masking().masked(line) for line in lines]
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
    if message.isascii():
        template = masking().masked(message)
        assert template is None or template == mask(message)
