"""Making and judging a model: corpus, training, evaluation. Serving imports the corpus alone from here."""
