# SPDX-License-Identifier: Apache-2.0
# The public holidays that are compiled in.
$(BUILD)/gen/holidays.inc: service/holidays.tsv
	@mkdir -p $(BUILD)/gen
	sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@
$(BUILD)/obj/service/workdays.o: $(BUILD)/gen/holidays.inc
