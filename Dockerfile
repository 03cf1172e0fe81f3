# `scripts/release --pin` adds the digest to the tag. Packages of pip are locked, with the backend that builds them; those
# of Debian are the newest of its release on the day of the build, so that fixes come in. Build for both architectures with
# `docker buildx build --platform linux/amd64,linux/arm64 .`
ARG BASE=debian:12-slim

FROM ${BASE} AS build
RUN apt-get update && apt-get install --yes --no-install-recommends \
    ca-certificates gcc libc6-dev libvirt-dev pkg-config python3-dev python3-venv
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock requirements-build.lock ./
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements-build.lock \
    && /opt/build/bin/pip wheel --no-build-isolation --require-hashes -r requirements.lock --wheel-dir /wheels
COPY pyproject.toml README.md LICENSE ./
COPY exporter exporter
COPY alerts alerts
COPY dashboards dashboards
COPY packaging packaging
RUN /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir /wheels . \
    && python3 -m venv --without-pip /opt/libvirt-exporter \
    && /opt/build/bin/pip --python /opt/libvirt-exporter/bin/python install --no-compile --no-deps /wheels/*.whl \
    && find /opt/libvirt-exporter -name direct_url.json -delete \
    && python3 -m compileall -q --invalidation-mode checked-hash /opt/libvirt-exporter/lib

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="libvirt-exporter" \
    org.opencontainers.image.description="Monitoring agent for libvirt hosts that speaks Prometheus" \
    org.opencontainers.image.url="https://libvirt-exporter.example.org" \
    org.opencontainers.image.documentation="https://libvirt-exporter.example.org" \
    org.opencontainers.image.source="https://libvirt-exporter.example.org" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
RUN apt-get update && apt-get install --yes --no-install-recommends libvirt0 python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig/aux-cache /var/log/apt /var/log/dpkg.log
# A user in no other group: the read-only socket is open to everyone, the others stay shut.
RUN useradd --system --uid 9177 --home-dir /nonexistent --shell /usr/sbin/nologin libvirt-exporter
COPY --from=build /opt/libvirt-exporter /opt/libvirt-exporter
ENV PATH=/opt/libvirt-exporter/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 9177:9177
EXPOSE 9177
# Reads variables and the file that one of them names, not the flags after the image's name: what --web.* and --config.file
# say is given as LIBVIRT_EXPORTER_... instead.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["libvirt-exporter", "--healthcheck"]
ENTRYPOINT ["libvirt-exporter"]
