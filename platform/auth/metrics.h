/* What the auth service counts, for /metrics. */
#ifndef AUTH_METRICS_H
#define AUTH_METRICS_H

#include "core/metrics.h"

extern struct metric metric_logins_good;
extern struct metric metric_logins_wrong;
extern struct metric metric_logins_throttled;
extern struct metric metric_accounts_made;
extern struct metric metric_guests_made;
extern struct metric metric_guests_upgraded;
extern struct metric metric_accounts_deleted;

void auth_metrics_add(void);

#endif
