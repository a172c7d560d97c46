/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/counter.h"
#include "client/counter/sockets.h"
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants the four above first */
#include <cmocka.h>

static void loopback_addresses_only(void **state)
{
    static const struct {
        const char *text;
        enum err want;
    } cases[] = {{"127.0.0.1:8730", ERR_OK}, {"127.1.2.3:1", ERR_OK}, {"localhost:0", ERR_OK}, {"LOCALHOST:80", ERR_OK},
        {"[::1]:65535", ERR_OK}, {"0.0.0.0:8730", ERR_FORBIDDEN}, {"128.0.0.1:1", ERR_FORBIDDEN},
        {"10.0.0.1:8730", ERR_FORBIDDEN}, {"[::]:1", ERR_FORBIDDEN}, {"[::ffff:127.0.0.1]:1", ERR_FORBIDDEN},
        {"[fe80::1]:1", ERR_FORBIDDEN}, {"example.org:80", ERR_FORBIDDEN}, {"localhost.example.org:80", ERR_FORBIDDEN},
        {"", ERR_BAD_VALUE}, {":80", ERR_BAD_VALUE}, {"127.0.0.1", ERR_BAD_VALUE}, {"127.0.0.1:", ERR_BAD_VALUE},
        {"127.0.0.1:65536", ERR_BAD_VALUE}, {"127.0.0.1:-1", ERR_BAD_VALUE}, {"127.0.0.1:80 ", ERR_BAD_VALUE},
        {"127.0.0.1:8x", ERR_BAD_VALUE}, {"[::1:80", ERR_FORBIDDEN}, {"[]:80", ERR_BAD_VALUE}, {"[:80", ERR_FORBIDDEN}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sockaddr_storage sa = {.ss_family = AF_UNSPEC};
        enum err e = counter_address(cases[i].text, &sa);
        if (e != cases[i].want)
            fail_msg("%s: %s, not %s", cases[i].text, err_code(e), err_code(cases[i].want));
        assert_int_equal(sa.ss_family == AF_UNSPEC, e != ERR_OK);
    }
}

static void an_address_is_taken_once(void **state)
{
    struct sockaddr_storage sa;
    uint16_t port = 0, other = 0;
    char text[32];
    int a = -1, b = -1;
    (void)state;
    assert_int_equal(counter_address("127.0.0.1:0", &sa), ERR_OK);
    assert_int_equal(sockets_tcp(&sa, &a, &port), ERR_OK);
    assert_int_not_equal(port, 0);
    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    assert_int_equal(counter_address(text, &sa), ERR_OK);
    assert_int_equal(sockets_tcp(&sa, &b, &other), ERR_ADDRESS_BUSY);
    close(a);
}

static void a_socket_left_by_a_dead_process_is_replaced(void **state)
{
    char dir[] = P_tmpdir "/huika-counter-XXXXXX", path[64], file[64], far[200];
    struct stat st;
    int a = -1, b = -1;
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s", dir);
    snprintf(file, sizeof file, "%s/f", dir);
    snprintf(far, sizeof far, "%s/%0120d", dir, 0);
    assert_int_equal(sockets_unix(path, &a), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(sockets_unix(path, &b), ERR_ADDRESS_BUSY);
    close(a);
    assert_int_equal(sockets_unix(path, &b), ERR_OK);
    close(b);
    fclose(fopen(file, "w"));
    assert_int_equal(sockets_unix(file, &b), ERR_EXISTS);
    assert_int_equal(sockets_unix(far, &b), ERR_TOO_LARGE);
    unlink(path);
    unlink(file);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(loopback_addresses_only),
        cmocka_unit_test(an_address_is_taken_once), cmocka_unit_test(a_socket_left_by_a_dead_process_is_replaced)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
