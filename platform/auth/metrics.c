#include "auth/metrics.h"

#define COUNTER(metric_name, metric_labels, metric_help)                                           \
    {                                                                                              \
        .kind = METRIC_COUNTER, .name = metric_name, .labels = metric_labels, .help = metric_help  \
    }
#define LOGINS   "transcendence_auth_logins_total"
#define ACCOUNTS "transcendence_auth_accounts_total"

struct metric metric_logins_good = COUNTER(LOGINS, "outcome=\"good\"", "Logins by outcome.");
struct metric metric_logins_wrong = COUNTER(LOGINS, "outcome=\"wrong\"", "Logins by outcome.");
struct metric metric_logins_throttled =
    COUNTER(LOGINS, "outcome=\"throttled\"", "Logins by outcome.");
struct metric metric_accounts_made = COUNTER(ACCOUNTS, "change=\"made\"", "Changes of accounts.");
struct metric metric_guests_made = COUNTER(ACCOUNTS, "change=\"guest\"", "Changes of accounts.");
struct metric metric_guests_upgraded =
    COUNTER(ACCOUNTS, "change=\"upgraded\"", "Changes of accounts.");
struct metric metric_accounts_deleted =
    COUNTER(ACCOUNTS, "change=\"deleted\"", "Changes of accounts.");

void auth_metrics_add(void)
{
    static struct metric *const metrics[] = {
        &metric_logins_good,      &metric_logins_wrong, &metric_logins_throttled,
        &metric_accounts_made,    &metric_guests_made,  &metric_guests_upgraded,
        &metric_accounts_deleted,
    };
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        metrics_add(metrics[i]);
}
