# SPDX-License-Identifier: Apache-2.0
# What huika-admin puts into every evidence archive.
$(BUILD)/gen/evidence_%.inc: client/admin/evidence/%
	@mkdir -p $(BUILD)/gen
	sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@
$(BUILD)/obj/client/admin/evidence.o: $(BUILD)/gen/evidence_README.txt.inc $(BUILD)/gen/evidence_check.sh.inc
