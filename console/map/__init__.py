"""The map of the store's templates: those that mean the same are near each other."""
