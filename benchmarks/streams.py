"""The streams that are measured: one with values of every kind, and one whose lines differ in digits alone."""

import re
from collections.abc import Callable, Iterator
from random import Random

import msgspec

from training.sample import sample_events, zipf_sample

# As components of a cluster write them all day; each {n} is a number of so many digits.
_LINES = (
    ("dfs.DataNode", "Receiving block blk_-{19} src: /10.{3}.{2}.{3}:{5} dest: /10.{3}.{2}.{3}:50010"),
    ("dfs.DataNode", "PacketResponder {1} for block blk_{19} terminating"),
    ("dfs.DataNode", "Received block blk_{19} of size {8} from /10.{3}.{2}.{3}"),
    ("dfs.FSNamesystem", "BLOCK* NameSystem.addStoredBlock: blockMap updated: 10.{3}.{2}.{3}:50010 size {8}"),
    ("dfs.DataBlockScanner", "Verification succeeded for blk_-{19}"),
    ("zookeeper", "Connection broken for id {15}, my id = {1}, error ="),
    ("zookeeper", "Received connection request /10.10.34.{2}:{5}"),
    ("zookeeper", "Closed socket connection for client /10.10.34.{2}:{5} which had sessionid {16}"),
    ("nova.api", '10.11.{2}.{1} "GET /v2/{32}/servers/detail HTTP/1.1" status: 200 len: {4} time: 0.{7}'),
    ("nova.compute", "[instance: {8}] VM Started (Lifecycle Event), attempt {1} of 3"),
    ("spark.Executor", "Finished task {2}.0 in stage {2}.0 (TID {4}). {4} bytes result sent to driver"),
    ("spark.BlockManager", "Found block rdd_{2}_{2} locally, {4} bytes, {3} ms"),
    (
        "spark.MemoryStore",
        "Block broadcast_{2} stored as values in memory (estimated size {3}.{1} KB, free {3}.{1} KB)",
    ),
    ("sshd", "Failed password for invalid user admin from {3}.{2}.{3}.{2} port {5} ssh2"),
    ("sshd", "pam_unix(sshd:auth): check pass; user unknown, pid {5}"),
    ("sshd", "Received disconnect from {3}.{2}.{3}.{2}: 11: Bye Bye [preauth]"),
    ("kernel", "ib_sm_sweep.c:{3}: sweep started at {10}, {3} ports to visit"),
    ("kernel", "generating core.{4}, {6} pages"),
    ("proxifier", "proxy.example.net:8080 close, {5} bytes sent, {6} bytes received, lifetime 00:{2}"),
    ("healthapp", "calculateCaloriesWithCache totalCalories={6}, step {5}"),
)
_DIGITS = re.compile(r"\{(\d+)\}")


def lines(seed: int = 1) -> Iterator[bytes]:
    """Yield events for ever whose messages differ in digits alone; the share of the n-th line is about 1/n."""
    draw = Random(seed)
    for number, (source, line) in enumerate(zipf_sample(_LINES, draw)):

        def digits(match: re.Match[str]) -> str:
            return str(draw.randrange(10 ** (int(match[1]) - 1), 10 ** int(match[1])))

        yield msgspec.json.encode({"source": source, "log_message": _DIGITS.sub(digits, line), "seq": number})


STREAMS: dict[str, Callable[[], Iterator[bytes]]] = {"corpus": sample_events, "lines": lines}
