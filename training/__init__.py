"""Making and judging a model: corpus, training, evaluation. Serving imports nothing from here but the corpus."""
