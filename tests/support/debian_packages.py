"""Programs of Debian packages: used where they are, or unpacked into ``.cache``; never installed."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.missing import skip_in_words

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "debian"
DOWNLOADS = CACHE / "downloads"


def program(name: str, *packages: str, directory_variable: str = "") -> Path:
    """Return the path of a program.

    It is looked for as ``find_program`` does. Where it is not found the test is skipped, and fails in CI.
    """
    found = find_program(name, *packages, directory_variable=directory_variable)
    if found is None:
        named = os.environ.get(directory_variable, "")
        where = (
            f"in ${directory_variable} ({named})"
            if named
            else "on the PATH, and Debian's package cannot be had"
        )
        skip_in_words(f"{name} is not {where}: apt-get install {' '.join(packages)}")
    return found


def find_program(name: str, *packages: str, directory_variable: str = "") -> Path | None:
    """Return the path of a program, or None where it is neither there nor to be had.

    It is looked for in the directory that a variable names, or on the PATH and in ``.cache/debian``.
    At last its packages are unpacked there.
    """
    named = os.environ.get(directory_variable, "") if directory_variable else ""
    found = shutil.which(name, path=named or _search_path())
    if not found and not named:
        unpack(packages)
        found = shutil.which(name, path=_search_path())
    return Path(found) if found else None


def promtool() -> Path:
    """Return Prometheus' own checker of rules."""
    return program("promtool", "prometheus", directory_variable="PROMETHEUS_DIR")


def with_data(binary: Path, data: str, directory: Path) -> Path:
    """Return a program that finds its data, a directory that its binary names, where its package is not installed.

    For an unpacked one that is a copy in a directory, to be run there: its name of the data leads to ``./share``.
    """
    if Path(data).is_dir():
        return binary
    here = "/proc/self/cwd".ljust(len(data) - len("share"), "/") + "share"
    copy = directory / binary.name
    copy.write_bytes(binary.read_bytes().replace(data.encode(), here.encode()))
    copy.chmod(0o755)
    (directory / "share").symlink_to(CACHE / data.removeprefix("/"))
    return copy


def libraries() -> str:
    """Return the LD_LIBRARY_PATH of unpacked programs."""
    return ":".join(
        str(path)
        for pattern in ("usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib/*-linux-gnu/pulseaudio")
        for path in CACHE.glob(pattern)
    )


def environment(binary: Path) -> dict[str, str]:
    """Return the variables with which a program finds its libraries: none, unless it is only unpacked."""
    return {"LD_LIBRARY_PATH": libraries()} if binary.is_relative_to(CACHE) else {}


def _search_path() -> str:
    # sbin for servers: it is not on every user's PATH.
    unpacked = [CACHE / "usr/bin", CACHE / "usr/sbin"]
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, unpacked)])


def unpack(packages: tuple[str, ...]) -> None:
    """Unpack packages of the machine's own distribution, if it has apt and they can be had."""
    if not packages or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return
    with _alone():
        # A new machine has no package lists. Only root may fetch them; for others the download just fails.
        if subprocess.run(["apt-cache", "show", *packages], capture_output=True, check=False).returncode:
            subprocess.run(["apt-get", "update"], capture_output=True, check=False)
        download = ["apt-get", "download", *packages]
        if not subprocess.run(download, cwd=DOWNLOADS, capture_output=True, check=False).returncode:
            _unpack_downloaded()


def finish_unpacking() -> None:
    """Unpack what a run that was ended has left: nothing of it works while a part is missing."""
    with _alone():
        _unpack_downloaded()


def _unpack_downloaded() -> None:
    for archive in DOWNLOADS.glob("*.deb"):
        try:
            subprocess.run(["dpkg-deb", "-x", archive, CACHE], check=True, capture_output=True)
        except subprocess.CalledProcessError:
            archive.unlink()  # it was not downloaded to its end
            raise
        archive.unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Keep the other processes of a run out."""
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    with (DOWNLOADS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
