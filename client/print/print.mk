# SPDX-License-Identifier: Apache-2.0
# Glyphs for what a printer's own characters lack: Debian's package unifont.
UNIFONT ?= /usr/share/unifont/unifont.hex

$(BUILD)/gen/glyphs.inc: $(UNIFONT) tools/glyphs.awk
	@mkdir -p $(@D)
	awk -f tools/glyphs.awk $(UNIFONT) >$@.tmp
	mv $@.tmp $@
$(BUILD)/obj/client/print/glyph.o: $(BUILD)/gen/glyphs.inc
