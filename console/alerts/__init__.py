"""Alerts of Alertmanager, passed on with the templates behind them."""
