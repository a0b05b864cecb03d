# Recipes; each step of CI is one of them.
#
# make test is what CI runs: everything that needs no cluster, and the suite on a real one. Most of the time tests wait, so
# they do it together, and what computes fills the gaps. It installs the packages that the tests need where it may (as root,
# with apt). Its last lines are a summary: what ran, how long, and what was skipped; in CI nothing may be skipped.

.PHONY: test packages quick format lint unit unit-and-lint pictures faults reading variants side-by-side fuzz docs snapshots bench bench-growth bench-live

# Whether packages may be installed: as root, with apt.
may_install := $(shell [ "$$(id -u)" = 0 ] && command -v apt-get)

test: $(if $(may_install),packages cluster-packages) format
	cargo test --quiet --no-run
	rm -rf target/summary
	SUMMARY=target/summary $(MAKE) --no-print-directory --output-sync --keep-going -j3 cluster-test krew-test unit-and-lint; \
	status=$$?; tests/summary/print.sh target/summary; exit $$status

# One after the other: both would wait for cargo's lock.
unit-and-lint:
	$(MAKE) --no-print-directory unit
	$(MAKE) --no-print-directory lint

# What the packaging tests pack with, what pipelines of the guide run, and the browser that reads the HTML report; CI
# installs them by name.
tools = zip xz-utils git jq chromium fonts-dejavu-core
# npm brings axe-core. Where it came with Node.js, Debian's package is not needed.
npm := $(if $(shell command -v npm),,npm)

packages:
	dpkg -s $(tools) $(npm) >/dev/null 2>&1 || { apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(tools) $(npm); }

# What needs no cluster.
quick: format lint unit

format:
	cargo fmt --check

lint:
	$(noted) lints cargo clippy --all-targets --quiet -- -D warnings

unit:
	INSTA_UPDATE=no $(noted) quick cargo test --quiet

# Keeps what a part of the tests printed, for the summary.
noted = tests/summary/noted.sh

# A cluster read bit by bit and whole, over all recordings; the tests take each twelfth case.
reading:
	READING_STEP=1 cargo test --quiet --test reading -- same --nocapture

# How many recorded verdicts each kind of reason decides, the rarest first, and what each server version decided.
variants:
	cargo test --quiet --test agreement -- every_recorded_decision --nocapture

# The same question to doctor -f, live and saved, and to deploy with either dry run, over all recordings; the tests take a
# sample.
side-by-side:
	SIDE_BY_SIDE_STEP=1 cargo test --quiet --test reading -- side_by_side --nocapture

# Pictures of the HTML report as the tests see it, into FOLDER.
FOLDER = target/pictures
pictures:
	SCREENSHOTS=$(abspath $(FOLDER)) cargo test --quiet --test browser -- --nocapture

# Every fault of a server at every request of a run; the tests take a sample of them.
faults:
	FAULTS=all cargo test --quiet --test connection -- faults --nocapture

# Inputs from outside changed at random, SECONDS for each reader and for the doctor; SEED gives other inputs. CI takes ten.
# The project's own code is compiled with optimizations, and still checks for overflows.
SECONDS = 60
SEED = 1
fuzz:
	CARGO_PROFILE_DEV_OPT_LEVEL=1 FUZZ_SECONDS=$(SECONDS) FUZZ_SEED=$(SEED) cargo test --test fuzz -- --nocapture --test-threads 2

# Generated references are written anew; the tests compare them.
docs:
	UPDATE_DOCS=1 cargo test --quiet

# What the program prints is written anew, and what changed is listed: look at it with git diff. Tests only compare.
snapshots:
	INSTA_UPDATE=always cargo test --quiet --test snapshots --test cli --test spec
	git status --short -- tests/snapshots

bench:
	cargo bench --bench placement
	cargo bench --bench snapshot
	cargo bench --bench report

# How time grows with each list of a pod, a node and a DaemonSet: n, 2n, 4n, 8n.
bench-growth:
	cargo bench --bench growth

# What reading costs: against a server that makes up 450,000 pods, and against the real API server with 50,000.
bench-live: cluster-build
	cargo bench --bench live -- replay
	cargo bench --bench live -- cluster

# the real cluster
#
# cluster-build builds Kubernetes from its modules, once for this machine; KUBERNETES=1.34.4 another version.
# cluster-packages installs what the real node runs on; make test does it first where it may.
# cluster-test runs the tests against it, and fails in CI if one was skipped.
# soak runs them RUNS times in a row, with a line for each run, and keeps what failed in target/soak.
# agree compares the doctor with it on random clusters: ROUNDS of them, from SEED on.
# cluster-serve starts one to look at, with NODES nodes and PODS pods, until its input ends; KUBELETS=1 lets pods run.
# record writes what it decided into tests/recordings: FILES of each profile, from SEED on.
# refusals compares what the program and the API server refuse on COUNT changed documents, from SEED on.
# kill stops deploy and delete at ROUNDS random moments and runs them again.
# rolls lets deploy predict ROUNDS random rollouts and carries them out.
# bench-deploy takes the time from apply to success, deploy's without --hold and kubectl's, PAIRS times in turn.
# deploy-table writes the table beside kubectl in docs/deploy.md anew.

KUBERNETES ?=
ROUNDS ?= 10
SEED ?=
FILES ?= 4
NODES ?= 3
PODS ?= 0
KUBELETS ?=
PAIRS ?= 9
COUNT ?= 20000
RUNS ?= 20
# Most of the time the tests wait: more of them than cores.
THREADS ?= 4

cluster = KUBERNETES=$(KUBERNETES) KUBECTL_DAEMONSET_CLUSTER=1 cargo test --quiet --test cluster --

.PHONY: cluster-build cluster-packages cluster-test soak cluster-serve agree record refusals kill rolls bench-deploy deploy-table

cluster-build:
	tests/cluster/build.sh $(KUBERNETES)

node_packages = containerd runc containernetworking-plugins busybox-static iproute2 util-linux

cluster-packages:
	dpkg -s $(node_packages) >/dev/null 2>&1 || { apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(node_packages); }

# A control plane of seconds need not collect its garbage as often as one of years.
seldom = GOGC=400

cluster-test: cluster-build
	$(seldom) KUBERNETES=$(KUBERNETES) KUBECTL_DAEMONSET_CLUSTER=1 $(noted) cluster cargo test --quiet --test cluster -- --test-threads=$(THREADS)

soak: cluster-build
	$(seldom) KUBERNETES=$(KUBERNETES) KUBECTL_DAEMONSET_CLUSTER=1 tests/cluster/soak.sh $(RUNS) $(THREADS)

cluster-serve: cluster-build
	$(cluster) serve --nodes $(NODES) --pods $(PODS) $(if $(KUBELETS),--kubelets)

agree: cluster-build
	$(cluster) agree --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

record: cluster-build
	$(cluster) record --files $(FILES) $(if $(SEED),--seed $(SEED))

refusals: cluster-build
	$(cluster) refusals --count $(COUNT) $(if $(SEED),--seed $(SEED))

kill: cluster-build
	$(cluster) kill --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

rolls: cluster-build
	$(cluster) rolls --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

bench-deploy: cluster-build
	KUBECTL_DAEMONSET_CLUSTER=1 cargo test --quiet --profile bench --test cluster -- compare --pairs $(PAIRS)

# The table beside kubectl in docs/deploy.md is written anew, by runs of both on the real cluster.
deploy-table: cluster-build
	UPDATE_DOCS=1 $(cluster) deploy_compared

# packaging
#
# dist makes what a release for this machine consists of, into dist/: one program without any library of the machine's.
# krew-test installs, upgrades and removes it with the real krew and kubectl, and compares its connections with kubectl's.
# reproducible builds and packs it twice, in two folders, and compares every byte.
# deny asks cargo-deny whether everything that is built in may be; audit also whether something was found in it since.

TAG ?= v$(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml | head -n 1)
# Cargo.toml holds the address of the project, for everything.
REPOSITORY := $(shell sed -n 's/^repository = "\(.*\)"$$/\1/p' Cargo.toml)
RELEASES ?= $(REPOSITORY)/releases/download
DIST ?= dist
host := $(shell rustc -vV | sed -n 's/^host: //p')
# On Linux with musl, whose resolver and allocator are whole inside; glibc loads its resolver from the machine.
target := $(if $(findstring linux,$(host)),$(host:-gnu=-musl),$(host))
commit := $(shell git describe --always --dirty --abbrev=40 --exclude '*' 2>/dev/null)
cargo_home := $(or $(CARGO_HOME),$(HOME)/.cargo)
remap = --remap-path-prefix=$(cargo_home)=cargo --remap-path-prefix=$(CURDIR)=.

.PHONY: dist dist-tools krew-test reproducible deny audit startup

dist: dist-tools
	KUBECTL_DAEMONSET_COMMIT=$(commit) RUSTFLAGS="$(remap)" cargo build --release --locked --target $(target)
	mkdir -p target/programs/$(target)
	cp target/$(target)/release/kubectl-daemonset target/programs/$(target)/
	krew/inspect.sh $(target) target/programs/$(target)/kubectl-daemonset $(cargo_home) $(CURDIR)
	krew/supply.sh $(target) target/programs/$(target)
	HOMEPAGE=$(REPOSITORY) krew/release.sh $(TAG) target/programs $(DIST) $(RELEASES)/$(TAG)

# What dist needs beside a Rust toolchain, and how it is had.
dist-tools:
	@[ -d "$$(rustc --print sysroot)/lib/rustlib/$(target)" ] || { \
	echo "dist: Rust's library for $(target) is not here: rustup target add $(target)" >&2; exit 1; }
ifneq ($(findstring -linux-musl,$(target)),)
	@command -v musl-gcc >/dev/null || { echo "dist: there is no musl-gcc here: apt-get install musl-tools" >&2; exit 1; }
endif

krew-test: cluster-build
	KUBECTL_DAEMONSET_CLUSTER=1 $(noted) krew cargo test --quiet --test krew
	KUBECTL_DAEMONSET_CLUSTER=1 $(noted) kubectl cargo test --quiet --test connection -- choice --nocapture

reproducible:
	rm -rf target/reproducible
	git clone --quiet . target/reproducible/one
	git clone --quiet . target/reproducible/another
	$(MAKE) -C target/reproducible/one dist
	$(MAKE) -C target/reproducible/another dist
	diff -r target/reproducible/one/dist target/reproducible/another/dist
	cat target/reproducible/one/dist/SHA256SUMS

deny:
	cargo deny --offline check licenses bans sources

audit:
	cargo deny check advisories

startup: cluster-build
	PATH="$$(tests/cluster/build.sh):$$PATH" cargo bench --bench startup
