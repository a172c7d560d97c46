# SPDX-License-Identifier: Apache-2.0
# What is compiled into the service: the public holidays,
$(BUILD)/gen/holidays.inc: service/holidays.tsv
	@mkdir -p $(BUILD)/gen
	sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@
$(BUILD)/obj/service/workdays.o: $(BUILD)/gen/holidays.inc
# and the look of the public pages.
$(BUILD)/gen/public_style.inc: service/public/style.css
	@mkdir -p $(BUILD)/gen
	sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@
$(BUILD)/obj/service/public/walk.o: $(BUILD)/gen/public_style.inc
