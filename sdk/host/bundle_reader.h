/*
 * Between the two readers of a bundle: bundle.c takes its files from a folder, bundle_tar.c from an
 * archive, and both by these rules. Nobody else includes it.
 */
#ifndef HOST_BUNDLE_READER_H
#define HOST_BUNDLE_READER_H

#include "host/bundle.h"

struct bundle_reader {
    struct bundle *bundle;       /* being filled */
    enum bundle_refusal refusal; /* what was refused last */
    char *reason;                /* borrowed; BUNDLE_REASON_BYTES */
};

/* Notes why; always false. */
bool bundle_refuse(struct bundle_reader *reader, enum bundle_refusal refusal, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

/* Whether a name at the top belongs to a game; what else lies there is nobody's business. */
bool bundle_holds(const char *name);
/* Of one part of a path. */
bool bundle_name_is_plain(const char *name);

/* A further file whose `size` bytes the caller fills in; NULL: refused. */
struct bundle_file *bundle_add(struct bundle_reader *reader, const char *path, size_t size);

/* All files are there (`fine`), or one was refused: the bundle with its hash, or why not. */
enum bundle_refusal bundle_complete(struct bundle_reader *reader, bool fine,
                                    struct bundle **ret_bundle);

#endif
