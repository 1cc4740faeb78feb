# One image for all services and the command line: docker run waypost:0.1.0 services.ingest
#                                                  docker run waypost:0.1.0 services.cli --help
# A mirror or a digest can be given: --build-arg PYTHON_IMAGE=mirror.example.com/python:3.11-slim@sha256:…
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv --without-pip /opt/venv
COPY requirements.runtime.lock /build/
# Wheels only: nothing is compiled, and nothing but what the lock names is installed.
RUN python -m pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: --no-deps --no-compile \
    -r /build/requirements.runtime.lock
COPY schemas /app/schemas
COPY services /app/services
COPY config /app/config
# Compiled here, since the running container cannot write. Contents decide whether it is fresh, not times of files.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib /app

FROM ${PYTHON_IMAGE}
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONFAULTHANDLER=1 \
    WAYPOST_CONFIG=/app/config \
    WAYPOST_HOME=/var/lib/waypost
RUN groupadd --gid 10001 waypost \
    && useradd --uid 10001 --gid waypost --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin waypost \
    && install -d -o waypost -g waypost /var/lib/waypost \
    && printf '#!/bin/sh\nexec python -m services.cli "$@"\n' > /usr/local/bin/waypost \
    && chmod 0755 /usr/local/bin/waypost
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m"]
CMD ["services.cli", "--help"]
