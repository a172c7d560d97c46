# SPDX-License-Identifier: Apache-2.0
# A fuzz target is tests/fuzz/<name>_fuzz.c (LLVMFuzzerTestOneInput) with a small corpus in tests/fuzz/corpus/<name>/; nothing
# else has to be said. `make test-fuzz` replays every corpus under ASan and UBSan; `make fuzz` lets libFuzzer loose for
# FUZZ_SECONDS each, from the committed corpus, and leaves what it finds in build/libfuzzer/fuzz/.
FUZZ := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_SECONDS ?= 20
FUZZ_LIBS := $(call libs,service counter print ports core proto base)
FUZZ_LDLIBS := -lusb-1.0 -lmicrohttpd -lgnutls -lsqlite3 $(BASE_LIBS) -lssl -lpthread

ifdef LIBFUZZER
CFLAGS += -fsanitize=fuzzer-no-link
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(FUZZ_LDLIBS)
else
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(BUILD)/obj/tests/fuzz/replay.o $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FUZZ_LDLIBS)
endif

fuzz-replay: $(addprefix $(BUILD)/fuzz/,$(FUZZ))
	@set -e; for t in $(FUZZ); do $(BUILD)/fuzz/$$t tests/fuzz/corpus/$$t/*; done

fuzz-run: $(addprefix $(BUILD)/fuzz/,$(FUZZ))
	@set -e; for t in $(FUZZ); do mkdir -p $(BUILD)/fuzz/found/$$t; \
	  $(BUILD)/fuzz/$$t -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/$$t- \
	  $(BUILD)/fuzz/found/$$t tests/fuzz/corpus/$$t; done

test-fuzz: ## replay the fuzz corpora under sanitizers
	@$(MAKE) --no-print-directory CC=clang SAN=1 BUILD=build/san fuzz-replay

fuzz: ## libFuzzer on every decoder, FUZZ_SECONDS each
	@$(MAKE) --no-print-directory CC=clang SAN=1 BUILD=build/libfuzzer LIBFUZZER=1 fuzz-run

.PHONY: fuzz fuzz-run fuzz-replay test-fuzz
