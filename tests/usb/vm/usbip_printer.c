/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/usb/vm/usbip_printer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *paper;
static uint8_t answers[3] = {0x12, 0x12, 0x12}, lines = 0x18;
static bool silent, held;

void usbip_printer_paper(const char *path)
{
    paper = path;
}

void usbip_printer_command(const char *line)
{
    if (!strncmp(line, "answers ", 8)) {
        char *at = strchr(line, ' ');
        for (int i = 0; i < 3; i++)
            answers[i] = (uint8_t)strtoul(at, &at, 16);
    } else if (!strncmp(line, "lines ", 6)) {
        lines = (uint8_t)strtoul(line + 6, NULL, 16);
    } else if (!strcmp(line, "silent") || !strcmp(line, "speak")) {
        silent = line[1] == 'i';
    } else if (!strcmp(line, "hold")) {
        held = true;
    } else {
        fprintf(stderr, "printer: unknown command %s\n", line);
        exit(1);
    }
}

static bool is_question(const uint8_t *p, size_t n)
{
    return n == 3 && p[0] == 0x10 && p[1] == 0x04;
}

bool usbip_printer_answer(const uint8_t *p, size_t n, uint8_t *out)
{
    if (silent || !is_question(p, n))
        return false;
    *out = answers[p[2] == 4 ? 2 : p[2] == 2 ? 1 : 0];
    return true;
}

bool usbip_printer_print(const uint8_t *p, size_t n)
{
    if (is_question(p, n))
        return true;
    if (held)
        return false;
    FILE *f = fopen(paper, "ab");
    if (!f || fwrite(p, 1, n, f) != n || fclose(f))
        exit(1);
    return true;
}

uint8_t usbip_printer_lines(void)
{
    return lines;
}
