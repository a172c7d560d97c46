# SPDX-License-Identifier: Apache-2.0
# The reader's board: netlist, design rules, parts list and pin map from the one schematic (lepton-eda, no display needed).
HW := $(abspath $(BUILD))/hw
HW_SRCS := hw/schematic/reader.sch hw/schematic/gafrc $(wildcard hw/schematic/sym/*.sym)
LEPTON_NETLIST := cd hw/schematic && GUILE_AUTO_COMPILE=0 lepton-netlist -q
PINMAP = $(PY) tools/pinmap.py --netlist $(HW)/reader.net --symbol hw/schematic/sym/atmega32u4.sym --board firmware/avr/board.h --map hw/pinmap.tsv
BOM = $(PY) hw/bom.py --netlist $(HW)/reader.net --parts $(HW)/reader.parts --csv hw/bom.csv

$(HW)/reader.net: $(HW_SRCS)
	@mkdir -p $(@D)
	$(LEPTON_NETLIST) -g PCB -o $@.tmp reader.sch 2>$(HW)/netlist.log || { cat $(HW)/netlist.log >&2; exit 1; }
	@mv $@.tmp $@
$(HW)/reader.parts: $(HW_SRCS)
	@mkdir -p $(@D)
	$(LEPTON_NETLIST) -g bom2 -O attribs=value,footprint,mfr,mpn,description -o $@.tmp reader.sch 2>$(HW)/parts.log || { cat $(HW)/parts.log >&2; exit 1; }
	@mv $@.tmp $@

# drc2's exit status does not speak of what it found; its last lines do.
lint-hw: $(HW)/reader.net $(HW)/reader.parts ## the reader's schematic: design rules, parts list, pin map
	$(LEPTON_NETLIST) -g drc2 -o $(HW)/drc.txt reader.sch 2>$(HW)/drc.log || { cat $(HW)/drc.log $(HW)/drc.txt >&2; exit 1; }
	grep -q '^No errors found' $(HW)/drc.txt && grep -q '^No warnings found' $(HW)/drc.txt || { cat $(HW)/drc.txt >&2; exit 1; }
	$(BOM)
	$(PINMAP)

hw-update: $(HW)/reader.net $(HW)/reader.parts ## write bom.csv, pinmap.tsv and the picture anew after a change of the schematic
	$(BOM) --write
	$(PINMAP) --write
	cd hw/schematic && GUILE_AUTO_COMPILE=0 lepton-cli export -p iso_a3 -l landscape -c -d 150 -o $(HW)/reader.png reader.sch 2>$(HW)/export.log
	cp $(HW)/reader.png docs/hw-schematic.png

.PHONY: lint-hw hw-update
