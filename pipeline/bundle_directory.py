"""A bundle's directory changes as a whole: whoever reads it finds the old bundle or the new one, and no mixture.

Two directories trade places in one step where the system can (``renameat2`` of Linux). Where it cannot, as for the root
of a mounted volume, files are replaced one by one, the manifest last: a reader in between finds files that are not
those of its manifest, and a service keeps what it has.
"""

import ctypes
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.bundle import FILES, MANIFEST, read_bundle
from pipeline.errors import BundleError

_HERE = -100  # AT_FDCWD: paths are taken from the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE
_PART = ".part"


@contextmanager
def replacing(output: Path, previous: Path | None = None) -> Iterator[Path]:
    """Yield an empty directory, which takes the place of ``output`` when the block ends without an error.

    The block writes a whole bundle into it, manifest and all; it is verified before anything is replaced. The bundle
    that was in ``output`` is then in ``previous``, or gone where that is None.

    Raises:
        BundleError: what was written is no valid bundle, what would be replaced is something else, or a directory
            cannot be written. ``output`` is as it was then.
    """
    output = output.resolve()  # of a link, what it leads to changes
    for directory in (output, previous):
        if directory is not None and holds_something_else(directory):
            raise BundleError(f"{directory} exists and is not a bundle: name another directory")
    with _named(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        work = tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-")
    with work as name:
        new = Path(name) / output.name
        new.mkdir()
        with _named(output):
            yield new
        read_bundle(new)
        with _named(output):
            _settle(new)
            old = _put(new, output)
            if previous is not None and old is not None:
                shutil.rmtree(previous, ignore_errors=True)
                old.rename(previous)


def previous_of(directory: Path) -> Path:
    """Return where the bundle is kept that was in a directory before."""
    return directory.with_name(f"{directory.name}.previous")


def holds_something_else(directory: Path) -> bool:
    """Return whether a path is taken by anything but a bundle or an empty directory."""
    if not directory.exists():
        return False
    if not directory.is_dir():
        return True
    names = {path.name for path in directory.iterdir() if not path.name.endswith(_PART)}
    return bool(names) and not ({MANIFEST} <= names <= FILES)


def _settle(new: Path) -> None:
    """Make files readable for the service, which may be another user, and wait until they are on the disk."""
    new.chmod(0o755)
    for path in (*new.iterdir(), new):
        if path.is_file():
            path.chmod(0o644)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _put(new: Path, output: Path) -> Path | None:
    """Put a directory in the place of another; return where the bundle is that was there, if there was one."""
    if not output.exists():
        new.rename(output)
        return None
    had_one = (output / MANIFEST).exists()
    try:
        _exchange(new, output)
        return new if had_one else None
    except OSError:
        old = shutil.copytree(output, new.with_name("old"))
        _in_place(new, output)
        return old if had_one else None


def _exchange(one: Path, other: Path) -> None:
    """Have two directories trade places in one step.

    Raises:
        OSError: the system or the file system has no such step, or one of them is a mounted volume.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _in_place(new: Path, output: Path) -> None:
    for path in sorted(new.iterdir(), key=lambda path: path.name == MANIFEST):
        part = output / f"{path.name}{_PART}"
        shutil.copy2(path, part)
        part.replace(output / path.name)
    kept = {path.name for path in new.iterdir()}
    for path in output.iterdir():
        if path.name not in kept:
            path.unlink()


@contextmanager
def _named(output: Path) -> Iterator[None]:
    """Say in a sentence what the operating system refuses.

    Raises:
        BundleError: a directory cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # somebody who reads what is printed has seen enough
    except OSError as error:
        raise BundleError(
            f"{output} cannot be replaced ({error}): it and the directory that it is in must be "
            "writable; in a mounted volume, put the bundle into a directory of its own"
        ) from error
