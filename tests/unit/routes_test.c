/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/routes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef char params[HTTP_PARAMS][HTTP_PARAM_MAX + 1];

static void every_route_is_found_by_its_own_line(void **state)
{
    size_t cnt;
    const struct route *all = routes_all(&cnt), *got;
    (void)state;
    assert_true(cnt > 20);
    for (size_t i = 0; i < cnt; i++) {
        params p;
        const char *allow = NULL;
        assert_int_equal(routes_find(all[i].method, all[i].path, &got, p, &allow),
            strchr(all[i].path, '{') ? ERR_NOT_FOUND : ERR_OK); /* braces are no plain characters */
        assert_non_null(all[i].run);
        assert_true(!all[i].body_max == !all[i].type);
        for (size_t k = 0; k < i; k++)
            assert_false(!strcmp(all[i].method, all[k].method) && !strcmp(all[i].path, all[k].path));
    }
}

static void a_terminal_never_meets_an_administrators_route(void **state)
{
    size_t cnt;
    const struct route *all = routes_all(&cnt);
    (void)state;
    for (size_t i = 0; i < cnt; i++)
        if (all[i].role == STORE_ROLE_NONE)
            assert_true(!strcmp(all[i].path, "/healthz") || !strcmp(all[i].path, "/v1/trust") ||
                        !strncmp(all[i].path, "/.well-known/est/", 17));
}

static void parameters_are_plain_and_bounded(void **state)
{
    params p;
    char path[128] = "/v1/shops/";
    (void)state;
    assert_true(routes_match("/v1/shops/{shop}/offers", "/v1/shops/01ABC_-z/offers", p));
    assert_string_equal(p[0], "01ABC_-z");
    memset(path + 10, 'A', HTTP_PARAM_MAX);
    assert_true(routes_match("/v1/shops/{shop}", path, p));
    assert_int_equal(strlen(p[0]), HTTP_PARAM_MAX);
    path[10 + HTTP_PARAM_MAX] = 'A';
    assert_false(routes_match("/v1/shops/{shop}", path, p));
    const char *const wrong[] = {"/v1/shops/", "/v1/shops", "/v1/shops/a/", "/v1/shops/a.b", "/v1/shops/..",
        "/v1/shops/a b", "/v1/shops/%41", "/v1/shops/\xe6\x83\xa0", "/v1/shopsX/a", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(routes_match("/v1/shops/{shop}", wrong[i], p));
}

static void wrong_methods_are_told_which_are_right(void **state)
{
    params p;
    const struct route *r;
    const char *allow = NULL;
    (void)state;
    assert_int_equal(routes_find("PUT", "/v1/orgs", &r, p, &allow), ERR_METHOD);
    assert_string_equal(allow, "GET, HEAD, POST");
    assert_int_equal(routes_find("get", "/v1/orgs", &r, p, &allow), ERR_METHOD);
    assert_int_equal(routes_find("GET", "/v1/reserve/x", &r, p, &allow), ERR_METHOD);
    assert_string_equal(allow, "DELETE");
    assert_int_equal(routes_find("HEAD", "/v1/verify", &r, p, &allow), ERR_METHOD);
    assert_int_equal(routes_find("GET", "/v1/nothing", &r, p, &allow), ERR_NOT_FOUND);
    assert_int_equal(routes_find("HEAD", "/healthz", &r, p, &allow), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_found_by_its_own_line),
        cmocka_unit_test(a_terminal_never_meets_an_administrators_route),
        cmocka_unit_test(parameters_are_plain_and_bounded),
        cmocka_unit_test(wrong_methods_are_told_which_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
