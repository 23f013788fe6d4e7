"""The pages of the console: a router each, templates that escape what they show, one style sheet, little script."""
