"""The built-in bundle, and the corpus that it is trained from: data alone."""
