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
	$(MAKE) DEV=1 test-fuzz test-umock
	$(MAKE) DEV=1 test-e2e
	$(MAKE) DEV=1 test-vm

units: $(UNIT)

test-e2e: all ## the real programs end to end, with pytest
	HUIKA_BUILD=$(abspath $(BUILD)) $(PY) -m pytest -q -n $(JOBS) --dist worksteal -p no:cacheprovider tests/unit tests/e2e tests/fault

lint: $(BUILD)/gen/err.h ## layout, rooms, cppcheck, clang-tidy
	$(PY) tools/rooms.py
	clang-format --dry-run -Werror $(C_FILES)
	cppcheck --quiet --error-exitcode=1 --inline-suppr --suppressions-list=tools/cppcheck.txt --enable=warning,portability \
	  --std=c11 -j$(JOBS) -I. -I$(BUILD)/gen $(LINT_C)
	printf '%s\n' $(LINT_C) | xargs -P$(JOBS) -n4 sh -c 'clang-tidy --quiet "$$@" -- $(CPPFLAGS) -std=c11 2>/dev/null' _
	@$(MAKE) --no-print-directory lint-docs

lint-docs: ## man pages and catalogues are whole
	@for m in docs/man/*.1; do man --warnings -l $$m >/dev/null 2>$(BUILD)/man.err; if [ -s $(BUILD)/man.err ]; then cat $(BUILD)/man.err; exit 1; fi; done
	@for p in po/*.po; do msgfmt --check -o /dev/null $$p; done

.PHONY: test units test-e2e lint lint-docs
