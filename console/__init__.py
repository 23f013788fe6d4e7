"""``logsluice serve``: the HTTP API, the pages, and the store of templates. Needs the extra ``console``."""
