/* The archive of a bundle, as an admin uploads it. The first byte says whether the sums of the
 * headers are made right first: no fuzzer finds them by itself. */
#include <stdio.h>
#include <string.h>

#include "host/bundle.h"
#include "target.h"

#define BLOCK_BYTES 512
#define SUM_AT      148
#define MAGIC_AT    257

static void sign_headers(uint8_t *archive, size_t count)
{
    for (uint8_t *at = archive; count >= BLOCK_BYTES; at += BLOCK_BYTES, count -= BLOCK_BYTES) {
        unsigned sum = 0;
        if (memcmp(at + MAGIC_AT, "ustar", 5) != 0)
            continue;
        memset(at + SUM_AT, ' ', 8);
        for (size_t i = 0; i < BLOCK_BYTES; i++)
            sum += at[i];
        snprintf((char *)at + SUM_AT, 8, "%06o", sum);
    }
}

static void comes_back(const struct bundle *bundle)
{
    struct bundle *again = NULL;
    char reason[BUNDLE_REASON_BYTES];
    size_t count = 0, bytes = 0;
    for (size_t i = 0; i < bundle->file_count; i++) {
        const char *path = bundle->files[i].path;
        PROMISE(path[0] != '/' && path[0] != '.' && !strstr(path, "/.") && !strstr(path, "//"));
        PROMISE(strcmp(path, "game.so") == 0 || strcmp(path, "game.json") == 0 ||
                strcmp(path, "game.wasm") == 0 || strncmp(path, "client", 6) == 0);
        bytes += bundle->files[i].count;
    }
    PROMISE(bytes == bundle->bytes_total && bytes <= BUNDLE_BYTES_MAX);
    uint8_t *packed = bundle_pack(bundle, &count);
    PROMISE(packed && count <= BUNDLE_ARCHIVE_BYTES_MAX);
    PROMISE(bundle_unpack(packed, count, &again, reason) == BUNDLE_FINE);
    PROMISE(strcmp(again->sha_text, bundle->sha_text) == 0);
    bundle_destroy(again);
    free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct bundle *bundle = NULL;
    char reason[BUNDLE_REASON_BYTES] = "";
    if (count == 0)
        return 0;
    uint8_t *archive =
        malloc(count > 1 ? count - 1 : 1); /* so that a read behind its end is seen */
    PROMISE(archive);
    memcpy(archive, bytes + 1, count - 1);
    if (bytes[0] & 1)
        sign_headers(archive, count - 1);
    if (bundle_unpack(archive, count - 1, &bundle, reason) == BUNDLE_FINE)
        comes_back(bundle);
    else
        PROMISE(strlen(reason) > 0 && strlen(reason) < sizeof reason);
    bundle_destroy(bundle);
    free(archive);
    return 0;
}
