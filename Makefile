# SPDX-License-Identifier: Apache-2.0
# Huika: one Makefile, everything out of tree in $(BUILD). `make help` lists the targets.
#   DEV=1 adds -Werror · SAN=1 adds ASan and UBSan (give it its own BUILD) · CC=clang works too
BUILD ?= build
# V=1 shows the commands
$(if $(V),,$(eval MAKEFLAGS += -s))
CC = gcc
PREFIX ?= /usr/local
VERSION := 0.1.0
PY := /usr/bin/python3

PKGS := libcurl openssl libqrencode libusb-1.0 libmicrohttpd gnutls sqlite3 jansson inih libpng
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wmissing-prototypes -Wvla -Wformat=2
, := ,
# clang 14 keeps the initialisation behind another switch
ZERO := -ftrivial-auto-var-init=zero $(if $(findstring clang,$(CC)),-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang)
HARD := -fstack-protector-strong -fPIE $(ZERO) $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANF := $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
CPPFLAGS += -I. -I$(BUILD)/gen -D_GNU_SOURCE -DHUIKA_VERSION='"$(VERSION)"'
CFLAGS += -std=c11 -O2 -g $(WARN) $(HARD) $(SANF) $(if $(DEV),-Werror) $(PKG_CFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now,--as-needed $(SANF)

# A room is a folder; it becomes one archive. Dependencies point left to right, never back (tools/rooms.py checks).
ROOMS := service admin terminal cli counter print ports core proto base
base_DIRS := base
proto_DIRS := proto
core_DIRS := client/core
ports_DIRS := client/ports client/ports/usb
counter_DIRS := client/counter
print_DIRS := client/print
cli_DIRS := client/cli
service_DIRS := service service/http service/ep service/public service/store service/sign
admin_DIRS := client/admin
terminal_DIRS := client/terminal
MAINS := client/terminal.c client/huika.c client/admin/main.c service/main.c

room_srcs = $(filter-out $(MAINS),$(wildcard $(addsuffix /*.c,$($(1)_DIRS))))
room_objs = $(patsubst %.c,$(BUILD)/obj/%.o,$(call room_srcs,$(1)))
lib = $(BUILD)/lib/lib$(1).a
libs = $(foreach r,$(1),$(call lib,$(r)))

BASE_LIBS := -lcurl -lqrencode -lpng -linih -ljansson -lcrypto
PROGRAMS := $(addprefix $(BUILD)/,huika-terminal huika huika-admin huika-service)

all: $(PROGRAMS) $(BUILD)/locale/zh_CN/LC_MESSAGES/huika.mo ## build the four host programs into build/ (default)

$(BUILD)/huika-terminal: $(BUILD)/obj/client/terminal.o $(call libs,terminal counter print ports core proto base)
$(BUILD)/huika-terminal: LDLIBS = -lusb-1.0 -lmicrohttpd -lsqlite3 $(BASE_LIBS) -lssl
$(BUILD)/huika: $(BUILD)/obj/client/huika.o $(call libs,cli ports core proto base)
$(BUILD)/huika: LDLIBS = -lusb-1.0 -lsqlite3 $(BASE_LIBS) -lssl
$(BUILD)/huika-admin: $(BUILD)/obj/client/admin/main.o $(call libs,admin ports proto base)
$(BUILD)/huika-admin: LDLIBS = $(BASE_LIBS) -lssl
$(BUILD)/huika-service: $(BUILD)/obj/service/main.o $(call libs,service proto base)
$(BUILD)/huika-service: LDLIBS = -lmicrohttpd -lgnutls -lsqlite3 $(BASE_LIBS) -lpthread

$(PROGRAMS):
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

define room_rule
$(call lib,$(1)): $(call room_objs,$(1)) $(if $(filter base,$(1)),$(BUILD)/obj/gen/err.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rule,$(r))))

$(BUILD)/obj/%.o: %.c | $(BUILD)/gen/err.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/gen/err.h $(BUILD)/gen/err.c &: proto/errors.tsv tools/errors.awk
	@mkdir -p $(BUILD)/gen
	awk -v out=$(BUILD)/gen/err -f tools/errors.awk proto/errors.tsv
$(BUILD)/gen/devices.inc: hw/devices.tsv
	@mkdir -p $(BUILD)/gen
	sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@
$(BUILD)/obj/client/ports/usb/known.o: $(BUILD)/gen/devices.inc
$(BUILD)/locale/%/LC_MESSAGES/huika.mo: po/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<

# Unit tests: tests/unit/<module>_test.c, one cmocka program each, linked with every room below the programs.
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*_test.c))
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(call libs,service admin cli counter print ports core proto base)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lusb-1.0 -lmicrohttpd -lgnutls -lsqlite3 $(BASE_LIBS) -lssl -lpthread
unit: $(UNIT)
	@set -e; for t in $(UNIT); do $$t; done

-include tests/sim/sim.mk client/print/print.mk service/service.mk client/admin/admin.mk client/counter/page.mk tests/tests.mk tests/print/print.mk tests/fuzz/fuzz.mk tests/usb/usb.mk tests/bench/bench.mk firmware/firmware.mk tests/firmware/firmware.mk hw/hw.mk

deps: ## install the Debian packages that are missing (packages.txt, all of it)
	@tools/deps.sh

demo: ## do the main job before your eyes, without any device (KEEP=1 leaves it running)
	@tools/deps.sh build demo
	@$(MAKE) --no-print-directory all
	@tools/demo.sh

install: all ## install under DESTDIR and PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/locale/zh_CN/LC_MESSAGES $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)/lib/udev/rules.d
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/locale/zh_CN/LC_MESSAGES/huika.mo $(DESTDIR)$(PREFIX)/share/locale/zh_CN/LC_MESSAGES/
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 hw/60-huika.rules $(DESTDIR)/lib/udev/rules.d/
	install -d $(DESTDIR)$(PREFIX)/share/huika
	install -m 644 hw/devices.tsv $(DESTDIR)$(PREFIX)/share/huika/

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: all unit deps demo install clean help
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
