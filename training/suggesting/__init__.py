"""Rules that suggest themselves: from labelled templates to entries for ``rules.yaml``."""
