-- What the connector of clickhouse.json writes to. Add a column for each further member of your events: what has none is
-- left out. A redelivered event has the same event_id, and is merged away; FINAL reads as if that were done already.
CREATE TABLE IF NOT EXISTS logs_labelled
(
    source LowCardinality(String),
    log_message String,
    message String,
    classification Tuple(
        label LowCardinality(String),
        confidence Float64,
        tier LowCardinality(String),
        rule Nullable(String),
        template String,
        best_guess Nullable(String),
        bundle LowCardinality(String),
        event_id String,
        severity LowCardinality(String)
    ),
    inserted_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(inserted_at)
ORDER BY (classification.label, classification.event_id)
TTL inserted_at + INTERVAL 90 DAY;
