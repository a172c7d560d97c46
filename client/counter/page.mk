# SPDX-License-Identifier: Apache-2.0
# The cashier's page, compressed and built into the terminal.
PAGE_FILES := $(sort $(wildcard client/counter/page/*.html client/counter/page/*.css client/counter/page/*.js client/counter/page/*.svg))

$(BUILD)/gen/page_files.c: tools/embed.sh client/counter/page.mk $(PAGE_FILES)
	@mkdir -p $(@D)
	tools/embed.sh $(PAGE_FILES) >$@.tmp
	mv $@.tmp $@
$(call lib,counter): $(BUILD)/obj/gen/page_files.o

pictures: all ## take the pictures of the cashiers' manual anew
	HUIKA_PICTURES=1 HUIKA_BUILD=$(abspath $(BUILD)) $(PY) -m pytest -q -p no:cacheprovider tests/e2e/test_manual.py

.PHONY: pictures
