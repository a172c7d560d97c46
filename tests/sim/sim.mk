# SPDX-License-Identifier: Apache-2.0
# The simulators: tests/sim drives client/core and proto, nothing else of ours, tests/sim/whole the whole terminal but for its link.
# `make test-sim` lets them loose, the smaller one with a new seed, and then makes sure that they can fail (mutants.py); `make sim-soak`
# takes the whole terminal through SIM_WHOLE_SHOPS shops of a new seed, which it prints.
SIM_SRCS := $(wildcard tests/sim/*.c)
SIM_WRAP := -Wl,--wrap=key_sign,--wrap=key_verify,--wrap=key_verifier_check
SIM_SHOPS ?= 1000
SIM_WHOLE_SHOPS ?= 200
SIM_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(SIM_SRCS)) $(call libs,core proto base)
$(BUILD)/huika-sim: $(SIM_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(SIM_WRAP) -o $@ $^ $(BASE_LIBS)

WHOLE_SRCS := $(wildcard tests/sim/whole/*.c) tests/sim/dice.c
WHOLE_WRAP := $(addprefix -Wl$(,)--wrap=,key_sign key_verify key_verifier_new key_verifier_free key_verifier_check key_id key_spki \
  key_from_spki seal_number RAND_bytes RAND_priv_bytes getrandom file_write journal_append)
WHOLE_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(WHOLE_SRCS)) $(call libs,terminal counter print ports core proto base)
WHOLE_LIBS := -lusb-1.0 -lmicrohttpd -lsqlite3 $(BASE_LIBS) -lssl
$(BUILD)/huika-sim-whole: $(WHOLE_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(WHOLE_WRAP) -o $@ $^ $(WHOLE_LIBS)

# for mutants.py: how an object is made, and how the simulators are linked
print-sim:
	$(info $(CC) $(CPPFLAGS) $(CFLAGS))
	$(info $(CC) $(CFLAGS) $(LDFLAGS) $(SIM_WRAP) $(SIM_OBJS) $(BASE_LIBS))
	$(info $(CC) $(CFLAGS) $(LDFLAGS) $(WHOLE_WRAP) $(WHOLE_OBJS) $(WHOLE_LIBS))
	@:

test-sim: $(BUILD)/huika-sim $(BUILD)/huika-sim-whole ## shops through two months, with invented networks, clocks, disks, power cuts, restored backups and lost keys
	$(BUILD)/huika-sim-whole --seed 7 --shops 20 & whole=$$!; $(BUILD)/huika-sim --shops $(SIM_SHOPS) && wait $$whole
	$(PY) tests/sim/mutants.py $(BUILD)

sim-soak: $(BUILD)/huika-sim-whole ## the whole terminal's simulator, for longer, with a new seed
	$(BUILD)/huika-sim-whole --some --shops $(SIM_WHOLE_SHOPS)

.PHONY: print-sim test-sim sim-soak
