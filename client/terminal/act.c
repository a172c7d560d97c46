/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "client/terminal/till.h"

struct checkout_env till_env(const struct till *t)
{
    const struct link_status *l = link_status(t->link);
    return (struct checkout_env){.now_utc_ms = till_utc(t),
        .now_mono_ms = till_mono(t),
        .trust = sync_trust(t->sync),
        .shop = sync_shop(t->sync),
        .offline = &t->offline,
        .cut = l->online ? ERR_OK : l->error};
}

/* What could not even be sent is answered at once. */
static unsigned ask(struct till *t, struct seat *s, enum ask_kind kind)
{
    struct checkout_env env = till_env(t);
    unsigned acts = 0;
    enum err e = till_ask(t, s, kind);
    if (e && kind == ASK_RELEASE)
        checkout_released(&s->c, &env, e, &acts);
    else if (e)
        checkout_unanswered(&s->c, &env, kind == ASK_RESERVE ? s->c.hold_ask : s->c.ask, e, &acts);
    return acts;
}

static unsigned check_card(struct till *t, struct seat *s)
{
    struct checkout_env env = till_env(t);
    unsigned acts = 0;
    checkout_check(&s->c, &env, &acts);
    return acts;
}

static unsigned append_sale(struct till *t, struct seat *s)
{
    struct checkout_env env = till_env(t);
    unsigned acts = 0;
    uint64_t seq = 0;
    enum err e = till_append_sale(t, s, &seq);
    if (e)
        log_error("sale %s not recorded: %s", s->c.sale_id, err_code(e));
    checkout_appended(&s->c, &env, e, seq, &acts);
    if (s->c.state == CHECKOUT_APPLIED)
        till_print(t, &s->c, false);
    return acts;
}

/* In the order of enum checkout_act: the lowest bit first. */
static unsigned one(struct till *t, struct seat *s, unsigned act)
{
    enum err e;
    switch (act) {
    case CHECKOUT_LOG_REFUSAL:
        e = till_append_refusal(t, s);
        if (e) /* a refusal that cannot be counted is still a refusal */
            log_warn("refusal not recorded: %s", err_code(e));
        return 0;
    case CHECKOUT_ASK_RELEASE:
        return ask(t, s, ASK_RELEASE);
    case CHECKOUT_ASK_VERIFY:
        paper_look(t->paper); /* so that its answer is there when the cashier confirms */
        return ask(t, s, ASK_VERIFY);
    case CHECKOUT_CHECK_CARD:
        return check_card(t, s);
    case CHECKOUT_ASK_RESERVE:
        return ask(t, s, ASK_RESERVE);
    case CHECKOUT_APPEND_SALE:
        return append_sale(t, s);
    default:
        log_error("unknown act %u", act);
        return 0;
    }
}

void till_act(struct till *t, struct seat *s, unsigned acts)
{
    while (acts) {
        unsigned act = acts & -acts;
        acts &= ~act;
        acts |= one(t, s, act);
    }
    s->touched_mono_ms = till_mono(t);
    if (t->counter)
        counter_checkout(t->counter, &s->c);
}
