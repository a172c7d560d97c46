# SPDX-License-Identifier: Apache-2.0
# A receipt's bytes for the interpreter of tests/lib/escpos.py.
$(BUILD)/print/receipt_bytes: $(BUILD)/obj/tests/print/receipt_bytes.o $(call libs,print core proto base)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(BASE_LIBS)

test-print: $(BUILD)/print/receipt_bytes ## receipts rendered from their bytes, QR codes read off the pictures
	HUIKA_BUILD=$(abspath $(BUILD)) $(PY) -m pytest -q -p no:cacheprovider -n 2 tests/print

.PHONY: test-print
