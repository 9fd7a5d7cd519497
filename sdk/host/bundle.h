/*
 * The files of one version of a game (game.so, game.json, client/..., and game.wasm where there is
 * one), taken from a folder or an archive as one unit: read whole into memory and hashed. Nothing
 * is ever loaded or served from that folder. Only regular files with plain names count; links,
 * pipes and what is too large are refused. Blocking; not for a loop's thread.
 */
#ifndef HOST_BUNDLE_H
#define HOST_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_BYTES_MAX    (64u << 20)
#define BUNDLE_FILES_MAX    512
#define BUNDLE_DEPTH_MAX    8
#define BUNDLE_PATH_BYTES   256
#define BUNDLE_REASON_BYTES 384
#define SHA_TEXT_BYTES      65

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
    X(FILES, "bundle_files")                                                                       \
    X(ARCHIVE, "bundle_archive") /* no archive that can be read */

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

/* Reads and hashes. On refusal `ret_reason` says why and what to do. The caller destroys it. */
enum bundle_refusal bundle_read(const char *folder, struct bundle **ret_bundle,
                                char ret_reason[BUNDLE_REASON_BYTES]);
void bundle_destroy(struct bundle *bundle); /* NULL is fine */

const struct bundle_file *bundle_find(const struct bundle *bundle, const char *path);

/* The same files as a tar archive (the ustar format of POSIX.1-1988), as they are uploaded. */
#define BUNDLE_ARCHIVE_BYTES_MAX (BUNDLE_BYTES_MAX + (2u << 20))

/* As bundle_read, from the bytes of an archive: hostile, as any. Links, other special entries and
 * the extensions of later formats are refused, never skipped. */
enum bundle_refusal bundle_unpack(const uint8_t *archive, size_t count, struct bundle **ret_bundle,
                                  char ret_reason[BUNDLE_REASON_BYTES]);
/* The archive of a bundle, always the same for the same files; the caller frees it. NULL without
 * memory, or for a path that the format cannot hold. */
uint8_t *bundle_pack(const struct bundle *bundle, size_t *ret_count);

/* A sealed memfd with the bytes of a game.so, or -1. */
int bundle_seal(const uint8_t *bytes, size_t count);

#endif
