"""Other wordings of a template that mean the same: other names, and the fields that a structured line has around it.

Whether it was nginx or python3 that crashed must not decide a label; nor must the keys that a logger adds.
"""

import re
from random import Random

_NAMES = (
    "acpid", "airflow", "alertmanager", "ansible", "apache", "apache2", "argocd", "asterisk", "auditd",
    "avahi", "bacula", "bitbucket", "caddy", "calico", "cassandra", "celery", "ceph", "certbot", "chrome",
    "chronyd", "cilium", "clamav", "clickhouse", "cloudflared", "collectd", "confluence", "consul",
    "containerd", "coredns", "corosync", "couchdb", "crond", "cups", "curl", "cyrus", "dnsmasq", "docker",
    "dockerd", "dotnet", "dovecot", "druid", "elasticsearch", "envoy", "etcd", "exim", "fail2ban",
    "falcon", "ffmpeg", "firefox", "flannel", "flink", "fluentd", "freeradius", "galera", "gearman", "git",
    "gitlab", "gluster", "gnome", "grafana", "gunicorn", "hadoop", "haproxy", "harbor", "hbase", "hive",
    "httpd", "icinga", "influxdb", "istio", "jenkins", "jetty", "jira", "kafka", "kamailio", "keepalived",
    "keycloak", "kibana", "kubelet", "libreoffice", "libssl", "libvirtd", "lighttpd", "logrotate",
    "logstash", "mariadb", "mattermost", "memcached", "minio", "mongod", "mongodb", "mosquitto", "mysql",
    "mysqld", "nagios", "nats", "neo4j", "nextcloud", "nfsd", "nginx", "nodejs", "nomad", "ntpd",
    "openldap", "opensearch", "openssl", "openvpn", "oracle", "pacemaker", "perl", "php", "php-fpm",
    "pgbouncer", "postfix", "postgres", "postgresql", "prometheus", "proftpd", "puppet", "pulsar",
    "python", "python3", "qemu", "rabbitmq", "redis", "rpcbind", "rsync", "rsyslogd", "ruby", "rundeck",
    "samba", "sendmail", "sidekiq", "slapd", "smartd", "smbd", "snmpd", "snort", "solr", "spark", "splunk",
    "squid", "sshd", "sssd", "strongswan", "supervisord", "suricata", "syslog-ng", "systemd-resolved",
    "telegraf", "terraform", "tomcat", "traefik", "udevd", "unbound", "uwsgi", "varnish", "vault", "vim",
    "vsftpd", "wireguard", "wpa_supplicant", "xorg", "zabbix", "zookeeper",
)  # fmt: skip
_NAME = re.compile(
    r"(?<![\w-])(?:(?:" + "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True)) + r")(?![\w-])"
    r"|lib[a-z][\w+-]{2,}|[a-z][\w+-]+(?=:(?:amd64|i386|arm64|all)\b))"
)
_SYLLABLES = ("al", "bor", "cen", "dax", "el", "fin", "gra", "hub", "ix", "jo", "kor", "lum", "mar", "nex", "or", "pix",
              "qua", "ro", "syn", "ter", "ul", "vex", "wol", "yar", "zen")  # fmt: skip
_ENDS = ("", "", "d", "-agent", "ctl", "2", "-server", "-api", "db", "-worker")
_LEVELS = ("info", "INFO", "info", "notice", "warn", "WARNING", "error", "ERROR", "debug")
_FIELDS = ("service_name", "namespace", "user", "app", "stack", "queue", "duration", "module", "pod", "cluster.name",
           "env production", "env staging", "pipeline", "worker", "attempt", "path", "shard", "type server",
           "stream stderr", "stream stdout", "logs_config default", "tags", "proto", "class", "job")  # fmt: skip
_OTHER_NAME = 0.5
_FRAMED = 0.15


def varied(text: str, random: Random) -> str:
    """Return a text for the encoder, its names and what a logger adds to it drawn at random."""
    if random.random() < _OTHER_NAME:
        text = _NAME.sub(lambda _: _name(random), text)
    if random.random() < _FRAMED:
        fields = random.sample(_FIELDS, random.randrange(4))
        text = " ; ".join((text, f"level {random.choice(_LEVELS)}", *fields))
    return text


def _name(random: Random) -> str:
    if random.random() < 0.5:
        return random.choice(_NAMES)
    return "".join(random.choices(_SYLLABLES, k=random.randrange(2, 4))) + random.choice(_ENDS)
