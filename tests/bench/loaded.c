/* SPDX-License-Identifier: Apache-2.0 */
/* A process that loads the terminal's libraries, asks one question over libcurl and keeps the connection: what memory costs before
 * anything of ours is there.
 *
 *     loaded PORT CA CERT KEY BODY     says "ready" with the connection warm; ends with its standard input */
#include "tests/bench/plain.h"
#include "tests/bench/tls.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 6)
        bench_die("usage");
    struct plain *p = plain_new((int)bench_number(argv[1]), argv[2], argv[3], argv[4]);
    plain_verify(p, argv[5]);
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    plain_free(p);
    return 0;
}
