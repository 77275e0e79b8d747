# Thin: every target calls the real tool. `make setup` says what it installs; a second run installs nothing.
#   make demo     train on 60 000 real images through the C interface, load the model in Python
#   make test     everything, and one count at the end
#   make bench    the reference workloads; PEERS=1 runs JAX and, for images, PyTorch beside them
#   make docs     the documentation as a site, in .build-docs/html
#   make results  WHAT=residual/lm_resnet_20 SEED=1: one of the long figures again; without WHAT, what there is
#   make install  PREFIX=/usr/local DESTDIR=

PREFIX  ?= /usr/local
DESTDIR ?=
BLAS    ?= static
PEERS   ?= 0
WHAT    ?= --list
SEED    ?= 1

LIBDIR     = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
DOCDIR     = $(PREFIX)/share/doc/stableode
MANDIR     = $(PREFIX)/share/man/man7
VERSION   := $(shell awk '/define SODE_VERSION_(MAJOR|MINOR|PATCH)/ {printf "%s%s", dot, $$3; dot="."}' include/stableode.h)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))
LIBRARY    = .build/release/libstableode.so
PYTHON     = .venv/bin/python
SWIFT      = swift
# No RUNPATH: the library and its tests need none.
SWIFTFLAGS = -c release --disable-local-rpath

export BLAS
export PKG_CONFIG_PATH := $(CURDIR)/.build-libraries/$(BLAS)$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))

.PHONY: all setup build test demo bench results tables docs install wheel clean

all: build

setup:
	@.ci/setup
	@.ci/libraries

build: setup
	$(SWIFT) build $(SWIFTFLAGS) --product stableode

test: build
	@SWIFTFLAGS="$(SWIFTFLAGS)" $(PYTHON) .ci/test.py

demo: build
	@$(MAKE) --no-print-directory stage
	@.ci/demo

bench: build
	$(SWIFT) build $(SWIFTFLAGS) --product stableode-benchmarks
	@PEERS=$(PEERS) .ci/bench $(BENCH)

results: build
	@STABLEODE_LIBRARY=$(CURDIR)/$(LIBRARY) PYTHONPATH=bindings/python $(PYTHON) examples/python/results.py $(WHAT) --seed $(SEED)

# What is made from the library's registries: the README's tables, the reference of options, Python's types.
tables: build
	@.ci/tables

docs: build
	@STABLEODE_LIBRARY=$(CURDIR)/$(LIBRARY) .ci/docs

# What `make install` puts on a system, put into .build-stage: the demo and the C tests build against it as a user would.
.PHONY: stage
stage:
	@$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/.build-stage PREFIX=/usr/local

# Installs what `make build` made; builds only if there is nothing yet, so that `sudo make install` needs no toolchain.
install:
	@test -f $(LIBRARY) || $(MAKE) build
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(DOCDIR) $(DESTDIR)$(MANDIR)
	install -m 644 include/stableode.h $(DESTDIR)$(INCLUDEDIR)/stableode.h
	install -m 644 -s $(LIBRARY) $(DESTDIR)$(LIBDIR)/libstableode.so.$(VERSION)
	ln -sf libstableode.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libstableode.so.$(SOVERSION)
	ln -sf libstableode.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libstableode.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' Sources/StableODELink/stableode.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/stableode.pc
	install -m 644 LICENSE Sources/StableODELink/NOTICES.md Sources/StableODE/StableODE.docc/options.md Sources/Stability/Stability.docc/certificates.md Sources/Stability/Stability.docc/certificate_format.md $(DESTDIR)$(DOCDIR)
	install -m 644 Sources/StableODELink/stableode.7 $(DESTDIR)$(MANDIR)

wheel: build
	@.ci/wheel

clean:
	rm -rf .build .build-libraries .build-stage .build-demo .build-bench .build-tests .build-wheel .build-docs
