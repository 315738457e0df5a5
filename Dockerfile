# The image of the controller (its default command) and of the executor's stage binary, which runners copy from it.
# Static binaries and CA certificates on nothing else; nothing runs as root. With --target agent it is the image of the
# agent, which every task pulls.
ARG GO_VERSION=1.26

# The compiler runs on the builder's own platform and cross-compiles.
FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
ENV GOMODCACHE=/cache/mod GOCACHE=/cache/build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/cache go mod download
COPY api api
COPY cmd cmd
COPY controllers controllers
COPY internal internal
ARG TARGETOS TARGETARCH VERSION=dev COMMIT=unknown
RUN --mount=type=cache,target=/cache \
    for program in manager fargate agent; do \
      CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
        -ldflags "-s -w -X github.com/fargate-operator/fargate-operator/internal/version.Version=${VERSION} -X github.com/fargate-operator/fargate-operator/internal/version.Commit=${COMMIT}" \
        -o /out/$program ./cmd/$program || exit 1; \
    done

FROM scratch AS agent
ARG VERSION=dev COMMIT=unknown
LABEL org.opencontainers.image.title="Fargate Operator agent" \
      org.opencontainers.image.description="Runs GitLab CI jobs in any image on AWS Fargate" \
      org.opencontainers.image.source="https://github.com/fargate-operator/fargate-operator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /out/agent /
USER 0:0
ENTRYPOINT ["/agent"]

FROM scratch
ARG VERSION=dev COMMIT=unknown
LABEL org.opencontainers.image.title="Fargate Operator" \
      org.opencontainers.image.description="GitLab CI jobs on AWS Fargate, run from Kubernetes" \
      org.opencontainers.image.source="https://github.com/fargate-operator/fargate-operator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/manager /out/fargate /usr/local/bin/
ENV PATH=/usr/local/bin
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/manager"]
