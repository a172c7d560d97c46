/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that stay in flash on the AVR, whose data and program memories are apart; plain memory elsewhere. */
#ifndef HUIKA_FW_FLASH_H
#define HUIKA_FW_FLASH_H
#include <stdint.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#define FLASH               PROGMEM
#define flash_byte(pointer) pgm_read_byte(pointer)
#else
#define FLASH
#define flash_byte(pointer) (*(const uint8_t *)(pointer))
#endif
#endif
