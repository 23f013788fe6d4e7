"""Numbers and names of persons: accounts, cards, telephones, and names where a field says that it holds one.

Numbers go by their shape alone. A checksum would tell digits apart, and all numbers are masked in any case: as
one value they make one template.
"""

from pipeline.kinds import Group, keyed

_WHOSE = (
    r"(?ai:user_?name|user"
    r"|(?:first|last|full|given|family|sur|display|real|customer|patient|employee|contact)[_ -]?name)"
)
_WHOSE_OR_NAME = rf"(?:{_WHOSE}|(?ai:name))"
_SPACED = r"(?:\"[^\"<\s]+\s[^\"<]*\"|'[^'<\s]+\s[^'<]*')"
_AT_WORD = (
    # An account number (IBAN) in groups of four; one in a piece is an id as it is.
    (
        "iban",
        r"[A-Z]{2}[0-9]{2}\s(?=(?:[A-Z\s]{0,5}[0-9]){8})[A-Z0-9]{4}(?:\s[A-Z0-9]{4}){1,6}(?:\s[A-Z0-9]{1,3})?(?![\w<])",
    ),
    keyed("person", rf"(?<![\w>-])(?!(?ai:user)){_WHOSE_OR_NAME}=", _SPACED),
    keyed("subject", r"CN=", r"[^\W\d_]+(?:\s[^\W\d_]+){1,4}(?=[,/+])"),
)
_AT_SIGN = (
    keyed("named_person", rf"[\"']{_WHOSE}[\"']\s?(?::|=>?)\s?", _SPACED),
    (
        "card",
        r"(?<![\w.-])(?<![0-9]\s)[0-9]{4}(?:(?:[\s-][0-9]{4}){3}|[\s-][0-9]{6}[\s-][0-9]{5})(?![\w<-]|\s[0-9<])",
    ),
    (
        "phone",
        r"(?<![\w.+-])\+(?=(?:[\s./()-]{0,2}[0-9]){8})[0-9]{1,3}(?:[\s./-]?\([0-9]{1,4}\))?(?:[\s./-]?[0-9]{1,4}){2,6}"
        r"(?![\w<.:])"
        r"|(?<!\w)\([0-9]{3}\)\s?[0-9]{3}[\s.-][0-9]{4}(?![\w<])|(?<![\w.-])[0-9]{3}-[0-9]{3}-[0-9]{4}(?![\w<-])",
    ),
)

PERSONAL = Group(
    (
        r"[A-Z]{2}[0-9]{2}\s[A-Z0-9]{4}\s[A-Z0-9]|[0-9]{4}[\s-][0-9]{4}[\s-][0-9]{4}|[0-9]{4}[\s-][0-9]{6}[\s-]",
        r"\+[0-9]{1,3}[\s./(0-9-]{1,3}[0-9]|\([0-9]{3}\)\s?[0-9]{3}|[0-9]{3}-[0-9]{3}-[0-9]{4}",
        r"(?i:name|user)[\"']?\s?[:=]>?\s?[\"']|CN=",
    ),
    {
        **{"iban": "<id>", "card": "<id>", "phone": "<id>"},
        **{"person": "<str>", "named_person": "<str>", "subject": "<str>"},
    },
    _AT_WORD,
    _AT_SIGN,
)
