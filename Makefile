# Recipes; each step of CI is one of them.
#
# make test is what CI runs: everything below that is quick, then the suite on a real cluster.

.PHONY: test quick format lint unit docs bench

test: quick cluster-test

# What needs no cluster.
quick: format lint unit

format:
	cargo fmt --check

lint:
	cargo clippy --all-targets --quiet -- -D warnings

unit:
	cargo test --quiet

# Generated references are written anew; the tests compare them.
docs:
	UPDATE_DOCS=1 cargo test --quiet

bench:
	cargo bench --bench placement
	cargo bench --bench snapshot

# the real cluster
#
# cluster-build builds Kubernetes from its modules, once for this machine; KUBERNETES=1.34.4 another version.
# cluster-test runs the tests against it, and fails if one was skipped.
# agree compares the doctor with it on random clusters: ROUNDS of them, from SEED on.
# record writes what it decided into tests/recordings: FILES of each profile, from SEED on.

KUBERNETES ?=
ROUNDS ?= 10
SEED ?=
FILES ?= 4

cluster = KUBERNETES=$(KUBERNETES) KUBECTL_DAEMONSET_CLUSTER=1 cargo test --quiet --test cluster --

.PHONY: cluster-build cluster-test agree record

cluster-build:
	tests/cluster/build.sh $(KUBERNETES)

cluster-test: cluster-build
	$(cluster) --test-threads=2

agree: cluster-build
	$(cluster) agree --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

record: cluster-build
	$(cluster) record --files $(FILES) $(if $(SEED),--seed $(SEED))
