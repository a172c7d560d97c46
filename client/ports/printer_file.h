/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to a printer (struct printer_io) that need no libusb: a file or device node, and the print spooler. */
#ifndef HUIKA_PRINTER_FILE_H
#define HUIKA_PRINTER_FILE_H
#include "client/ports/printer.h"

/* A character device (/dev/usb/lp0, /dev/ttyS0): opened non-blocking when it is there, opened again when it comes back, asked
 * for its status. Anything else is a file, made 0600 and appended to; it has no status. `path` is copied. ERR_NOMEM,
 * ERR_TOO_LARGE. */
enum err printer_file_io(const char *path, struct printer_io *out);
/* Each receipt through `lp -o raw` (CUPS), to `queue` or, NULL, to the default one; a failure of lp is told as an interrupted
 * receipt. Without status. `queue` is copied. ERR_NOMEM, ERR_TOO_LARGE, ERR_BAD_VALUE: a queue that begins with "-". */
enum err printer_lp_io(const char *queue, struct printer_io *out);
#endif
