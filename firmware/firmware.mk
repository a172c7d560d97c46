# SPDX-License-Identifier: Apache-2.0
# The reader's firmware: build/firmware/huika-reader.elf and .hex. The build fails beyond its budgets.
FW := $(BUILD)/firmware
FW_SRCS := $(wildcard firmware/core/*.c firmware/avr/*.c)
FW_FLASH_MAX := 12287
FW_RAM_MAX := 1023
FW_PATCH := 0
# Small before fast: what has to be fast is measured in cycles. The -f of the second line were tried one by one; each saves some.
AVR_CFLAGS = -DHUIKA_FW_PATCH=$(FW_PATCH) -mmcu=atmega32u4 -DF_CPU=16000000UL -I. -std=gnu11 -Os -g -flto -ffunction-sections -fshort-enums \
  -mcall-prologues -mstrict-X -Wl,--relax -fno-move-loop-invariants -fno-guess-branch-probability -fno-tree-sink -fno-tree-coalesce-vars -fira-algorithm=priority \
  -Wall -Wextra -Wshadow -Wmissing-prototypes -Wvla -Werror

firmware: $(FW)/huika-reader.hex ## the reader's firmware (ATmega32U4), within its budgets

$(FW)/huika-reader.elf: $(FW_SRCS) $(wildcard firmware/core/*.h firmware/avr/*.h) proto/reader_report.h firmware/firmware.mk
	@mkdir -p $(@D)
	avr-gcc $(AVR_CFLAGS) -Wl,--gc-sections -o $@.tmp $(FW_SRCS)
	@avr-size -A $@.tmp | awk -v flash_max=$(FW_FLASH_MAX) -v ram_max=$(FW_RAM_MAX) ' \
	  $$1 == ".text" || $$1 == ".data" {flash += $$2} $$1 == ".data" || $$1 == ".bss" || $$1 == ".noinit" {ram += $$2} \
	  END {printf "huika-reader: flash %d of %d bytes, static RAM %d of %d\n", flash, flash_max, ram, ram_max; \
	       exit !flash || flash > flash_max || ram > ram_max}'
	@mv $@.tmp $@
$(FW)/huika-reader.hex: $(FW)/huika-reader.elf
	avr-objcopy -O ihex -R .eeprom -R .fuse -R .lock $< $@

install: install-reader-update
install-reader-update:
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 tools/reader-update.py $(DESTDIR)$(PREFIX)/bin/huika-reader-update

# Both linters read the firmware for its chip. Eight-bit counters are the chip's own; clang cannot parse avr-libc's wdt.h.
FW_LINT := -D__AVR_ATmega32U4__ -DF_CPU=16000000UL -I.
lint: lint-firmware
lint-firmware: ## cppcheck and clang-tidy on the firmware, for the host and for the AVR
	cppcheck --quiet --error-exitcode=1 --inline-suppr --suppressions-list=tools/cppcheck.txt --enable=warning,portability --std=c11 \
	  -I. firmware/core/*.c
	cppcheck --quiet --error-exitcode=1 --inline-suppr --suppressions-list=tools/cppcheck.txt --enable=warning,portability --std=c11 \
	  --platform=avr8 -D__AVR__ -I/usr/lib/avr/include $(FW_LINT) firmware/core/*.c firmware/avr/*.c
	clang-tidy --quiet --checks=-bugprone-too-small-loop-variable firmware/core/*.c -- -std=c11 -I. 2>/dev/null
	clang-tidy --quiet --checks=-bugprone-too-small-loop-variable $(filter-out %/guard.c,$(wildcard firmware/avr/*.c)) -- \
	  --target=avr -mmcu=atmega32u4 -isystem /usr/lib/avr/include $(FW_LINT) -std=gnu11 2>/dev/null

print-avr-flags:
	@echo $(AVR_CFLAGS)

.PHONY: firmware install-reader-update lint-firmware print-avr-flags
