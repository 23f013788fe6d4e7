"""Records that are odd, broken or huge, and what has to become of each."""

from tests.support.raw_records import LINE_BYTES, POISON, noise

MARK = "a-word-that-only-the-events-have"
REFUSED_LINE = f'{{"log_message":"{noise(9 << 20)}"}}'.encode()
"""Larger than what the output topic takes, and than what the dead-letter topic takes."""

ODD = {
    "unknown source": '{"source":"Łódź-日本-💾","log_message":"backup done"}'.encode(),
    "no source": b'{"log_message":"no source at all"}',
    "source null": b'{"source":null,"log_message":"a source that is null"}',
    "source a number": b'{"source":17,"log_message":"a source that is a number"}',
    "source an object": b'{"source":{"name":"a"},"log_message":"a source that is an object"}',
    "empty message": b'{"source":"a","log_message":""}',
    "control characters": b'{"source":"a","log_message":"\\u0000\\u001b[31mred\\u0007\\r\\n\\tnext"}',
    "half a pair of surrogates": b'{"source":"a","log_message":"cut in \\ud83d the middle","b":"\\udc00"}',
    "emoji as a pair of surrogates": b'{"source":"a","log_message":"\\ud83d\\ude00 done"}',
    "numbers as they are written": b'{"log_message":"x","a":1e400,"b":123456789012345678901234567890,"c":1.10}',
    "nested": b'{"log_message":"deep","nested":' + b"[" * 500 + b"]" * 500 + b"}",
    "white space": b' {\n  "source" : "a",\n\t"log_message": "pretty"\r\n}\n \t',
    "same member twice": b'{"source":"a","log_message":"the first","log_message":"the second","n":1,"n":2}',
    "a long line": f'{{"source":"a","log_message":"{noise(LINE_BYTES)}","host":"b"}}'.encode(),
}
"""Events that are labelled, every byte of them kept."""

CLASSIFIED = {
    "a string": (
        b'{"log_message":"x","classification":"public"}',
        {"classification_before": b'"public"'},
    ),
    "an object": (
        b'{"classification":{"label":"ours"},"log_message":"x","n":1e400}',
        {"classification_before": b'{"label":"ours"}', "n": b"1e400"},
    ),
    "its name escaped": (
        b'{"log_message":"x","\\u0063lassification":7}',
        {"classification_before": b"7"},
    ),
    "for the second time": (
        b'{"log_message":"x","classification":2,"classification_before":1}',
        {"classification_before": b"1", "classification_before_before": b"2"},
    ),
}
"""Events that have a classification already, and where what they had is found."""

DEAD = {
    **{f"poison: {reason}": (value, reason) for reason, value in POISON.items() if reason != "too_large"},
    "a null": (b"null", "not_an_object"),
    "blank": (b"  \n", "not_json"),
    "more than one object": (b'{"log_message":"x"} {"log_message":"y"}', "not_json"),
    "a control character as it is": (b'{"log_message":"x\x1by"}', "not_json"),
    "nested without end": (b'{"log_message":"x","n":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not_json"),
    "message null": (b'{"source":"a","log_message":null}', "no_message"),
    "message a number": (b'{"source":"a","log_message":503}', "message_not_a_string"),
}
"""Records that are no events, with the reason that their letter gives."""

TEXT = {
    "a line": b"disk /dev/sda1 is 97% full",
    "JSON": b'{"source":"a","log_message":"the line is all of this"}',
    "quotes": b'said "no" \\ twice\tthen\x00 ended\n',
    "other script": "пользователь вошёл 💾".encode(),
}
DEAD_TEXT = {"broken": (b"caf\xe9", "not_utf8"), "nothing": (b"", "empty"), "none": (None, "tombstone")}

KEYS: dict[str, bytes | None] = {"null": None, "empty": b"", "binary": bytes(range(256))}
