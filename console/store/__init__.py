"""The store of templates: one SQLite file with what the labelled topic held, by template, by minute and by hour."""
