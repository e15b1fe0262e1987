# syntax=docker/dockerfile:1
# Three images: `runtime` (the container of AgentCore, and the default), `backend`, and `local` (everything, with
# Chromium). AgentCore runs only linux/arm64:
#   docker buildx build --platform linux/arm64 --target runtime -t ai4ai/agent .

# Pin them by digest for a build that can be repeated: --build-arg SWIFT_IMAGE=swift@sha256:…
ARG SWIFT_IMAGE=docker.io/library/swift:6.3.1-bookworm
ARG DEBIAN_IMAGE=docker.io/library/debian:bookworm-slim

# hadolint ignore=DL3006
FROM ${SWIFT_IMAGE} AS build
WORKDIR /src
# poppler-utils read PDF files: they are started as programs of their own, with few rights. esbuild bundles the page.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends esbuild poppler-utils && rm -rf /var/lib/apt/lists/*
# The packages change seldom, and are fetched and built apart from the sources.
COPY Package.swift ./
RUN swift package resolve
COPY . .

FROM build AS build-runtime
RUN swift build -c release --static-swift-stdlib --product ai4ai-runtime -Xlinker -s \
    && scripts/image-root.sh /root-of-image "$(swift build -c release --show-bin-path)/ai4ai-runtime" \
        /usr/bin/pdfinfo /usr/bin/pdftotext /usr/bin/pdftoppm

FROM build AS build-all
ENV AI4AI_PAGE_BUNDLE=1
RUN scripts/bundle-page.sh && swift build -c release --static-swift-stdlib --product ai4ai -Xlinker -s \
    && scripts/image-root.sh /root-of-image "$(swift build -c release --show-bin-path)/ai4ai"

# Only what the programs link: libc, libm, libstdc++, libgcc_s and zlib, and what poppler needs. TLS is in our program
# itself (BoringSSL), so there is no libssl; nor is there libcurl, or a shell.
FROM scratch AS runtime
COPY --from=build-runtime /root-of-image /
ENV DOCKER_CONTAINER=1 HOME=/tmp AI4AI_STORAGE_DIRECTORY=/tmp/ai4ai
USER 1000:1000
WORKDIR /tmp
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s CMD ["/usr/bin/ai4ai-runtime", "healthcheck"]
ENTRYPOINT ["/usr/bin/ai4ai-runtime"]

# For the contract's suite: another agent in the same image.
FROM build AS build-contract
RUN swift build -c release --static-swift-stdlib --product contract-agent -Xlinker -s \
    && scripts/image-root.sh /root-of-image "$(swift build -c release --show-bin-path)/contract-agent"

FROM runtime AS contract
COPY --from=build-contract /root-of-image /
HEALTHCHECK NONE
ENTRYPOINT ["/usr/bin/contract-agent"]

# The web page's Markdown parser.
# hadolint ignore=DL3006
FROM ${DEBIAN_IMAGE} AS page
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libjs-marked \
    && mkdir -p /page/usr/share/javascript/marked \
    && cp -L /usr/share/javascript/marked/marked.min.js /page/usr/share/javascript/marked/

FROM scratch AS backend
COPY --from=build-all /root-of-image /
COPY --from=page /page /
ENV DOCKER_CONTAINER=1 HOME=/tmp AI4AI_STORAGE_DIRECTORY=/tmp/ai4ai
USER 1000:1000
WORKDIR /tmp
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/ai4ai"]
CMD ["backend"]

# hadolint ignore=DL3006
FROM ${DEBIAN_IMAGE} AS local
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates chromium fonts-dejavu-core libjs-marked poppler-utils \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build-all /root-of-image/usr/bin/ai4ai /usr/bin/ai4ai
COPY --from=build-all /root-of-image/usr/share/licenses /usr/share/licenses
ENV DOCKER_CONTAINER=1 HOME=/tmp AI4AI_STORAGE_DIRECTORY=/data
VOLUME /data
USER 1000:1000
WORKDIR /tmp
EXPOSE 3000 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/ai4ai"]
CMD ["up"]

# What is built without --target.
FROM runtime
