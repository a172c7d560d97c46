/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/watch.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT = 1000 };

struct pair {
    struct watch w;
    struct watched c;
    int peer, own;
};

static int begin(void **state)
{
    static struct pair p;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int l = socket(AF_INET, SOCK_STREAM, 0);
    p.peer = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(l, (struct sockaddr *)&a, len) || listen(l, 1) || getsockname(l, (struct sockaddr *)&a, &len) ||
        connect(p.peer, (struct sockaddr *)&a, len))
        return -1;
    p.own = accept(l, NULL, NULL);
    close(l);
    watch_init(&p.w, LIMIT);
    watch_add(&p.w, &p.c, p.own, 0);
    *state = &p;
    return p.own < 0;
}

static int end(void **state)
{
    struct pair *p = *state;
    watch_remove(&p->w, &p->c);
    watch_release(&p->w);
    close(p->own);
    close(p->peer);
    return 0;
}

/* One byte from the peer, and not before it has arrived here. */
static void byte(struct pair *p)
{
    char c = 'x';
    struct pollfd f = {.fd = p->own, .events = POLLIN};
    assert_int_equal(send(p->peer, &c, 1, 0), 1);
    assert_int_equal(poll(&f, 1, 10000), 1);
    assert_int_equal(recv(p->own, &c, 1, 0), 1);
}

static void silence_between_requests_is_no_slowness(void **state)
{
    struct pair *p = *state;
    byte(p); /* the handshake */
    assert_int_equal(watch_tick(&p->w, LIMIT - 1), 0);
    watch_state(&p->c, WATCH_READING, LIMIT - 1);
    watch_state(&p->c, WATCH_SENDING, LIMIT - 1);
    watch_state(&p->c, WATCH_IDLE, LIMIT);
    for (int64_t t = LIMIT; t < 100000; t += 500)
        assert_int_equal(watch_tick(&p->w, t), 0);
    watch_state(&p->c, WATCH_READING, 100000);
    byte(p);
    watch_state(&p->c, WATCH_HELD, 100001);
    assert_int_equal(watch_tick(&p->w, 200000), 0);
    watch_state(&p->c, WATCH_SENDING, 200000);
    watch_state(&p->c, WATCH_IDLE, 200001);
    for (int64_t t = 200001; t < 300000; t += 500)
        assert_int_equal(watch_tick(&p->w, t), 0);
}

static void a_connection_must_begin_a_request(void **state)
{
    struct pair *p = *state;
    assert_int_equal(watch_tick(&p->w, LIMIT - 1), 0);
    assert_int_equal(watch_tick(&p->w, LIMIT), 1);
}

static void a_guest_does_not_linger(void **state)
{
    struct pair *p = *state;
    p->c.guest = true;
    watch_state(&p->c, WATCH_READING, 0);
    watch_state(&p->c, WATCH_IDLE, 10);
    assert_int_equal(watch_tick(&p->w, 10 + LIMIT - 1), 0);
    assert_int_equal(watch_tick(&p->w, 10 + LIMIT), 1);
}

static void bytes_without_a_request_are_cut_off(void **state)
{
    struct pair *p = *state;
    int64_t t = 0;
    watch_state(&p->c, WATCH_READING, 0);
    watch_state(&p->c, WATCH_IDLE, 0);
    unsigned cut = 0;
    while (!cut && t < 20 * LIMIT) {
        byte(p);
        t += 100;
        cut = watch_tick(&p->w, t);
    }
    assert_int_equal(cut, 1);
    assert_in_range(t, LIMIT, 3 * LIMIT);
    assert_int_equal(watch_tick(&p->w, t + 10 * LIMIT), 0); /* once */
}

static void bytes_with_long_pauses_are_cut_off_too(void **state)
{
    struct pair *p = *state;
    watch_state(&p->c, WATCH_READING, 10);
    watch_state(&p->c, WATCH_IDLE, 20); /* one request was answered */
    unsigned cut = 0;
    for (int64_t t = 2 * LIMIT; !cut && t < 100 * LIMIT; t += 100) {
        if (t % 3000 == 0)
            byte(p);
        cut = watch_tick(&p->w, t);
    }
    assert_int_equal(cut, 1);
}

static void reading_and_sending_are_bounded_as_a_whole(void **state)
{
    struct pair *p = *state;
    watch_state(&p->c, WATCH_READING, 5000);
    assert_int_equal(watch_tick(&p->w, 5000 + LIMIT - 1), 0);
    watch_state(&p->c, WATCH_SENDING, 5000 + LIMIT);
    assert_int_equal(watch_tick(&p->w, 5000 + 2 * LIMIT - 1), 0);
    assert_int_equal(watch_tick(&p->w, 5000 + 2 * LIMIT), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(silence_between_requests_is_no_slowness, begin, end),
        cmocka_unit_test_setup_teardown(a_connection_must_begin_a_request, begin, end),
        cmocka_unit_test_setup_teardown(a_guest_does_not_linger, begin, end),
        cmocka_unit_test_setup_teardown(bytes_without_a_request_are_cut_off, begin, end),
        cmocka_unit_test_setup_teardown(bytes_with_long_pauses_are_cut_off_too, begin, end),
        cmocka_unit_test_setup_teardown(reading_and_sending_are_bounded_as_a_whole, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
