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
# cluster-packages installs what the real node runs on; CI does it first, since there nothing may be skipped.
# cluster-test runs the tests against it, and fails in CI if one was skipped.
# agree compares the doctor with it on random clusters: ROUNDS of them, from SEED on.
# cluster-serve starts one to look at, with NODES nodes and PODS pods, until its input ends.
# record writes what it decided into tests/recordings: FILES of each profile, from SEED on.

KUBERNETES ?=
ROUNDS ?= 10
SEED ?=
FILES ?= 4
NODES ?= 3
PODS ?= 0

cluster = KUBERNETES=$(KUBERNETES) KUBECTL_DAEMONSET_CLUSTER=1 cargo test --quiet --test cluster --

.PHONY: cluster-build cluster-packages cluster-test cluster-serve agree record

cluster-build:
	tests/cluster/build.sh $(KUBERNETES)

node_packages = containerd runc containernetworking-plugins busybox-static iproute2 util-linux

cluster-packages:
	dpkg -s $(node_packages) >/dev/null 2>&1 || { apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(node_packages); }

cluster-test: cluster-build $(if $(CI),cluster-packages)
	$(cluster) --test-threads=2

cluster-serve: cluster-build
	$(cluster) serve --nodes $(NODES) --pods $(PODS)

agree: cluster-build
	$(cluster) agree --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

record: cluster-build
	$(cluster) record --files $(FILES) $(if $(SEED),--seed $(SEED))
