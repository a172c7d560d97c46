/* SPDX-License-Identifier: Apache-2.0 */
/* The receipt printer of a till: which one, how receipts look on it, and when they go there.
 *
 *     paper_new(&setup, &p)                    setup from the command line and the shop's file (paper_read)
 *     paper_sale(p, &receipt) ...              a receipt, as the sale is applied or again as a copy
 *     loop: paper_fds, paper_timeout_ms, paper_turn
 *     paper_free(&p)                           after usb_bus_free
 *
 * The shop's file, STATE/shop.ini:
 *     [printer]
 *     to = usb            usb (default), off, lp, lp:QUEUE, or a path: /dev/usb/lp0, a plain file
 *     paper = 58          millimetres: 58 or 80
 *     charset = gb18030   gb18030, gbk, gb2312, utf-8, ascii (no Chinese in its ROM)
 *     qr = drawn          drawn, or native: by the printer
 *     cutter = yes
 *     drawer = no         yes: opened when a sale is applied, or money is to be given back
 *     lang = zh           zh, en
 * What it leaves out comes from the quirks in devices.tsv of a USB printer ("80mm,utf-8,native_qr,no_cutter"), else as above. */
#ifndef HUIKA_PAPER_H
#define HUIKA_PAPER_H
#include "client/ports/printer.h"
#include "client/print/receipt.h"

#define PAPER_INI       "shop.ini"
#define PAPER_UNPRINTED "unprinted"
enum { PAPER_TO_MAX = 512 };

struct usb_bus;
struct paper;

struct paper_setup {
    char to[PAPER_TO_MAX];
    const char *
        unprinted; /* file for receipts that have not come out (printer_list.h); read by paper_new; NULL: none is kept */
    int64_t now_utc_ms;
    enum err_lang lang;
    struct escpos_device device;
    bool paper_set, charset_set, qr_set, cutter_set; /* said by the shop: quirks do not count */
};

/* *out = the defaults, and what the file says if there is one. ERR_BAD_VALUE: *what names the key (static, or "" if the file is no
 * ini file). Other errors of config_load. */
enum err paper_read(const char *path, struct paper_setup *out, const char **what);

/* `bus` is borrowed (NULL: none). `changed` is called when the printer or one of its receipts changed. */
enum err paper_new(
    const struct paper_setup *setup, struct usb_bus *bus, void (*changed)(void *ctx), void *ctx, struct paper **out);
void paper_free(struct paper **p);

/* To the printer; offered as a copy until it is known to have come out, after a restart too: also
 * while the printer of an earlier run has not been found yet. Its own outcome shows in printer_jobs() of paper_printer().
 * ERR_PRINTER_MISSING: printing is off, or there has never been a printer; a copy: not in this run. Errors of doc_paper and
 * printer_submit. */
enum err paper_sale(struct paper *p, const struct receipt *r);
/* A page that is no sale's receipt; id: of its job. */
enum err paper_doc(struct paper *p, const struct doc *d, const char *id);
/* The page of test_page.h. Its job has the id "test". */
enum err paper_test(struct paper *p, const char *shop_name);
/* NULL: printing is off. */
struct printer *paper_printer(struct paper *p);
/* Asks how the printer is, for a sale is coming. p may be NULL here and below. */
void paper_look(struct paper *p);
/* While it is on, a cashier may confirm at any moment. */
void paper_watch(struct paper *p, bool on);
/* Why confirming should wait: ERR_OK, or the printer's trouble. A printer that is not there, or does not answer, is no reason: a member's
 * discount does not hang on a cable. */
enum err paper_check(const struct paper *p);

size_t paper_fds(const struct paper *p, struct pollfd *fds, size_t max);
int paper_timeout_ms(const struct paper *p, int64_t now_mono_ms);
void paper_turn(struct paper *p, int64_t now_mono_ms);
#endif
