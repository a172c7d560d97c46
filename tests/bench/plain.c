/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/plain.h"
#include "tests/bench/tls.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plain {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    char answer[16384];
    size_t len;
};

static size_t on_body(char *from, size_t size, size_t n, void *ctx)
{
    struct plain *p = ctx;
    if (n * size >= sizeof p->answer - p->len)
        return 0;
    memcpy(p->answer + p->len, from, n * size);
    p->len += n * size;
    p->answer[p->len] = 0;
    return n * size;
}

struct plain *plain_new(int port, const char *ca, const char *cert, const char *key)
{
    struct plain *p = calloc(1, sizeof *p);
    char url[64];
    unsigned bad = 0;
    snprintf(url, sizeof url, "https://localhost:%d/v1/verify", port);
    if (!p || !(p->multi = curl_multi_init()) || !(p->easy = curl_easy_init()))
        bench_die("curl_easy_init");
    p->headers = curl_slist_append(NULL, "Content-Type: application/json");
    bad |= curl_easy_setopt(p->easy, CURLOPT_URL, url);
    bad |= curl_easy_setopt(p->easy, CURLOPT_CAINFO, ca);
    bad |= curl_easy_setopt(p->easy, CURLOPT_SSLCERT, cert);
    bad |= curl_easy_setopt(p->easy, CURLOPT_SSLKEY, key);
    bad |= curl_easy_setopt(p->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
    bad |= curl_easy_setopt(p->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
    bad |= curl_easy_setopt(p->easy, CURLOPT_PROXY, "");
    bad |= curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
    if (bad)
        bench_die("curl_easy_setopt");
    return p;
}

void plain_free(struct plain *p)
{
    curl_easy_cleanup(p->easy);
    curl_multi_cleanup(p->multi);
    curl_slist_free_all(p->headers);
    free(p);
}

const char *plain_verify(struct plain *p, const char *body)
{
    int running = 1, left;
    long status = 0;
    p->len = 0;
    if (curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, body) || curl_multi_add_handle(p->multi, p->easy))
        bench_die("curl_multi_add_handle");
    curl_multi_perform(p->multi, &running);
    while (running) {
        curl_multi_poll(p->multi, NULL, 0, 1000, NULL);
        curl_multi_perform(p->multi, &running);
    }
    CURLMsg *m = curl_multi_info_read(p->multi, &left);
    if (!m || m->data.result || curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status) || status != 200)
        bench_die("a request by libcurl");
    curl_multi_remove_handle(p->multi, p->easy);
    return p->answer;
}
