/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/known.h"
#include "base/file.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

struct known_table {
    size_t cnt;
    struct known all[KNOWN_MAX];
};

/* hw/devices.tsv, made into a string at build time. */
static const char built_in[] =
#include "devices.inc"
    ;

static const struct {
    const char *name;
    enum known_mode mode;
} modes[] = {
    {"unknown", KNOWN_UNKNOWN},
    {"hid_pos", KNOWN_HID_POS},
    {"hid_keyboard", KNOWN_HID_KEYBOARD},
    {"msr_keyboard", KNOWN_MSR_KEYBOARD},
    {"magtek", KNOWN_MAGTEK},
    {"cdc_acm", KNOWN_CDC_ACM},
    {"printer", KNOWN_PRINTER},
    {"ibm_handheld", KNOWN_UNREADABLE},
    {"vendor", KNOWN_UNREADABLE},
    {"ignore", KNOWN_IGNORE},
};

/* The next tab-separated field of the line, cut off at its end. */
static bool field(const char **at, const char *end, char *out, size_t size)
{
    const char *tab = *at < end ? memchr(*at, '\t', (size_t)(end - *at)) : NULL, *stop = tab ? tab : end;
    size_t n = (size_t)(stop - *at);

    if (n >= size)
        return false;
    memcpy(out, *at, n);
    out[n] = 0;
    *at = tab ? tab + 1 : end;
    return true;
}

static bool hex4(const char *s, uint16_t *out)
{
    uint8_t b[2];

    if (strlen(s) != 4 || text_unhex(s, 4, b, sizeof b))
        return false;
    *out = (uint16_t)(b[0] << 8 | b[1]);
    return true;
}

static bool set_mode(const char *name, enum known_mode *out)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(modes[i].name, name)) {
            *out = modes[i].mode;
            return true;
        }
    return false;
}

static bool parse(const char *line, size_t len, struct known *out)
{
    const char *at = line, *end = line + len;
    char vid[8], pid[8], mode[16];
    struct known k = {.pid = -1};
    uint16_t p;

    if (!text_is_utf8(line, len) || !field(&at, end, vid, sizeof vid) || !field(&at, end, pid, sizeof pid) ||
        !field(&at, end, mode, sizeof mode) || !field(&at, end, k.quirk, sizeof k.quirk) ||
        !field(&at, end, k.name, sizeof k.name))
        return false;
    if (!hex4(vid, &k.vid) || !set_mode(mode, &k.mode))
        return false;
    if (strcmp(pid, "*") != 0) {
        if (!hex4(pid, &p))
            return false;
        k.pid = p;
    }
    if (!strcmp(k.quirk, "-"))
        k.quirk[0] = 0;
    *out = k;
    return true;
}

enum err known_add(struct known_table *t, const char *text, size_t len, unsigned *line)
{
    const char *at = text, *end = text + len;

    for (*line = 1; at < end; ++*line) {
        const char *nl = memchr(at, '\n', (size_t)(end - at)), *stop = nl ? nl : end;
        size_t n = (size_t)(stop - at);
        if (n && at[n - 1] == '\r')
            n--;
        if (n && *at != '#') {
            if (t->cnt == KNOWN_MAX)
                return ERR_TOO_MANY;
            if (!parse(at, n, &t->all[t->cnt]))
                return ERR_BAD_VALUE;
            t->cnt++;
        }
        at = nl ? nl + 1 : end;
    }
    return ERR_OK;
}

enum err known_add_file(struct known_table *t, const char *path, unsigned *line)
{
    struct buf b;
    enum err e;

    *line = 0;
    buf_init(&b, KNOWN_FILE);
    e = file_read(path, &b);
    if (!e)
        e = known_add(t, buf_str(&b), b.len, line);
    buf_release(&b);
    return e;
}

enum err known_new(struct known_table **out)
{
    struct known_table *t = calloc(1, sizeof *t);
    unsigned line;

    if (!t)
        return ERR_NOMEM;
    known_add(t, built_in, sizeof built_in - 1, &line); /* its lines are tested, all of them */
    *out = t;
    return ERR_OK;
}

void known_free(struct known_table **t)
{
    free(*t);
    *t = NULL;
}

const struct known *known_find(const struct known_table *t, uint16_t vid, uint16_t pid)
{
    const struct known *wild = NULL;

    for (size_t i = t->cnt; i-- > 0;) {
        const struct known *k = &t->all[i];
        if (k->vid != vid)
            continue;
        if (k->pid == pid)
            return k;
        if (k->pid < 0 && !wild)
            wild = k;
    }
    return wild;
}
