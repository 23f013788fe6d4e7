"""The built-in bundle and the corpus it is trained from: data, found by their place and never through this package.

A folder or package of a user's that is called ``models`` too may come first on the import path. So whoever needs the
data looks next to this project's own code: `pipeline.bundle.default_bundle`, `training.corpus.corpus_directory`.
"""
