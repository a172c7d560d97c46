/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts that were promised and are not known to have come out, kept across restarts and power cuts: a small file of sale ids,
 * "+ID" when a receipt is due, "-ID" when it is out, a line each.
 *
 *     printer_list_open(path, now, &l)
 *     printer_list_add(l, sale_id)              on disk when it returns, so before the first byte goes to the printer
 *     printer_list_remove(l, sale_id)           not forced to disk: lost, it offers a copy too many, never one too few
 *     printer_list_close(&l)
 *
 * A line that was half written is no line. Blocking, one thread. Not here: what a receipt says; nothing of that is kept. */
#ifndef HUIKA_PRINTER_LIST_H
#define HUIKA_PRINTER_LIST_H
#include "base/ulid.h"
#include <stdbool.h>

enum { PRINTER_LIST_MAX = 16, PRINTER_LIST_DAYS = 7 };

struct printer_list;

/* Reads the file, leaves out sales older than PRINTER_LIST_DAYS and lines that make no sense, and writes it anew (0600) if that makes
 * it shorter. Without a file the list is empty, and the first receipt makes one. ERR_IO, ERR_DISK_FULL, ERR_NOMEM, ERR_TOO_LARGE
 * (path, or no file of ours). */
enum err printer_list_open(const char *path, int64_t now_utc_ms, struct printer_list **out);
void printer_list_close(struct printer_list **l);
/* The oldest gives way to a seventeenth. ERR_BAD_VALUE: no ULID; ERR_IO, ERR_DISK_FULL: it may be lost at a power cut. */
enum err printer_list_add(struct printer_list *l, const char *sale_id);
/* ERR_OK also if it is not there. ERR_IO, ERR_DISK_FULL. */
enum err printer_list_remove(struct printer_list *l, const char *sale_id);
/* False: there was no file, so no receipt has ever been due. */
bool printer_list_is_begun(const struct printer_list *l);
bool printer_list_has(const struct printer_list *l, const char *sale_id);
/* The nth (from 0), oldest first; NULL: no more. Borrowed until the next change. */
const char *printer_list_get(const struct printer_list *l, size_t n);
#endif
