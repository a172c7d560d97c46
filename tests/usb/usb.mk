# SPDX-License-Identifier: Apache-2.0
# USB without USB: mock devices below an unmodified program (test-umock), and Debian's kernel in a virtual machine (test-vm).
USB_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,client/ports/backoff.c $(wildcard client/ports/usb/*.c))
UMOCK_OBJS := $(addprefix $(BUILD)/obj/tests/usb/,umock_host.o umock_dev.o)
UMOCK_PRINTER := $(BUILD)/obj/tests/usb/umock_printer.o

$(BUILD)/usb/poscan: $(BUILD)/obj/tests/usb/poscan.o $(USB_OBJS) $(call lib,base)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lusb-1.0 $(BASE_LIBS)
$(UMOCK_OBJS) $(UMOCK_PRINTER): CPPFLAGS += $(shell pkg-config --cflags umockdev-1.0 2>/dev/null)
$(BUILD)/usb/umock_host: $(UMOCK_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs umockdev-1.0 2>/dev/null) -lpthread
$(BUILD)/usb/umock_printer: $(UMOCK_PRINTER)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs umockdev-1.0 2>/dev/null) -lpthread
$(BUILD)/usb/usbip_dev: $(addprefix $(BUILD)/obj/tests/usb/vm/,usbip_dev.o usbip_printer.o)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

test-umock: $(BUILD)/usb/umock_host $(BUILD)/usb/umock_printer $(BUILD)/usb/poscan $(PROGRAMS) ## USB on mock devices: layouts, faults, unplugging, bystanders
	BUILD=$(BUILD) HUIKA_BUILD=$(abspath $(BUILD)) $(PY) -m pytest -q -p no:cacheprovider -n 4 tests/usb

# The kernel and its initramfs are the same for every build; programs are put in at each boot.
VM_CACHE ?= build/vm
VM_TEXT ?= HTTPS://CARD.EXAMPLE.TEST/C/AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUAEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUAEBAGBAFAYDQQCIKBMGA2DQPCAIREEYU
test-vm: $(BUILD)/usb/usbip_dev $(BUILD)/usb/poscan $(PROGRAMS) ## the main job in a virtual machine: scanner, Debian's kernel, terminal, service
	tests/usb/vm/boot.sh $(VM_CACHE) terminal.sh - $^
test-vm-bus: $(BUILD)/usb/usbip_dev $(BUILD)/usb/poscan ## the bus alone in a virtual machine, scanning VM_TEXT
	tests/usb/vm/boot.sh $(VM_CACHE) poscan.sh "$(VM_TEXT)" $^

.PHONY: test-umock test-vm test-vm-bus
