"""`logsluice serve`: the HTTP API, the pages, and the store of templates behind them."""
