import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumer.errors import SettingsError
from consumer.settings import Settings, read_settings
from consumer.settings.reading import _variables

NAMES = sorted(_variables(Settings, "LOGSLUICE_"))
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
VALUES = _text | _json.map(json.dumps) | st.sampled_from(["[" * 5_000, "9" * 5_000, "::", "nan", "inf", "-1"])


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_a_setting_is_read_or_refused_by_its_name(name: str, value: str, tmp_path: Path) -> None:
    with patch.dict(os.environ, {name: value}):
        try:
            read_settings(tmp_path / "none", tmp_path)
        except SettingsError as refused:
            lines = str(refused).splitlines()
            assert lines
            family = name.split("__")[0] if "__" in name else name.removesuffix("_TOPIC").split("_")[0]
            assert all(family in line for line in lines), lines
            assert all(len(line) < 1_500 for line in lines)


def test_a_variable_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    with (
        patch.dict(os.environb, {b"LOGSLUICE_KAFKA_SASL_PASSWORD": b"gr\xfcn"}),
        pytest.raises(SettingsError, match=r"^LOGSLUICE_KAFKA_SASL_PASSWORD is not text in UTF-8\.$"),
    ):
        read_settings(tmp_path / "none", tmp_path)
