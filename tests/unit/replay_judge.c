/* replay_judge: reads replay files from its input, each behind its number of bytes (4, little
 * endian), and says of each in a line what the reader of the host says: its code, the ticks and the
 * records up to there. For the test that the reader of the browser says the same. */
#include <stdio.h>
#include <stdlib.h>

#include "host/replay.h"

static void judge(const uint8_t *bytes, size_t count)
{
    struct replay_reader reader;
    struct replay_record record;
    unsigned records = 0;
    enum replay_refusal refusal = replay_read_begin(&reader, bytes, count);
    while (refusal == REPLAY_FINE) {
        refusal = replay_read_next(&reader, &record);
        records += refusal == REPLAY_FINE;
    }
    const char *code = refusal != REPLAY_UNFINISHED ? replay_refusal_code(refusal)
                       : reader.has_ended           ? "fine"
                                                    : "unfinished";
    printf("%s %u %u\n", code, reader.ticks, records);
}

int main(void)
{
    uint32_t count;
    while (fread(&count, sizeof count, 1, stdin) == 1) {
        uint8_t *bytes = malloc(count ? count : 1);
        if (!bytes || fread(bytes, 1, count, stdin) != count)
            return 1;
        judge(bytes, count);
        free(bytes);
    }
    return 0;
}
