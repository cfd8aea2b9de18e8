# Postern: the few commands that a person types.  `make help` lists them; CMake and ninja do the work.
SHELL   := /bin/bash
BUILD   ?= build
CHECK   ?= build-check
FUZZ    ?= build-fuzz
CRASH   ?= build-crash
PREFIX  ?= /usr/local
DESTDIR ?=
JOBS    ?= $(shell nproc)
SECONDS_PER_TARGET ?= 60

BUILD_PACKAGES := clang-19 libclang-rt-19-dev lld-19 cmake ninja-build ccache pkg-config git ca-certificates \
  libevent-dev libgnutls28-dev nettle-dev libdb5.3-dev libboost-program-options1.81-dev libboost-json1.81-dev \
  protobuf-compiler libprotobuf-dev libre2-dev libicu-dev liblz4-dev libzstd-dev zlib1g-dev libcrypt-dev \
  libfmt-dev libseccomp-dev libxapian-dev libcld2-dev libmimalloc-dev
TEST_PACKAGES := libgtest-dev libgmock-dev libbenchmark-dev python3 curl isync offlineimap3 mutt fetchmail getmail6 man-db groff procps
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
CMAKE := cmake -G Ninja -S . -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_C_COMPILER=clang-19 -DCMAKE_INSTALL_PREFIX=$(PREFIX)

.PHONY: all help deps run check bench fuzz crash install uninstall clean
all: deps   ## build everything, optimised and hardened, into build/
	@$(CMAKE) -B $(BUILD) >/dev/null && ninja -C $(BUILD) -j $(JOBS)

help:       ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## */  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

deps:       ## install the missing Debian packages by name
	@missing=$$(for p in $(BUILD_PACKAGES) $(TEST_PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "installing:" $$missing; \
	  $(SUDO) apt-get -q update && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $$missing; fi

run: all    ## build, make an instance in ./run if there is none, start it in the foreground
	@BUILD=$(BUILD) contrib/run-here

check: SHELL := /bin/bash
check:      ## build with sanitizers and run every test
	@BUILD=$(CHECK) JOBS=$(JOBS) contrib/check

bench: all  ## measure this server, and the peers where the lab is at hand
	@BUILD=$(BUILD) t/bench/run

fuzz: deps  ## SECONDS_PER_TARGET=60 of libFuzzer for each target
	@$(CMAKE) -B $(FUZZ) -DPOSTERN_FUZZ=ON -DPOSTERN_TEST_BUILD=ON >/dev/null && ninja -C $(FUZZ) -j $(JOBS) fuzz_targets
	@BUILD=$(FUZZ) t/fuzz/run $(SECONDS_PER_TARGET)

crash: deps ## ten minutes of kills under load, five of power cuts, failing disks, no memory: every promise is checked
	@$(CMAKE) -B $(CRASH) -DPOSTERN_KILL_POINTS=ON >/dev/null && ninja -C $(CRASH) -j $(JOBS) all power_shim memory_shim
	@BUILD=$(CRASH) t/crash/run

install: all ## install below DESTDIR and PREFIX
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

uninstall:  ## take away what install placed
	@[ -f $(BUILD)/install_manifest.txt ] || { echo "nothing known to be installed"; exit 1; }
	@DESTDIR=$(DESTDIR) cmake -DMANIFEST=$(BUILD)/install_manifest.txt -P cmake/uninstall.cmake

clean:      ## remove the build folders; the instance in ./run stays
	rm -rf $(BUILD) $(CHECK) $(FUZZ) $(CRASH)
