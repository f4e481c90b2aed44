# make build   ./slactl
# make test    all linters and tests; installs what they need with apt when it can
# make lint    the linters alone
# make demo    a month of a demo company, evaluated, in ./slactl-demo
# make clean   remove what the others made

export CGO_ENABLED = 0

GOLANGCI_LINT = go tool -modfile=tools/golangci-lint/go.mod golangci-lint
GORELEASER    = go tool -modfile=tools/goreleaser/go.mod goreleaser

.PHONY: build test lint demo clean release-check tools

build:
	go build -trimpath -o slactl ./cmd/slactl

test: tools lint
	go test ./...

lint:
	go vet ./...
	$(GOLANGCI_LINT) run

demo: build
	./slactl demo

clean:
	rm -rf slactl slactl-demo dist

# Checks .goreleaser.yaml. Not part of test: building the tool takes minutes.
release-check:
	$(GORELEASER) check

# The programs that some tests compare with. Without them those tests are
# skipped, unless SLACTL_REQUIRE_PROGRAMS=1 makes their absence a failure.
tools:
	@tools/install-test-programs
