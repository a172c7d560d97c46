# SPDX-License-Identifier: Apache-2.0
# The reader without a reader: core units on the host, the shipped ELF in simavr, planted bugs, the quality of decoding.
FWT := $(BUILD)/firmware
FWT_CORE := $(FWT)/libcore.a
FWT_SWIPE := $(addprefix $(BUILD)/obj/tests/firmware/,swipe.o swipe_damage.o)
FWT_SIM := $(addprefix $(BUILD)/obj/tests/firmware/,sim.o sim_uart.o sim_audit.o sim_host.o)
FWT_LIBS := -lsimavr -lelf -lm
FWT_CORE_TESTS := $(addprefix $(FWT)/,core_test ep0_test hand_test settings_test)

# simavr's headers are not written for -Wconversion
$(FWT_SIM): CFLAGS += -Wno-sign-conversion -Wno-conversion -Wno-pedantic

$(FWT_CORE): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard firmware/core/*.c))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
$(FWT)/quality: $(addprefix $(BUILD)/obj/tests/firmware/,quality.o swipe_judge.o fake_port.o) $(FWT_SWIPE) $(FWT_CORE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm
$(FWT)/sim_%_test: $(BUILD)/obj/tests/firmware/sim_%_test.o $(BUILD)/obj/tests/firmware/rig.o $(FWT_SIM) $(FWT_SWIPE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(FWT_LIBS)
$(FWT)/simreader: $(BUILD)/obj/tests/firmware/simreader.o $(BUILD)/obj/tests/firmware/dfu_loader.o $(FWT_SIM) $(FWT_SWIPE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FWT_LIBS)
$(FWT_CORE_TESTS): $(FWT)/%: $(BUILD)/obj/tests/firmware/%.o $(BUILD)/obj/tests/firmware/fake_port.o $(FWT_SWIPE) $(FWT_CORE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lm
$(addprefix $(BUILD)/fuzz/,f2f scan_uart ep0): $(BUILD)/obj/tests/firmware/fake_port.o $(FWT_CORE)
FWT_SIM_TESTS := $(addprefix $(FWT)/,sim_usb_test sim_card_test sim_world_test)

firmware-core-run: $(FWT_CORE_TESTS)
	@set -e; for t in $^; do $$t; done
test-firmware: $(FWT)/huika-reader.hex $(FWT_SIM_TESTS) $(FWT)/quality ## the reader: core, the shipped ELF in simavr, planted bugs, decoding
	@$(MAKE) --no-print-directory firmware-core-run
	@$(MAKE) --no-print-directory CC=clang SAN=1 BUILD=build/san firmware-core-run
	@set -e; for t in $(FWT_SIM_TESTS); do HUIKA_READER_ELF=$(FWT)/huika-reader.elf $$t; done
	HUIKA_READER_HEX=$(FWT)/huika-reader.hex HUIKA_READER_ELF=$(FWT)/huika-reader.elf $(PY) -m pytest -q -p no:cacheprovider tests/firmware
	$(PY) tests/firmware/mutants.py $(BUILD)
	$(FWT)/quality --clean 500 --damaged 300000

# The same with another number, to see new firmware run; Python without its library's unneeded parts.
$(FWT)/next.hex: $(FWT)/huika-reader.elf
	@$(MAKE) --no-print-directory FW_PATCH=1 FW=$(FWT)/next $(FWT)/next/huika-reader.hex
	@cp $(FWT)/next/huika-reader.hex $@
$(FWT)/python.zip: tools/reader-update.py tests/firmware/vm_python.py
	@mkdir -p $(@D)
	$(PY) tests/firmware/vm_python.py $< $@
VM_READER := $(FWT)/simreader $(FWT)/huika-reader.elf $(FWT)/huika-reader.hex $(FWT)/next.hex $(FWT)/python.zip tools/reader-update.py
test-vm-reader: $(VM_READER) $(PROGRAMS) ## the terminal sells with the simulated reader, by QR and by stripe; the reader gets new firmware
	tests/usb/vm/boot.sh $(VM_CACHE) ../../firmware/vm_reader.sh - $(VM_READER) $(PROGRAMS) \
	  $(shell readlink -f $(PY)) /usr/bin/dfu-programmer /usr/bin/openssl

# None of these was used for tuning (docs/decisions/022).
BENCH_SEEDS := 20261130 5150 60601 777001 31337 424242 86028157 1299709
bench: bench-firmware
bench-firmware: $(FWT)/quality $(FWT)/sim_card_test $(FWT)/huika-reader.elf ## ten million damaged swipes; the reader's times in device cycles
	@set -e; for s in $(BENCH_SEEDS); do $(FWT)/quality --clean 700 --damaged 1350000 --seed $$s; done
	@HUIKA_READER_ELF=$(FWT)/huika-reader.elf $(FWT)/sim_card_test >$(FWT)/sim_card.log 2>&1 || { cat $(FWT)/sim_card.log; exit 1; }
	@grep cycles $(FWT)/sim_card.log

.PHONY: bench-firmware firmware-core-run test-firmware test-vm-reader
