# Everything that a contributor does with this repository. `make` alone lists the targets.
#
# Versions are pinned in go.mod files: Go and the libraries of what runs in ./go.mod, those of the contributors' programs
# in hack/go.mod, those that test the examples in examples/go.mod, Kubernetes and etcd for tests and demo in
# hack/controlplane/go.mod, Helm in hack/helm/go.mod, linters and generators in hack/tools/go.mod.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Modules with code of ours, and those that only pin a version.
CODE    := . hack hack/controlplane examples
MODULES := $(CODE) hack/helm hack/tools
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
# Two packages at a time: each may have a Kubernetes API server of its own. Vet is lint's.
GOTEST  := CGO_ENABLED=1 go test -race -p 2 -timeout 20m -vet=off
LDFLAGS := -s -w -X github.com/fargate-operator/fargate-operator/internal/version.Version=$(VERSION) -X github.com/fargate-operator/fargate-operator/internal/version.Commit=$(COMMIT)

# Everything but tests is compiled as releases are, so that linters, tests and the demo find in Go's cache what another
# has compiled. The race detector needs cgo.
export CGO_ENABLED := 0
export GOFLAGS += -trimpath

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##  Try it

.PHONY: demo
demo: ## Run a CI job from start to end on this machine
	go run -C hack ./demo

.PHONY: dev
dev: ## The demo, kept running for kubectl
	go run -C hack ./demo -keep

##  Test it

.PHONY: test
test: programs openssh containers ## Run all tests with the race detector and print the coverage
	$(GOTEST) -covermode=atomic -coverprofile=cover.out ./...
	cd hack && $(GOTEST) ./...
	cd examples && $(GOTEST) ./...
	@echo "coverage of the root module: $$(go tool cover -func=cover.out | tail -n 1)"
	@echo "what all else serves, by its own tests and without the race detector:"
	@go test -count=1 -cover ./internal/lifecycle

.PHONY: bench
bench: programs openssh ## Measure speed and memory next to OpenSSH
	go run -C hack ./bench

.PHONY: lint
lint: bin/golangci-lint programs ## Run the linters, the Kubernetes API linter among them
	@for module in $(CODE); do \
		echo "linting $$module"; \
		(cd "$$module" && '$(CURDIR)/bin/golangci-lint' run --config '$(CURDIR)/.golangci.yml' ./...); \
	done

.PHONY: verify
verify: generate ## Fail if generated files, formatting or go.mod files are not up to date
	@unformatted=$$(git ls-files -z -co --exclude-standard '*.go' | xargs -0 gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	@for module in $(MODULES); do (cd "$$module" && go mod tidy -diff); done
	@changes=$$(git status --porcelain); \
	if [ -n "$$changes" ]; then echo "the tree has changes; commit them:"; echo "$$changes"; exit 1; fi

##  Build it

.PHONY: generate
generate: bin/controller-gen bin/crd-ref-docs bin/helm-docs ## Generate deep copies, CRDs, the RBAC role and references
	bin/controller-gen object paths=./api/...
	bin/controller-gen crd paths=./api/... output:crd:dir=config/crd
	cp config/crd/ci.fargate-operator.dev_*.yaml charts/fargate-operator-crds/files/
	bin/controller-gen rbac:roleName=fargate-operator paths=./controllers/... paths=./cmd/manager/... output:rbac:dir=config/rbac
	bin/crd-ref-docs --source-path=api/v1alpha1 --config=hack/apidocs/config.yaml --renderer=markdown \
		--output-path=docs/reference/api.md --log-level=ERROR
	go run -C hack ./metricsdocs
	go run -C hack ./iampolicy
	go run -C hack ./configdocs
	bin/helm-docs --chart-search-root=charts --sort-values-order=file --log-level=warning

.PHONY: build
build: ## Build static binaries into bin/
	@for program in manager fargate agent localecs; do \
		CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o "bin/$$program" "./cmd/$$program"; \
	done

.PHONY: image
image: ## Make the container images for amd64 and arm64; PUSH=REGISTRY/NAME:TAG pushes them
	go run -C hack ./image -version '$(VERSION)' -push '$(PUSH)'

.PHONY: release
release: ## Make everything that a release consists of into dist/: VERSION=v1.2.3
	rm -rf dist
	go run -C hack ./release -version '$(VERSION)'

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist cover.out

# What tests start. Its own checks tell whether there is something to do.
.PHONY: programs
programs:
	@go run -C hack ./build controlplane kubectl helm

.PHONY: openssh
openssh:
	@hack/install-openssh.sh

.PHONY: containers
containers:
	@hack/install-containers.sh

bin/golangci-lint: hack/tools/go.mod hack/tools/go.sum
	cd hack/tools && go build -ldflags '-s -w' -o ../../$@ sigs.k8s.io/kube-api-linter/cmd/golangci-lint-kube-api-linter

bin/crd-ref-docs: hack/tools/go.mod hack/tools/go.sum
	cd hack/tools && go build -ldflags '-s -w' -o ../../$@ github.com/elastic/crd-ref-docs

bin/controller-gen: hack/tools/go.mod hack/tools/go.sum
	cd hack/tools && go build -ldflags '-s -w' -o ../../$@ sigs.k8s.io/controller-tools/cmd/controller-gen

bin/helm-docs: hack/helm/go.mod hack/helm/go.sum
	cd hack/helm && go build -ldflags '-s -w' -o ../../$@ github.com/norwoodj/helm-docs/cmd/helm-docs
