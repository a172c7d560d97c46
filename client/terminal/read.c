/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/till.h"
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

/* Keeps a hash of what was read, never the text, for as long as it takes to forget it. */
static bool is_repeat(struct till *t, const struct usb_scan *scan)
{
    uint8_t hash[READ_HASH];
    bool same;

    SHA256((const unsigned char *)scan->text, scan->len, hash);
    same = t->read_mono_ms && scan->mono_ms - t->read_mono_ms < READ_AGAIN_MS &&
           !CRYPTO_memcmp(hash, t->read, sizeof hash);
    memcpy(t->read, hash, sizeof hash);
    t->read_mono_ms = scan->mono_ms;
    return same;
}

/* A swiped number needs no second look: the stripe has its own check character. */
static enum err swipe(struct till *t, const struct usb_scan *scan)
{
    const struct checkout_digits digits = {.text = scan->text, .len = scan->len, .input = BODY_INPUT_READER};
    struct checkout_env env = till_env(t);
    struct seat *s = till_wants_card(t);
    bool fresh = !s;
    unsigned acts = 0;
    enum err e = checkout_digits_check(&digits);

    if (!e && !s)
        e = till_begin(t, &s);
    if (!e)
        e = checkout_number(&s->c, &env, &digits, &acts);
    if (!e && t->counter)
        counter_scan(t->counter, "card");
    if (!e)
        till_act(t, s, acts);
    else if (fresh && s)
        till_leave(t, s);
    return e;
}

enum err till_read(struct till *t, const struct usb_scan *scan)
{
    const struct seat *s = till_wants_card(t);
    const char *command = scan->input == USB_INPUT_SWIPE ? NULL : counter_command(scan->text, scan->len);
    bool repeat = is_repeat(t, scan);

    if (command) {
        if (t->counter && !(repeat && strlen(command) > 1)) /* 11.00 has two of a kind; two of OK are one */
            counter_key(t->counter, command);
        return ERR_OK;
    }
    if (repeat && !(s && s->c.state == CHECKOUT_WAITING))
        return ERR_OK;
    if (scan->input == USB_INPUT_SWIPE)
        return swipe(t, scan);
    return till_scan(t, scan->text, scan->len, BODY_INPUT_READER, NULL);
}

void till_lost(struct till *t, const char *device, enum err why)
{
    struct seat *s = till_wants_card(t);

    if (t->counter)
        counter_lost(t->counter, device, why);
    if (!s || s->c.state != CHECKOUT_WAITING)
        return;
    checkout_lost(&s->c, why);
    till_act(t, s, 0);
}
