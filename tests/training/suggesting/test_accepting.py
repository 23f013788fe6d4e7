"""A rule is added to a bundle so that a reader at any moment gets the old bundle or the new one."""

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline import bundle_directory
from pipeline.bundle import FILES, MANIFEST, RULES, default_bundle, read_bundle
from pipeline.bundle_directory import previous_of
from pipeline.errors import BundleError, RuleError
from pipeline.rules import Rule, read_rules
from tests.conftest import Command
from training.suggesting.accepting import NotChangedError, add_rule, check_may_change

RULE = Rule("parcel", "Workflow Error", "parcel misrouted", ("a parcel misrouted at dawn",))
KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline import bundle_directory
from pipeline.rules import Rule
from training.suggesting.accepting import add_rule

put = bundle_directory._put

def killed(new, output):
    if sys.argv[2] == "after":
        put(new, output)
    os.kill(os.getpid(), signal.SIGKILL)

bundle_directory._put = killed
add_rule(Path(sys.argv[1]), Rule("killed", "Workflow Error", "parcel killed", ("parcel killed",)), [])
"""
"""Adds a rule, and is killed before or after the new bundle takes its place."""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    directory = tmp_path / "own"
    shutil.copytree(default_bundle(), directory)
    return directory


def numbered(number: int) -> Rule:
    return Rule(
        f"parcel-{number}", "Workflow Error", f"parcel {number} misrouted", (f"parcel {number} misrouted",)
    )


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_before_or_after_the_swap_leaves_a_bundle_that_can_be_used(bundle: Path, moment: str) -> None:
    before = read_bundle(bundle).digest
    killed = subprocess.run([sys.executable, "-c", KILLED, bundle, moment], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = read_bundle(bundle)
    assert (left.digest == before) == (moment == "before")
    assert ("killed" in {rule.name for rule in left.rules.rules}) == (moment == "after")
    add_rule(bundle, RULE, ["after a kill"])
    assert read_bundle(previous_of(bundle)).digest == left.digest


def test_the_bundle_before_is_kept_as_promote_looks_for_it(bundle: Path, logsluice: Command) -> None:
    before = read_bundle(bundle).digest
    after = add_rule(bundle, RULE, ["accepted by ada"])
    assert (read_bundle(bundle).digest, after.directory) == (after.digest, bundle)
    assert read_rules(bundle / RULES, tuple(after.manifest.labels)).rules[-1].name == "parcel"
    assert {path.name for path in bundle.iterdir()} <= FILES
    assert sorted(path.name for path in bundle.parent.iterdir()) == ["own", "own.previous"]
    result = logsluice("promote", "--back", "--to", bundle)
    assert result.exit_code == 0, result.stderr
    assert read_bundle(bundle).digest == before


def test_a_link_to_a_bundle_stays_a_link(bundle: Path) -> None:
    link = bundle.with_name("link")
    link.symlink_to(bundle)
    after = add_rule(link, RULE, [])
    assert link.is_symlink()
    assert read_bundle(bundle).digest == after.digest


def test_what_several_people_add_at_once_is_all_there(bundle: Path) -> None:
    threads = [
        threading.Thread(target=add_rule, args=(bundle, numbered(number), ["at once"])) for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {rule.name for rule in read_bundle(bundle).rules.rules}
    assert {f"parcel-{number}" for number in range(4)} <= names


def test_what_cannot_be_sealed_leaves_the_bundle_as_it_was(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: (bundle / name).read_bytes() for name in (RULES, MANIFEST)}
    with pytest.raises(RuleError, match="does not match its own example"):
        add_rule(bundle, Rule("parcel", "Workflow Error", "x", ("y",)), [])
    monkeypatch.setattr(
        bundle_directory, "_settle", lambda path: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(NotChangedError, match="No space left"):
        add_rule(bundle, RULE, [])
    assert {name: (bundle / name).read_bytes() for name in files} == files
    assert [path.name for path in bundle.parent.iterdir()] == ["own"]


def test_rules_that_are_no_plain_list_are_left_to_a_person(bundle: Path) -> None:
    from training.train import seal

    (bundle / RULES).write_text("[]\n")
    seal(bundle)
    with pytest.raises(NotChangedError, match="by hand"):
        add_rule(bundle, RULE, [])
    (bundle / RULES).write_text("# nothing yet")
    seal(bundle)
    assert [rule.name for rule in add_rule(bundle, RULE, ["first"]).rules.rules] == ["parcel"]


def test_a_bundle_that_was_altered_is_not_sealed_over(bundle: Path) -> None:
    with (bundle / "classifier.npz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match="classifier"):
        add_rule(bundle, RULE, [])


def test_the_built_in_and_a_pinned_bundle_are_not_changed(tmp_path: Path) -> None:
    for built_in in (None, default_bundle()):
        with pytest.raises(NotChangedError, match="rules copy"):
            check_may_change(built_in, None)
    with pytest.raises(NotChangedError, match="LOGSLUICE_BUNDLE_DIGEST"):
        check_may_change(tmp_path, "0" * 64)
    assert check_may_change(tmp_path, None) == tmp_path
