"""A bundle's directory is replaced as a whole, however often it is read meanwhile."""

import errno
import os
import threading
from pathlib import Path
from shutil import copytree

import pytest

from pipeline import bundle_directory as module
from pipeline.bundle import CLASSIFIER, read_bundle
from pipeline.bundle_directory import holds_something_else, replacing
from pipeline.errors import BundleError, ChecksumError
from tests.support.changed_bundle import with_rule


def put(source: Path, output: Path, previous: Path | None = None) -> None:
    with replacing(output, previous) as new:
        copytree(source, new, dirs_exist_ok=True)


def refuse(one: Path, other: Path) -> None:
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


@pytest.fixture
def two(small: Path, tmp_path: Path) -> tuple[Path, Path]:
    one, other = (copytree(small, tmp_path / name) for name in ("one", "other"))
    with_rule(other, "Error")
    return one, other


@pytest.fixture(params=["exchanged", "in place"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "in place":
        monkeypatch.setattr(module, "_exchange", refuse)


@pytest.mark.usefixtures("way")
def test_the_new_one_is_there_and_the_old_one_is_kept_where_it_is_wanted(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    one, other = two
    live, previous = tmp_path / "live", tmp_path / "live.previous"
    put(one, live, previous)
    assert read_bundle(live).digest == read_bundle(one).digest
    assert not previous.exists()
    for new, old in ((other, one), (one, other)):
        put(new, live, previous)
        assert read_bundle(live).digest == read_bundle(new).digest
        assert read_bundle(previous).digest == read_bundle(old).digest
    put(other, live)
    assert read_bundle(previous).digest == read_bundle(other).digest
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other", "live", "live.previous"}
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in (live, *live.iterdir()))


@pytest.mark.usefixtures("way")
def test_a_reader_never_has_a_mixture(two: tuple[Path, Path], tmp_path: Path) -> None:
    live = copytree(two[0], tmp_path / "live")
    digests = {read_bundle(directory).digest for directory in two}
    found: set[str] = set()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                found.add(read_bundle(live).digest)
            except BundleError:
                continue  # in between: a service keeps what it has, and looks again

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(10):
            for directory in (two[1], two[0]):
                put(directory, live)
    finally:
        over.set()
        reader.join()
    assert found <= digests
    assert read_bundle(live).digest == read_bundle(two[0]).digest


@pytest.mark.usefixtures("way")
def test_what_is_no_bundle_is_neither_put_nor_replaced(two: tuple[Path, Path], tmp_path: Path) -> None:
    one, other = two
    (other / CLASSIFIER).write_bytes(b"half a cop")
    with pytest.raises(ChecksumError):
        put(other, one)
    with pytest.raises(BundleError, match="one cannot be replaced"):
        put(tmp_path / "nothing", one)
    read_bundle(one)
    photos = tmp_path / "photos"
    photos.mkdir()
    assert not holds_something_else(photos)
    (photos / "summer.jpg").write_text("sun")
    with pytest.raises(BundleError, match="photos exists and is not a bundle"):
        put(one, photos)
    with pytest.raises(BundleError, match="photos exists and is not a bundle"):
        put(one, tmp_path / "live", photos)
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other", "photos"}


def test_a_link_leads_to_the_new_one(two: tuple[Path, Path], tmp_path: Path) -> None:
    link = tmp_path / "live"
    link.symlink_to(two[0])
    put(two[1], link)
    assert link.is_symlink()
    assert read_bundle(two[0]).digest == read_bundle(two[1]).digest


def test_a_file_in_a_directory_s_place_is_a_sentence(two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be replaced"):
        put(two[0], tmp_path / "file" / "live")
    with pytest.raises(BundleError, match="file exists and is not a bundle"):
        put(two[0], tmp_path / "file")
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other", "file"}
