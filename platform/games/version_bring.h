/*
 * A version is brought, by a drop into plugins.d or by an admin: judged, stored, and written down
 * with its verdict (tables versions, catalog, audit, in one transaction). It is not played by that.
 * Blocking, up to the seconds of a probe.
 */
#ifndef GAMES_VERSION_BRING_H
#define GAMES_VERSION_BRING_H

#include "games/admit.h"
#include "games/audit.h"

struct bringing {
    const struct admit_means *means; /* borrowed, as all of these */
    struct actor actor;
    const char *action; /* drop or upload */
    const char *game;
    const struct bundle *bundle;
    bool is_drop; /* remembered as what plugins.d holds */
};

/* ERROR_VERSION_REFUSED and ERROR_VERSION_QUARANTINED with the code and the sentence in
 * `ret_admission`, which the caller finishes in any case; ERROR_UNAVAILABLE when it could not be
 * written down: then it is not admitted either. */
must_use enum error version_bring(struct service_context *context, const struct bringing *bringing,
                                  struct admission *ret_admission, struct image **ret_image);

#endif
