/*
 * The files of one version of a game (game.so, game.json, client/...), taken from plugins.d as one
 * unit: read whole into memory, hashed, copied into the content store under their SHA-256. Nothing
 * is ever loaded or served from plugins.d. Only regular files with plain names count; links, pipes
 * and what is too large are refused. Blocking; not for the loop's thread.
 */
#ifndef GAMES_BUNDLE_H
#define GAMES_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "games/image.h"

#define BUNDLE_BYTES_MAX    (64u << 20)
#define BUNDLE_FILES_MAX    512
#define BUNDLE_DEPTH_MAX    8
#define BUNDLE_PATH_BYTES   256
#define BUNDLE_REASON_BYTES 384

/* Why the files are refused, before anything in them is looked at. X(NAME, stable code);
 * docs/games/refused.md explains each. */
#define BUNDLE_REFUSALS(X)                                                                         \
    X(UNREADABLE, "bundle_unreadable")                                                             \
    X(MISSING, "bundle_missing_file")                                                              \
    X(NAME, "bundle_name")                                                                         \
    X(LINK, "bundle_link")                                                                         \
    X(DIRECTORY, "bundle_directory")  /* a folder in the place of a file, or too deep */           \
    X(SPECIAL, "bundle_special_file") /* a pipe, a socket, a device */                             \
    X(SPARSE, "bundle_sparse")                                                                     \
    X(SIZE, "bundle_size")                                                                         \
    X(FILES, "bundle_files")

enum bundle_refusal {
    BUNDLE_FINE = 0,
#define X(name, code) BUNDLE_REFUSED_##name,
    BUNDLE_REFUSALS(X)
#undef X
};

const char *bundle_refusal_code(enum bundle_refusal refusal);

struct bundle_file {
    char path[BUNDLE_PATH_BYTES]; /* "client/main.js" */
    uint8_t *bytes;               /* owned */
    size_t count;
};

struct bundle {
    struct bundle_file files[BUNDLE_FILES_MAX]; /* sorted by path once read */
    size_t file_count;
    size_t bytes_total;
    uint8_t sha[32];
    char sha_text[SHA_TEXT_BYTES];
};

/* Changes whenever a file's name, size or time does; 0 when the folder cannot be walked. */
uint64_t bundle_signature(const char *folder);

/* Reads and hashes; on refusal `ret_reason` says why and what to do. The caller destroys it. */
must_use enum bundle_refusal bundle_read(const char *folder, struct bundle **ret_bundle,
                                         char ret_reason[BUNDLE_REASON_BYTES]);
void bundle_destroy(struct bundle *bundle); /* NULL is fine */

const struct bundle_file *bundle_find(const struct bundle *bundle, const char *path);

/* Puts the bundle into DATA/store/SHA/ and its client files into DATA/games/ID/SHA/client/ for
 * nginx. Does nothing when they are there. */
must_use enum error bundle_store(const struct bundle *bundle, const char *data_dir, const char *id,
                                 char ret_reason[BUNDLE_REASON_BYTES]);

/* A sealed memfd with these bytes, or -1. */
int bundle_seal(const struct bundle_file *file);

#endif
