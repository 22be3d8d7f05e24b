# The relay and the shell that reads its record, on Debian, run by nobody in particular.
#
#   docker build -t overhear .
#   docker run -p 7000:7000 -v overhear:/data overhear run --listen :7000 --upstream HOST:PORT

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libsqlite3-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# The dependencies have a layer of their own: it is made again only when the manifest changes.
COPY Package.swift ./
RUN swift package resolve
COPY Sources ./Sources
COPY Tests ./Tests
COPY Examples ./Examples
COPY Benchmarks ./Benchmarks
RUN swift build -c release --product overhear --static-swift-stdlib \
    && install -D --mode=0755 -t /image/usr/local/bin .build/release/overhear \
    && install -D --mode=0755 -t /image/usr/local/libexec /usr/libexec/swift/linux/swift-backtrace-static

FROM debian:bookworm-slim
# libsqlite3 and libstdc++ stay the system's, so that Debian's fixes reach them without a new build of ours.
RUN apt-get update \
    && apt-get upgrade -y \
    && apt-get install -y --no-install-recommends libsqlite3-0 libstdc++6 sqlite3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image/ /

# A named volume takes its owner from here; a folder of the host's must be given to 65532:65532 by hand.
RUN mkdir /data && chown 65532:65532 /data && chmod 0750 /data
VOLUME /data
WORKDIR /data
USER 65532:65532

ENV OVERHEAR_DATABASE=/data/overhear.db \
    OVERHEAR_METRICS=0.0.0.0:9746
EXPOSE 9746
# A crash leaves a readable backtrace in the log. Without registers: what they point at may be somebody's payload.
ENV SWIFT_BACKTRACE=enable=yes,color=no,interactive=no,threads=all,images=none,registers=none,sanitize=yes,\
output-to=stderr,swift-backtrace=/usr/local/libexec/swift-backtrace-static

ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="overhear" \
      org.opencontainers.image.description="A TCP relay that writes down what it hears" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/overhear", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/overhear"]
CMD ["run"]
