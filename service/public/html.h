/* SPDX-License-Identifier: Apache-2.0 */
/* One HTML page, written from top to bottom. Whatever is not markup of ours is escaped and cleaned of controls and bidi
 * marks. The first error sticks. */
#ifndef HUIKA_PUBLIC_HTML_H
#define HUIKA_PUBLIC_HTML_H
#include "base/buf.h"
#include <stdbool.h>

enum { HTML_MAX = 65536 };

struct html {
    struct buf *out;
    bool zh;
    enum err err;
};

/* The text in the page's language. */
static inline const char *html_pick(const struct html *p, const char *zh, const char *en)
{
    return p->zh ? zh : en;
}

/* Doctype to <main>, with the title as heading. here: "" or the path of this page, for the link to the other language;
 * upper-case base32 and our own words only, never escaped. */
void html_begin(struct html *p, const char *title, const char *here);
void html_end(struct html *p);
/* Markup of ours. */
void html_raw(struct html *p, const char *html);
/* Anybody's text. */
void html_text(struct html *p, const char *s);
/* A row of a <dl>: label and value, both escaped. `kind`: class of the value, "" for none. */
void html_row(struct html *p, const char *label, const char *value, const char *kind);
void html_row_fen(struct html *p, const char *label, int64_t fen, const char *kind);
void html_row_time(struct html *p, const char *label, int64_t utc_ms);
/* <p class="kind">text</p> */
void html_note(struct html *p, const char *kind, const char *text);
#endif
