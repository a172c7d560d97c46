/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/paper.h"
#include "base/config.h"
#include "base/log.h"
#include "base/text.h"
#include "client/ports/printer_file.h"
#include "client/ports/printer_list.h"
#include "client/ports/usb/printer.h"
#include "client/print/test_page.h"
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 256 * 1024 };

struct paper {
    struct paper_setup setup;
    struct usb_bus *bus; /* the printer is one of its; NULL: another */
    struct printer *printer;
    struct printer_list *list; /* NULL: none is kept */
    bool missed;               /* an earlier run had a printer: one that is not there yet is missed */
    void (*changed)(void *ctx);
    void *changed_ctx;
};

static const struct paper_setup defaults = {
    .to = "usb", .lang = ERR_LANG_ZH, .device = {.dots = ESCPOS_58MM, .charset = ESCPOS_GB18030, .cutter = true}};

static enum err read_device(const struct config *c, struct paper_setup *s, const char **what)
{
    int64_t mm = 0;
    const char *charset = config_text(c, "printer", "charset", NULL), *qr = config_text(c, "printer", "qr", NULL);
    *what = "paper";
    if (config_int(c, "printer", "paper", 58, 80, 0, &mm) || (mm && mm != 58 && mm != 80))
        return ERR_BAD_VALUE;
    *what = "charset";
    if (charset && !escpos_charset_from_name(charset, &s->device.charset))
        return ERR_BAD_VALUE;
    *what = "qr";
    if (qr && strcmp(qr, "native") != 0 && strcmp(qr, "drawn") != 0)
        return ERR_BAD_VALUE;
    if (mm)
        s->device.dots = mm == 80 ? ESCPOS_80MM : ESCPOS_58MM;
    s->device.qr_native = qr && !strcmp(qr, "native");
    s->paper_set = mm;
    s->charset_set = charset;
    s->qr_set = qr;
    s->cutter_set = config_text(c, "printer", "cutter", NULL);
    *what = "cutter";
    if (config_bool(c, "printer", "cutter", true, &s->device.cutter))
        return ERR_BAD_VALUE;
    *what = "drawer";
    return config_bool(c, "printer", "drawer", false, &s->device.drawer);
}

static enum err read_all(const struct config *c, struct paper_setup *s, const char **what)
{
    const char *lang = config_text(c, "printer", "lang", "zh");
    enum err e = read_device(c, s, what);
    if (e)
        return e;
    *what = "to";
    if (text_copy(s->to, sizeof s->to, config_text(c, "printer", "to", defaults.to)) || !s->to[0])
        return ERR_BAD_VALUE;
    *what = "lang";
    s->lang = strcmp(lang, "en") != 0 ? ERR_LANG_ZH : ERR_LANG_EN;
    return s->lang == ERR_LANG_ZH && strcmp(lang, "zh") != 0 ? ERR_BAD_VALUE : ERR_OK;
}

enum err paper_read(const char *path, struct paper_setup *out, const char **what)
{
    struct paper_setup s = defaults;
    struct config c;
    *what = "";
    enum err e = config_load(&c, path);
    if (!e)
        e = read_all(&c, &s, what);
    config_release(&c);
    if (e == ERR_NOT_FOUND)
        e = ERR_OK;
    if (!e)
        *out = s;
    return e;
}

static enum err open_line(const struct paper_setup *s, struct usb_bus *bus, struct printer_io *io)
{
    if (!strcmp(s->to, "usb"))
        return bus ? usb_printer_io(bus, io) : ERR_PRINTER_MISSING;
    if (!strcmp(s->to, "lp"))
        return printer_lp_io(NULL, io);
    if (!strncmp(s->to, "lp:", 3))
        return printer_lp_io(s->to + 3, io);
    return printer_file_io(s->to, io);
}

/* What has come out is no longer owed. */
static void on_change(void *ctx)
{
    struct paper *p = ctx;
    struct printer_job jobs[PRINTER_QUEUE];
    size_t n = p->list ? printer_jobs(p->printer, jobs, PRINTER_QUEUE) : 0;
    for (size_t i = 0; i < n; i++)
        if (jobs[i].state == PRINTER_DONE && printer_list_remove(p->list, jobs[i].id))
            log_warn("the receipt of %s is out, which could not be noted", jobs[i].id);
    if (p->changed)
        p->changed(p->changed_ctx);
}

/* Receipts of an earlier run. Without the list sales go on: it is about paper. */
static void recall(struct paper *p)
{
    const char *id;
    enum err e = p->setup.unprinted ? printer_list_open(p->setup.unprinted, p->setup.now_utc_ms, &p->list) : ERR_OK;
    if (e)
        log_warn("receipts that have not come out are not kept: %s", err_code(e));
    for (size_t i = 0; p->list && (id = printer_list_get(p->list, i)); i++)
        printer_recall(p->printer, id, ERR_RECEIPT_UNSURE);
    p->missed = p->list && printer_list_is_begun(p->list);
    p->setup.unprinted = NULL;
}

enum err paper_new(
    const struct paper_setup *setup, struct usb_bus *bus, void (*changed)(void *ctx), void *ctx, struct paper **out)
{
    struct printer_io io = {0};
    struct paper *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->setup = *setup;
    p->changed = changed;
    p->changed_ctx = ctx;
    enum err e = ERR_OK;
    if (strcmp(setup->to, "off") != 0) {
        e = open_line(setup, bus, &io);
        if (!e && (e = printer_new(&io, on_change, p, &p->printer)) && io.free)
            io.free(io.ctx);
        if (!e)
            recall(p);
    }
    if (!strcmp(setup->to, "usb"))
        p->bus = bus;
    if (e)
        free(p);
    else
        *out = p;
    return e;
}

void paper_free(struct paper **p)
{
    if (*p) {
        printer_free(&(*p)->printer);
        printer_list_close(&(*p)->list);
    }
    free(*p);
    *p = NULL;
}

static void apply_quirk(const struct paper_setup *s, const char *word, struct escpos_device *d)
{
    enum escpos_charset charset;
    if (!s->paper_set && !strcmp(word, "80mm"))
        d->dots = ESCPOS_80MM;
    else if (!s->paper_set && !strcmp(word, "58mm"))
        d->dots = ESCPOS_58MM;
    else if (!s->charset_set && escpos_charset_from_name(word, &charset))
        d->charset = charset;
    else if (!s->qr_set && !strcmp(word, "native_qr"))
        d->qr_native = true;
    else if (!s->cutter_set && !strcmp(word, "no_cutter"))
        d->cutter = false;
}

static struct escpos_device device_now(const struct paper *p)
{
    struct escpos_device d = p->setup.device;
    const char *quirk = p->bus ? usb_printer_quirk(p->bus) : "";
    while (*quirk) {
        char word[KNOWN_QUIRK];
        size_t n = strcspn(quirk, ",");
        if (n < sizeof word) {
            memcpy(word, quirk, n);
            word[n] = 0;
            apply_quirk(&p->setup, word, &d);
        }
        quirk += n + (quirk[n] == ',');
    }
    return d;
}

static enum err print(struct paper *p, const struct doc *doc, const char *id, bool owed)
{
    const struct escpos_device d = device_now(p);
    struct buf bytes;
    buf_init(&bytes, PAGE_BYTES);
    enum err e = doc_paper(doc, p->setup.lang, &d, &bytes);
    if (!e && owed && p->list && printer_list_add(p->list, id))
        log_warn("the receipt of %s is due, which could not be noted", id);
    if (!e)
        e = printer_submit(p->printer, id, bytes.data, bytes.len);
    buf_wipe(&bytes);
    return e;
}

/* A sale's first receipt is owed from the first moment on; a copy is asked for by somebody who hears the answer. */
static bool is_owed(const struct paper *p, const struct receipt *r)
{
    return printer_met(p->printer) || (p->missed && !r->copy);
}

enum err paper_sale(struct paper *p, const struct receipt *r)
{
    if (!p || !p->printer || !is_owed(p, r))
        return ERR_PRINTER_MISSING;
    const struct doc d = receipt_doc(r);
    return print(p, &d, r->sale_id, true);
}

enum err paper_doc(struct paper *p, const struct doc *d, const char *id)
{
    return p && p->printer && printer_met(p->printer) ? print(p, d, id, false) : ERR_PRINTER_MISSING;
}

enum err paper_test(struct paper *p, const char *shop_name)
{
    if (!p || !p->printer)
        return ERR_PRINTER_MISSING;
    const struct test_page t = {.shop_name = shop_name, .device = device_now(p)};
    const struct doc d = test_page_doc(&t);
    return paper_doc(p, &d, "test");
}

struct printer *paper_printer(struct paper *p)
{
    return p ? p->printer : NULL;
}

void paper_look(struct paper *p)
{
    if (p && p->printer)
        printer_look(p->printer);
}

void paper_watch(struct paper *p, bool on)
{
    if (p && p->printer)
        printer_watch(p->printer, on);
}

enum err paper_check(const struct paper *p)
{
    enum err e = p && p->printer ? printer_trouble(p->printer) : ERR_OK;
    return e == ERR_PRINTER_MISSING ? ERR_OK : e;
}

size_t paper_fds(const struct paper *p, struct pollfd *fds, size_t max)
{
    return p && p->printer ? printer_fds(p->printer, fds, max) : 0;
}

int paper_timeout_ms(const struct paper *p, int64_t now_mono_ms)
{
    return p && p->printer ? printer_timeout_ms(p->printer, now_mono_ms) : -1;
}

void paper_turn(struct paper *p, int64_t now_mono_ms)
{
    if (p && p->printer)
        printer_turn(p->printer, now_mono_ms);
}
