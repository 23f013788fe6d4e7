"""One store has one writer: a second process would count every event twice."""

import fcntl
from pathlib import Path
from typing import BinaryIO

from console.store.schema import StoreError


def lock(path: Path) -> BinaryIO:
    """Return a lock on the store, held until it is closed or the process ends, however it ends.

    Raises:
        StoreError: another process holds it, or no file can be made there.
    """
    name = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = name.open("wb")
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be made ({error}): name another file in LOGSLUICE_CONSOLE__STORE"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise StoreError(
            f"another process writes the store {path}: give each console a file of its own in "
            "LOGSLUICE_CONSOLE__STORE"
        ) from None
    return file
