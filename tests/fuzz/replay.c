/* SPDX-License-Identifier: Apache-2.0 */
/* A main() for fuzz targets where there is no libFuzzer: runs the target once for each file named. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    enum { INPUT_MAX = 1 << 20 };
    int i = 1;

    for (; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        uint8_t *all = malloc(INPUT_MAX), *exact;
        size_t n;
        if (!f || !all) {
            perror(argv[i]);
            return 3;
        }
        n = fread(all, 1, INPUT_MAX, f);
        fclose(f);
        exact = malloc(n ? n : 1); /* so that a read beyond the end is seen by whoever looks for it */
        if (!exact)
            return 3;
        for (size_t k = 0; k < n; k++)
            exact[k] = all[k];
        free(all);
        LLVMFuzzerTestOneInput(exact, n);
        free(exact);
    }
    printf("%s: %d inputs\n", argv[0], i - 1);
    return i > 1 ? 0 : 2;
}
