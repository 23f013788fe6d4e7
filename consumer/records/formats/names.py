"""Under which names shippers write an event's message, source and severity in a JSON object, the best first.

A dotted name lies in objects within the object, or is one name with the dots in it: Filebeat writes it one way, the
loggers of ECS the other.
"""

MESSAGES = (
    "log_message",
    "message",
    "msg",
    "log",
    "MESSAGE",  # journald
    "short_message",  # GELF
    "full_message",
    "body",
    "event.original",
    "@message",
    "@m",  # Serilog
    "RenderedMessage",
    "Message",
    "textPayload",  # Google Cloud
    "jsonPayload.message",
    "error.message",
    "@mt",
)
SOURCES = (
    "source",
    "service.name",
    "service",
    "kubernetes.container_name",
    "kubernetes.container.name",
    "container.name",
    "container_name",
    "app",
    "appname",
    "app_name",
    "application",
    "SYSLOG_IDENTIFIER",
    "program",
    "PROGRAM",  # syslog-ng
    "programname",  # rsyslog
    "process.name",
    "_service",  # GELF
    "_app",
    "_application",
    "_container_name",
    "resource.labels.container_name",  # Google Cloud
    "_SYSTEMD_UNIT",
    "_COMM",
    "event.dataset",
    "tag",
    "_tag",
)
SURE_FILE = "log.file.path"
FILES = (SURE_FILE, "file", "filename", "path")
"""Names of the file that an event was read from: its stem is the source where nothing else names one."""
SEVERITIES = (
    "log.level",
    "level",
    "severity",
    "severity_text",
    "severityText",
    "loglevel",
    "log_level",
    "levelname",
    "lvl",
    "Level",
    "@l",  # Serilog
    "log.syslog.severity.code",
    "syslogseverity-text",  # rsyslog
    "syslogseverity",
    "PRIORITY",  # journald, syslog-ng
    "severity_number",
    "severityNumber",
)
OTEL_NUMBERS = frozenset(("severity_number", "severityNumber"))

PRESETS: dict[str, frozenset[str]] = {
    "json": frozenset(MESSAGES),
    "ecs": frozenset(("message", "event.original", "error.message")),
    "fluent-bit": frozenset(("message", "msg", "log", "MESSAGE")),
    "fluentd": frozenset(("message", "msg", "log", "MESSAGE")),
    "vector": frozenset(("message",)),
    "logstash": frozenset(("message", "event.original")),
    "docker": frozenset(("log",)),
    "journald": frozenset(("MESSAGE",)),
    "gelf": frozenset(("short_message", "full_message")),
}
"""Where the message of an event is, for each format that is a JSON object; the order is that of `MESSAGES`."""
