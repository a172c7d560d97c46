/* SPDX-License-Identifier: Apache-2.0 */
/* Inside sync only. sync.c: when what is done; sync_up.c: records; sync_down.c: notices; sync_list.c: the list of revoked cards; sync_chain.c:
 * is this journal the one that the service countersigned? sync_offline.c: what offline sales depend on. */
#ifndef HUIKA_SYNC_PARTS_H
#define HUIKA_SYNC_PARTS_H
#include "client/ports/backoff.h"
#include "client/ports/keep.h"
#include "client/ports/notices.h"
#include "client/ports/sync.h"

/* One conversation: a request under way, or the time of the next. */
struct lane {
    uint64_t id;     /* 0: none under way */
    int64_t next_ms; /* not before then */
    bool failed;     /* next_ms is back-off, which a link that comes back ends */
    struct backoff backoff;
};

/* A notice that is good and waits: a revoked one for its file, a lease for the list that it names. */
struct waiting {
    bool is;
    struct notice notice;
    struct buf text;
};

/* What polls brought and was refused. The next poll names it, so that the service does not give the same again at once but holds the answer
 * for whatever else comes. Forgotten, so that it is judged again, when a poll ends without a refusal, and with each new trust notice. */
struct refused {
    char id[NOTICE_REFUSED_MAX][NOTICE_ENVELOPE_ID + 1];
    size_t cnt;
    bool lease; /* one was: none is asked for meanwhile, since each would be made and signed anew */
};

struct sync {
    struct sync_config c;
    struct notices notices;
    struct keep keep;
    struct sync_status status;
    struct lane up, down, list, who, cert;
    struct waiting lease, revoked;
    struct refused refused;
    struct notice_revoked *wanted; /* what `revoked` says; owned */
    int64_t delta_from;            /* the request of `list` under way, or next: 0 for the base */
    bool no_delta;                 /* the last one was of no use */
    uint32_t past_epoch;           /* an epoch that is over and has records to send; 0: none */
    uint32_t past_stuck;           /* of this one and those before it the service takes no more; 0: none */
    uint64_t batch_after;          /* the batch under way begins after this seq */
    struct {
        uint32_t epoch;
        uint64_t seq;
    } again; /* the service wants records of that epoch from here on, though it had them once; seq 0: it does not */
    int64_t poll_start_ms, kept_mono_ms;
    int64_t lost_ms; /* when the link was last lost; 0: never */
    bool started, was_online;
    bool new_epoch;   /* a lease for one has come */
    bool met;         /* since the start it was asked whether this journal is the one it has; nothing is sent before */
    bool back;        /* the link is: has the service all that it countersigned, or was it put back meanwhile? */
    uint32_t fork_of; /* the next question says so: the service's head, of this epoch, is not ours; 0: it does not */
    uint32_t told_epoch;     /* of the last head that we said that of; 0: none was */
    int32_t warned_day;      /* of the end of the trust notice */
    bool fresh_lease;        /* ask for a new lease whatever is held: it says what time it is */
    struct body_batch batch; /* too big for the stack */
    struct body_results results;
    struct buf body;
};

int64_t sync_mono(const struct sync *s);
int64_t sync_utc(const struct sync *s);
/* Notes the outcome, logs it if it is another than before, and tells who listens. */
void sync_say(struct sync *s, enum err *where, enum err e, const char *what);
void sync_changed(struct sync *s);
void sync_failed(struct sync *s, struct lane *l, int64_t at_least_ms);
void sync_good(struct sync *s, struct lane *l, int64_t gap_ms);
/* keep, with the floor of now. */
enum err sync_keep(struct sync *s);

/* sync_up.c */
void sync_upload(struct sync *s);
/* The signature of what came back is the service's. ERR_UNKNOWN_KEY, ERR_BAD_SIGNATURE. */
enum err sync_check_countersign(const struct sync *s, const struct body_results *r);
bool sync_has_unsent(const struct sync *s);

/* sync_down.c */
enum err sync_load(struct sync *s);
void sync_poll(struct sync *s);
void sync_forget_waiting(struct sync *s);
/* False: it is from before a reset of the floor, and dated by the clock that ran ahead. It is not obeyed, and raises nothing. */
bool sync_lease_counts(const struct sync *s, const struct notice_lease *l);
/* On disk and in force, and everybody knows. Errors of notices_put. */
enum err sync_obey(struct sync *s, const struct notice *in, const struct buf *text);
/* Reported in the status, and logged once. */
void sync_refuse(struct sync *s, enum notice_kind kind, int64_t version, enum err e);

/* sync_list.c */
void sync_fetch_list(struct sync *s);

/* sync_renew.c */
bool sync_wants_cert(const struct sync *s);
void sync_renew(struct sync *s);

/* sync_offline.c */
enum err sync_offline_begin(struct sync *s);
void sync_offline_update(struct sync *s);
void sync_new_day(struct sync *s);
/* Newest versions as the journal tells them, where offline.ini is lost. */
void sync_read_applied(struct sync *s);

/* sync_chain.c */
bool sync_chain_is_forked(const struct sync *s);
enum err sync_chain_check(struct sync *s);
void sync_chain_past(struct sync *s);
enum err sync_chain_keep_head(struct sync *s, const struct body_results *r);
void sync_chain_forked(struct sync *s);
/* The service has countersigned a head of this epoch. */
void sync_chain_countersigned(struct sync *s);
void sync_ask_who(struct sync *s);
#endif
