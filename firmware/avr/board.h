/* SPDX-License-Identifier: Apache-2.0 */
/* Where the board's signals meet the ATmega32U4 (TQFP44, 16 MHz crystal). The pin map in hw/ is generated from the
 * schematic's netlist and must agree with this file line by line: one signal, one port letter, one bit.
 *
 * Fixed by the chip: a signal that is captured must be on an ICP pin, the engine on USART1, the buzzer on OC0A. */
#ifndef HUIKA_FW_BOARD_H
#define HUIKA_FW_BOARD_H

/* Magnetic head, two-level F2F signals from the front end. */
#define BOARD_HEAD_T2_PORT D /* track 2, ICP1 */
#define BOARD_HEAD_T2_BIT  4
#define BOARD_HEAD_TX_PORT C /* track 1 or 3, whichever the head has, ICP3 */
#define BOARD_HEAD_TX_BIT  7

/* QR engine module, UART 3.3 V. */
#define BOARD_ENGINE_RX_PORT      D /* RXD1: from the engine */
#define BOARD_ENGINE_RX_BIT       2
#define BOARD_ENGINE_TX_PORT      D /* TXD1: to the engine */
#define BOARD_ENGINE_TX_BIT       3
#define BOARD_ENGINE_TRIGGER_PORT B /* open drain: driven low (scan) or let go, PORT never high; the engine has 3.3 V */
#define BOARD_ENGINE_TRIGGER_BIT  4
#define BOARD_ENGINE_POWER_PORT   B /* high: the engine's and the head front end's supplies are on */
#define BOARD_ENGINE_POWER_BIT    5

/* What the cashier sees, hears and presses. */
#define BOARD_LED_GREEN_PORT D /* high: lit */
#define BOARD_LED_GREEN_BIT  6
#define BOARD_LED_RED_PORT   D /* high: lit */
#define BOARD_LED_RED_BIT    7
#define BOARD_BUZZER_PORT    B /* OC0A, through a transistor */
#define BOARD_BUZZER_BIT     7
#define BOARD_BUTTON_PORT    B /* low: pressed; internal pull-up */
#define BOARD_BUTTON_BIT     6

/* Pins without a signal of ours, a mask for each port: inputs with pull-up, as a floating input draws current and catches
 * noise. PB1-3 go to the programming header only. */
#define BOARD_UNUSED_B 0x0F
#define BOARD_UNUSED_C 0x40
#define BOARD_UNUSED_D 0x23
#define BOARD_UNUSED_E 0x40
#define BOARD_UNUSED_F 0xF3

/* BOARD_REG(PORT, LED_RED) is PORTD, BOARD_REG(PIN, BUTTON) is PINB, BOARD_MASK(LED_RED) is 1 << 7. */
#define BOARD_GLUE_(reg, port) reg##port
#define BOARD_GLUE(reg, port)  BOARD_GLUE_(reg, port)
#define BOARD_REG(reg, signal) BOARD_GLUE(reg, BOARD_##signal##_PORT)
#define BOARD_MASK(signal)     ((uint8_t)(1 << BOARD_##signal##_BIT))

#define BOARD_F_CPU       16000000UL
#define BOARD_ENGINE_BAUD 9600UL

#endif
