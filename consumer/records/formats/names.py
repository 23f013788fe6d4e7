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
    "@mt",
    "MessageTemplate",
)
STAND_INS = (
    # Objects, mostly, with a message in them
    "jsonPayload",
    "log_processed",  # Fluent Bit
    "fields",  # the crate tracing
    "logentry",  # Sentry
    "record",  # loguru
    "payload",  # Kafka Connect
    "event",  # structlog, Splunk
    # What stands for a message where there is none
    "error.message",
    "err",
    "error",
    "exception",
    "output",  # Falco
    "displayMessage",  # Okta
    "text",
    "title",
    "summary",
    "description",
    "commonAnnotations.summary",  # Alertmanager
    "detail",  # EventBridge
    "detail-type",
)
"""Names of what stands for a message where there is none under those of `MESSAGES`."""
TAGGED = "syslogtag"
"""A source with what syslog has behind a tag: ``sshd[811]:``."""
SOURCES = (
    "source",
    "service.name",
    "service",
    "Service",
    "service_name",
    "serviceName",
    "serviceContext.service",  # Google Cloud
    "kubernetes.container_name",
    "kubernetes.container.name",
    "container.name",
    "container_name",
    "app",
    "appname",
    "app_name",
    "application",
    "Application",
    "Properties.Application",  # Serilog
    "spring.application.name",
    "SYSLOG_IDENTIFIER",
    "program",
    "PROGRAM",  # syslog-ng
    "programname",  # rsyslog
    TAGGED,
    "ident",  # fluentd
    "process.name",
    "_service",  # GELF
    "_app",
    "_application",
    "_app_name",
    "_container_name",
    "resource.labels.container_name",  # Google Cloud
    "resource.labels.service_name",
    "resource.labels.function_name",
    "protoPayload.serviceName",
    "eventSource",  # CloudTrail
    "winlog.provider_name",
    "SourceName",  # NXLog
    "ProviderName",
    "ServiceName",  # Traefik
    "server_name",  # nginx
    "ClientRequestHost",  # Cloudflare
    "processName",  # Quarkus
    "_SYSTEMD_UNIT",
    "_COMM",
    "event.dataset",
    "tag",
    "_tag",
    "attrs.tag",  # Docker
    "resource.type",
    "service.type",
)
SURE_FILE = "log.file.path"
FILES = (SURE_FILE, "file", "filename", "path")
"""Names of the file that an event was read from: its stem is the source where nothing else names one."""
LOGGERS = (
    "logger",
    "logger_name",
    "loggerName",
    "log.logger",
    "_logger_name",
    "record.name",  # loguru
    "SourceContext",
    "Properties.SourceContext",
    "Category",
    "channel",  # Monolog
    "component",
    "target",  # the crate tracing
    "@module",  # hclog
    "subsystem",
    "c",  # MongoDB
    "_facility",
    "name",  # bunyan, pino, Python
)
"""Names of a part of a program: the source where neither the program nor a log file has a name."""
WITH_NAME = ("pid", "levelname")
"""``name`` is that of a logger where one of these is there too, and of anything where none is."""
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
    "LogLevel",
    "level_name",  # Monolog
    "error_severity",  # PostgreSQL
    "Severity",  # NXLog
    "@level",  # hclog
    "@l",  # Serilog
    "s",  # MongoDB
    "log.syslog.severity.code",
    "syslogseverity-text",  # rsyslog
    "syslogseverity",
    "PRIORITY",  # journald, syslog-ng
    "priority",
    "severity_number",
    "severityNumber",
)
WINDOWS_NUMBERS = frozenset(("Level",))
OTEL_NUMBERS = frozenset(("severity_number", "severityNumber"))

PRESETS: dict[str, frozenset[str] | None] = {
    "json": None,
    "ecs": frozenset(("message", "event.original", "error.message")),
    "fluent-bit": frozenset(("message", "msg", "log", "MESSAGE")),
    "fluentd": frozenset(("message", "msg", "log", "MESSAGE")),
    "vector": frozenset(("message",)),
    "logstash": frozenset(("message", "event.original")),
    "docker": frozenset(("log",)),
    "journald": frozenset(("MESSAGE",)),
    "gelf": frozenset(("short_message", "full_message")),
}
"""Where the message of an event is, for each format that is a JSON object; the order is that of `MESSAGES`.

None: under any of them, and else it is made of other members.
"""
