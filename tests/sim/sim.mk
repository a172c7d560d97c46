# SPDX-License-Identifier: Apache-2.0
# The simulator: client/core and proto, nothing else of ours. `make test-sim` lets it loose with a new seed, and then makes sure that it
# can fail (mutants.py).
SIM_SRCS := $(wildcard tests/sim/*.c)
SIM_WRAP := -Wl,--wrap=key_sign,--wrap=key_verify,--wrap=key_verifier_check
SIM_SHOPS ?= 1000
SIM_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(SIM_SRCS)) $(call libs,core proto base)
$(BUILD)/huika-sim: $(SIM_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(SIM_WRAP) -o $@ $^ $(BASE_LIBS)

# for mutants.py: how an object is made, and how the simulator is linked
print-sim:
	$(info $(CC) $(CPPFLAGS) $(CFLAGS))
	$(info $(CC) $(CFLAGS) $(LDFLAGS) $(SIM_WRAP) $(SIM_OBJS) $(BASE_LIBS))
	@:

test-sim: $(BUILD)/huika-sim ## a thousand shops through two months, with invented networks, clocks, disks and power cuts
	$(BUILD)/huika-sim --shops $(SIM_SHOPS)
	$(PY) tests/sim/mutants.py $(BUILD)

.PHONY: print-sim test-sim
