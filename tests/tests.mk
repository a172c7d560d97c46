# SPDX-License-Identifier: Apache-2.0
# What `make test`, `make lint` and `make bench` run.
C_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
LINT_C = $(shell git ls-files 'base/*.c' 'proto/*.c' 'client/*.c' 'service/*.c')
JOBS ?= $(shell nproc)

test: deps ## install what is missing, then every test
	$(MAKE) -j$(JOBS) DEV=1 all units
	$(MAKE) DEV=1 unit
	$(MAKE) -j$(JOBS) DEV=1 CC=clang SAN=1 BUILD=build/san all units
	$(MAKE) DEV=1 CC=clang SAN=1 BUILD=build/san unit
	$(MAKE) DEV=1 test-fuzz test-umock test-print test-sim
	$(MAKE) DEV=1 test-e2e
	$(MAKE) DEV=1 test-firmware
	$(MAKE) DEV=1 test-vm test-vm-reader

units: $(UNIT)

test-e2e: all ## the real programs end to end, with pytest
	HUIKA_BUILD=$(abspath $(BUILD)) $(PY) -m pytest -q -n $(JOBS) --dist loadfile -p no:cacheprovider tests/unit tests/e2e tests/fault tests/pki

lint: lint-rooms lint-format lint-cppcheck lint-tidy lint-docs lint-hw ## layout, rooms, cppcheck, clang-tidy, man pages

lint-rooms:
	$(PY) tools/rooms.py
lint-format:
	clang-format --dry-run -Werror $(C_FILES)
LINT_GEN = $(addprefix $(BUILD)/gen/,err.h devices.inc holidays.inc public_style.inc evidence_README.txt.inc evidence_check.sh.inc)
lint-cppcheck: $(LINT_GEN)
	cppcheck --quiet --error-exitcode=1 --inline-suppr --suppressions-list=tools/cppcheck.txt --library=tools/cppcheck.cfg --enable=warning,portability \
	  --std=c11 -j$(JOBS) -I. -I$(BUILD)/gen $(LINT_C)
lint-tidy: $(LINT_GEN)
	printf '%s\n' $(LINT_C) | xargs -P$(JOBS) -n1 sh -c 'clang-tidy --quiet "$$@" -- -I. -I$(BUILD)/gen -D_GNU_SOURCE \
	  -DHUIKA_VERSION=\"\" $(PKG_CFLAGS) -std=c11 2>/dev/null' _
lint-docs:
	for m in docs/man/*.1; do man --warnings -l $$m 2>&1 >/dev/null | { ! grep .; } || exit 1; done
	for p in po/*.po; do msgfmt --check -o /dev/null $$p || exit 1; done

.PHONY: test units test-e2e lint lint-rooms lint-format lint-cppcheck lint-tidy lint-docs
