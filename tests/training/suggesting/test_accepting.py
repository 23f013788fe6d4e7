"""A rule is added to a bundle so that a reader at any moment gets the old bundle, the new one, or a refusal."""

import shutil
import threading
from pathlib import Path

import pytest

from pipeline.bundle import FILES, MANIFEST, RULES, default_bundle, read_bundle
from pipeline.errors import BundleError, ChecksumError, RuleError
from pipeline.rules import Rule, read_rules
from training.suggesting import accepting
from training.suggesting.accepting import NotChangedError, add_rule, check_may_change

RULE = Rule("parcel", "Workflow Error", "parcel misrouted", ("a parcel misrouted at dawn",))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    directory = tmp_path / "own"
    shutil.copytree(default_bundle(), directory)
    return directory


def numbered(number: int) -> Rule:
    return Rule(
        f"parcel-{number}", "Workflow Error", f"parcel {number} misrouted", (f"parcel {number} misrouted",)
    )


def test_every_moment_between_two_renames_is_refused_or_whole(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_bundle(bundle).digest
    found: list[str] = []
    replace = Path.replace

    def looked_at(self: Path, target: Path) -> Path:
        done = replace(self, target)
        try:
            found.append(read_bundle(bundle).digest)
        except ChecksumError:
            found.append("refused")
        return done

    monkeypatch.setattr(Path, "replace", looked_at)
    after = add_rule(bundle, RULE, ["accepted by ada"])
    assert found == ["refused", after.digest]
    assert after.digest not in ("refused", before)
    assert read_rules(bundle / RULES, tuple(after.manifest.labels)).rules[-1].name == "parcel"
    assert {path.name for path in bundle.iterdir()} <= FILES
    assert [path.name for path in bundle.parent.iterdir()] == ["own"]


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
        accepting, "_flushed", lambda path: (_ for _ in ()).throw(OSError(28, "No space left"))
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
