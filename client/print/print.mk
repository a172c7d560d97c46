# SPDX-License-Identifier: Apache-2.0
# Glyphs for what a printer's own characters lack: Debian's package unifont.
UNIFONT ?= /usr/share/unifont/unifont.hex

$(BUILD)/gen/glyphs.c: $(UNIFONT) tools/glyphs.awk
	@mkdir -p $(@D)
	awk -f tools/glyphs.awk $(UNIFONT) >$@.tmp
	mv $@.tmp $@
$(call lib,print): $(BUILD)/obj/gen/glyphs.o
