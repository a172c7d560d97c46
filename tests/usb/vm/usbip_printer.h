/* SPDX-License-Identifier: Apache-2.0 */
/* The receipt printer of usbip_dev: keeps what is printed, answers what it is asked. Commands:
 *
 *     answers A B C   hexadecimal: what it says to DLE EOT 1, 2, 4
 *     silent, speak   whether it answers at all
 *     lines HEX       the lines of its port (0x18: paper, selected, no error)
 *     hold            it takes no receipt any more, as when its buffer is full */
#ifndef HUIKA_TEST_USBIP_PRINTER_H
#define HUIKA_TEST_USBIP_PRINTER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where receipts go. */
void usbip_printer_paper(const char *path);
void usbip_printer_command(const char *line);
/* A question that it answers, with *out. */
bool usbip_printer_answer(const uint8_t *p, size_t n, uint8_t *out);
/* False: it does not take it. Questions that it does not answer are taken and not printed. */
bool usbip_printer_print(const uint8_t *p, size_t n);
uint8_t usbip_printer_lines(void);
#endif
