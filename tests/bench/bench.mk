# SPDX-License-Identifier: Apache-2.0
# `make bench`: ratios against what is physically there, by turns within one run. BENCH_QUICK=1 is shorter and rougher.
BENCH := $(addprefix $(BUILD)/bench/,load constant loaded herd broadcast verdict_bench journal_bench readers_bench revoked_bench offline_bench)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/tests/bench/tls.o $(call libs,ports core proto base)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lsqlite3 -lusb-1.0 -lmicrohttpd -lgnutls $(BASE_LIBS) -lssl

$(BUILD)/bench/verdict_bench: $(BUILD)/obj/tests/bench/plain.o

# The same libraries as huika-terminal, whether it calls them or not.
$(BUILD)/bench/loaded: $(BUILD)/obj/tests/bench/loaded.o $(BUILD)/obj/tests/bench/plain.o $(BUILD)/obj/tests/bench/tls.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -pie -Wl,-z,relro,-z,now,--no-as-needed -o $@ $^ -lusb-1.0 -lmicrohttpd -lsqlite3 $(BASE_LIBS) -lssl

bench: all $(BENCH) $(BUILD)/print/receipt_bytes ## measure against bare OpenSSL, nginx, fdatasync and sqlite3 (BENCH_QUICK=1: shorter)
	HUIKA_BUILD=$(abspath $(BUILD)) $(PY) tests/bench/bench.py $(BENCH_ONLY)

bench-report: all ## a union's report over a year's 10 million sales, beside the sqlite3 shell (minutes; 2 GB in TMPDIR)
	HUIKA_BUILD=$(abspath $(BUILD)) $(PY) tests/bench/report_bench.py

bench-delist: all $(BENCH) ## 2,000 terminals of one shop: from the delist command to the last acknowledgement
	HUIKA_BUILD=$(abspath $(BUILD)) $(PY) tests/bench/delist.py

.PHONY: bench bench-delist bench-report
