"""Tokens of well-known formats and private keys are secrets wherever they stand."""

import pytest

from pipeline.masking import mask
from tests.pipeline.mask_pieces import A16, JWT

# fmt: off
KEYS = [
    *(f"AKIA{A16}", f"ASIA{A16}", "ghp_" + "a1" * 18, "github_pat_" + "a1" * 20, "glpat-" + "a1-" * 8, JWT),
    *("xoxb-" + "1-a" * 8, "sk-" + "proj-" + "aB3_" * 9, "gsk_" + "aB3" * 10, "AIza" + "Sy-a_" * 7),
    *("xapp-1-A" + A16, "xai-" + "aB3" * 8, "dckr_pat_" + A16 * 2, "PMAK-" + A16 * 2, "figd_" + A16 * 2, "AIDA" + A16),
    *("dp.pt." + A16 * 2, "tskey-auth-" + A16, "v4.public." + A16 * 2, "123456789:AA" + "aB3" * 9, "glrt-" + "a1-" * 8),
    *("sk_" + "live_" + A16, "hf_" + A16 * 2, "npm_" + A16 * 2, "hvs." + A16 * 2, "Bearer " + "a/+" * 8),
]
# fmt: on


@pytest.mark.parametrize("key", KEYS)
def test_keys_of_well_known_formats_are_secrets(key: str) -> None:
    assert mask(f"using {key}, as agreed") == "using <secret>, as agreed"


@pytest.mark.parametrize(
    "body", ["MIIE vQIB ADAN", "Proc-Type: 4,ENCRYPTED DEK-Info: AES-128-CBC,0A MIIE", r"\nMIIE\n"]
)
@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]
)
def test_private_keys_are_secrets_also_where_they_are_cut(kind: str, body: str) -> None:
    whole = f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"
    assert mask(f"loaded {whole} twice") == "loaded <secret> twice"
    assert mask(f"loaded {whole[: 40 + len(kind)]}") == "loaded <secret>"
