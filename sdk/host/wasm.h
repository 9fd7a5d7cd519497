/*
 * A game's rules as WebAssembly (game.wasm), read as data: no code of it runs here, nor anywhere on
 * the server. It is for the page that plays a replay back, in a frame without rights
 * (docs/adr/0012). What is judged is what that page relies on: a module that a browser reads as far
 * as its sections go, that asks for nothing, and whose memory stays small. Every byte is hostile.
 * Pure, any thread.
 */
#ifndef HOST_WASM_H
#define HOST_WASM_H

#include <stddef.h>
#include <stdint.h>

#define WASM_BYTES_MAX      (4u << 20)
#define WASM_PAGES_MAX      256 /* of 64 KiB each, at the start */
#define WASM_PAGES_ROOM     64 /* that it may grow by at least: two states and what is around them */
#define WASM_TABLE_MAX      4096 /* functions, at the start */
#define WASM_SENTENCE_BYTES 256

/* Why a game.wasm is refused. X(NAME, stable code); docs/games/refused.md explains each. */
#define WASM_REFUSALS(X)                                                                           \
    X(SIZE, "wasm_size")       /* larger than WASM_BYTES_MAX */                                    \
    X(FORMAT, "wasm_format")   /* no module, or its sections do not fit the file */                \
    X(IMPORTS, "wasm_imports") /* it asks the page for something */                                \
    X(MEMORY, "wasm_memory")   /* none, shared, of 64 bits, too large, or without room */          \
    X(TABLE, "wasm_table")     /* the same of its table of functions */                            \
    X(START, "wasm_start")     /* a function that runs when it is loaded */                        \
    X(EXPORTS, "wasm_exports") /* what the page needs is not exported */

enum wasm_refusal {
    WASM_FINE = 0,
#define X(name, code) WASM_REFUSED_##name,
    WASM_REFUSALS(X)
#undef X
};

const char *wasm_refusal_code(enum wasm_refusal refusal);

/* On refusal `ret_sentence` says why and what to do about it. */
enum wasm_refusal wasm_inspect(const uint8_t *bytes, size_t count,
                               char ret_sentence[WASM_SENTENCE_BYTES]);

#endif
