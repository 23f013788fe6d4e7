"""Files on disk that have no name: bounded together, and gone when they are closed or the process ends."""

import io
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from typing_extensions import Buffer

READ_BYTES = 1 << 18


class SpoolFullError(Exception):
    """There is no room on disk for an upload or a result. The message is a sentence."""


class Spool:
    """The room on disk for uploads and results. Safe to use from several threads."""

    def __init__(self, directory: Path | None, most_bytes: int) -> None:
        self._directory = directory
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self.used_bytes = 0
        self.make_room: Callable[[], bool] = lambda: False
        """Frees room that can be done without; returns whether it found any."""

    def file(self) -> "SpoolFile":
        """Return a new file, to be closed.

        Raises:
            SpoolFullError: the directory takes no file.
        """
        try:
            return SpoolFile(self, tempfile.TemporaryFile(dir=self._directory, buffering=0))
        except OSError as error:
            raise SpoolFullError(
                f"uploads cannot be kept ({error.strerror}): LOGSLUICE_CONSOLE__SPOOL_DIR names a directory for them"
            ) from error

    def take(self, count: int) -> None:
        """Take so many bytes of the room; where there is not so much, ``make_room`` is asked to free some.

        Raises:
            SpoolFullError: there is not so much left.
        """
        while not self._took(count):
            if not self.make_room():
                raise SpoolFullError(
                    "the uploads and results that are kept fill LOGSLUICE_CONSOLE__JOBS_SIZE: "
                    "try again when others are done, or remove jobs"
                )

    def give_back(self, count: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self.used_bytes -= count

    def _took(self, count: int) -> bool:
        with self._lock:
            fits = self.used_bytes + count <= self._most_bytes
            if fits:
                self.used_bytes += count
            return fits


class SpoolFile:
    """A file that is appended to, and read at any place meanwhile. ``size`` is in bytes."""

    def __init__(self, spool: Spool, file: io.FileIO) -> None:
        self._spool = spool
        self._file = file
        self._closing = threading.Lock()
        self.size = 0
        self.on_append: Callable[[], object] = lambda: None

    def append(self, data: Buffer) -> None:
        """Append bytes; a file that is closed takes none.

        Raises:
            SpoolFullError: there is no room for them.
        """
        if self._file.closed:
            return
        content = memoryview(data)
        self._spool.take(len(content))
        self.size += len(content)
        try:
            while content:
                content = content[self._file.write(content) :]
        except OSError as error:
            raise SpoolFullError(f"the disk of the console takes no more ({error.strerror})") from error
        self.on_append()

    def read_at(self, place: int, count: int = READ_BYTES) -> bytes:
        """Return the bytes at a place, at most so many; none behind the end."""
        return os.pread(self._file.fileno(), count, place)

    def text(self) -> TextIO:
        """Return what writes text into the file, in UTF-8; to be flushed, and not to be closed."""
        return io.TextIOWrapper(
            io.BufferedWriter(_Writer(self), READ_BYTES), encoding="utf-8", newline="", write_through=True
        )

    def close(self) -> None:
        """Remove the file."""
        with self._closing:
            if not self._file.closed:
                self._file.close()
                self._spool.give_back(self.size)


class SpoolReader(io.RawIOBase):
    """Reads a file from its start. ``place`` is how far it has come, in bytes."""

    def __init__(self, file: SpoolFile) -> None:
        self._read = file.read_at
        self.place = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read what fits, and return how much that was."""
        view = memoryview(buffer)
        data = self._read(self.place, len(view))
        view[: len(data)] = data
        self.place += len(data)
        return len(data)


class _Writer(io.RawIOBase):
    def __init__(self, file: SpoolFile) -> None:
        self._append = file.append
        self._failed = False

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        # What is still in a buffer above is flushed once more when that is thrown away.
        if not self._failed:
            self._failed = True
            self._append(data)
            self._failed = False
        return memoryview(data).nbytes
