/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the public pages share. Private to service/public. */
#ifndef HUIKA_PUBLIC_PARTS_H
#define HUIKA_PUBLIC_PARTS_H
#include "proto/slip.h"
#include "service/http/service.h"
#include "service/public/guess.h"
#include "service/public/html.h"
#include "service/store/store_dispute.h"
#include <microhttpd.h>

enum { PUBLIC_FORM_MAX = 65536, PUBLIC_PATH_MAX = 320, PUBLIC_COUNTS_MS = 1000 };

struct public
{
    struct service *service;
    struct MHD_Daemon *daemon;
    struct watch watch;
    struct guess guess;
    struct {
        pthread_mutex_t lock;
        struct store_dispute_counts last;
        int64_t at_mono_ms; /* 0: never */
    } counts; /* what the front page says, counted at most every PUBLIC_COUNTS_MS, whoever asks how often */
};

/* One request, from its first line to its answer. */
struct visit {
    struct public *public;
    struct MHD_Connection *mhd;
    bool begun; /* the headers were looked at */
    bool too_large;
    struct buf form; /* the body of a POST */
    struct html page;
    struct buf out;
    char slip[SLIP_TEXT_LEN + 1]; /* base32 of the path, upper case; "" if there is none */
    unsigned status;
    char location[PUBLIC_PATH_MAX + 16]; /* with 303; else "" */
    char here_path[PUBLIC_PATH_MAX];
    int64_t now_utc_ms, now_mono_ms;
};

/* Query argument or header; NULL if absent. Borrowed. */
const char *visit_query(const struct visit *v, const char *key);
const struct sockaddr *visit_address(const struct visit *v);
/* Begins the page in the visitor's language, with the link to the other. */
void visit_begin(struct visit *v, unsigned status, const char *title);

/* Each writes the page and sets v->status. */
void page_counts(struct visit *v);
void page_card(struct visit *v);
void page_nothing(struct visit *v, unsigned status);
void slip_page(struct visit *v); /* slip_page.c */
/* slip_form.c; again: beside the dispute that is there already. */
void slip_form(struct visit *v, bool again);
#endif
