/* SPDX-License-Identifier: Apache-2.0 */
/* The fuses that the board wants (data sheet, 28.2): they travel in the ELF for a programmer to write, and a test holds
 * hw/README.md to them. Nothing here is code.
 *
 * Low: crystal, slow start, no CKDIV8. High: boot loader of 4 KiB, start in the application, JTAG off, EEPROM kept when the
 * chip is erased. Extended: HWB, and brown-out at 4.3 V: the chip is specified for 16 MHz from 4.5 V, and no other level
 * stops it before it may compute wrongly or spoil its EEPROM. */
#include <avr/io.h>

FUSES = {.low = 0xDE, .high = 0xD1, .extended = 0xF0};
