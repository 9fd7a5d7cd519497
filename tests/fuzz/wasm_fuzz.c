/* A game.wasm, read as data: it is fine, or there is a code and a sentence. */
#include <string.h>

#include "host/wasm.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char sentence[WASM_SENTENCE_BYTES] = "";
    enum wasm_refusal refusal = wasm_inspect(bytes, count, sentence);
    if (refusal != WASM_FINE) {
        PROMISE(strlen(sentence) > 0 && strlen(sentence) < sizeof sentence);
        PROMISE(*wasm_refusal_code(refusal) != 0);
    }
    return 0;
}
