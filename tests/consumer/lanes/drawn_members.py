"""Members of JSON objects, by names that count and with values that are read or are not."""

from hypothesis import strategies as st

names = st.sampled_from(
    [
        "log_message",
        "message",
        "msg",
        "source",
        "service",
        "level",
        "Level",
        "severity",
        "log",
        "app",
        "path",
        "host",
        "error",
        "logger",
        "tag",
        "syslogtag",
        "classification",
    ]
)
texts = st.sampled_from(
    [
        "up",
        "E1128 10:00:01.000001 1 a.go:1] up",
        "took 7 s",
        "status: 503",
        "é",
        "",
        "WARN",
        "error",
        "stdout",
        "/a",
        "a\\b",
        "\x00",
    ]
)
values = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-9, 120),
    st.floats(allow_nan=False),
    st.lists(texts, max_size=2),
    st.dictionaries(st.sampled_from(["level", "name", "message"]), texts, max_size=2),
)
