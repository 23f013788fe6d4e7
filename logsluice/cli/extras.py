"""What is not in the base installation: a sentence that names the command, instead of a traceback."""

_EXTRAS = {
    "fastapi": "console",
    "fastapi_offline": "console",
    "python_multipart": "console",
    "starlette": "console",
    "uvicorn": "console",
    "joblib": "sklearn",
    "scipy": "sklearn",
    "sklearn": "sklearn",
    "sentence_transformers": "train",
    "torch": "train",
    "transformers": "train",
    "umap": "discover",
}
"""Which extra of ours brings a module along."""


def missing_extra(error: ModuleNotFoundError) -> str | None:
    """Return what to install for a module that is missing, in a sentence; None for one that is in no extra."""
    module = (error.name or "").partition(".")[0]
    if module not in _EXTRAS:
        return None
    return f"this needs {module}, which is not installed: pip install 'logsluice[{_EXTRAS[module]}]'"
