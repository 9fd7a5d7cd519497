/* What the files of the service library share about one running service. Inside this folder only.
 */
#ifndef SERVICE_SERVICE_PRIVATE_H
#define SERVICE_SERVICE_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "service/service.h"

#define SERVICE_TOKENS_MAX      16 /* scopes that one service asks for */
#define SERVICE_TOKEN_MARGIN_MS 10000
#define SERVICE_KEYS_STEP_MS    500 /* between two tries while there are no keys */
#define SERVICE_KEYS_REFRESH_MS 300000

struct service_token {
    const char *scope; /* borrowed for ever: a literal of the asking code; NULL: free */
    char token[TOKEN_BYTES_MAX];
    int64_t expires_unix_ms;
};

struct service_private {
    const struct service *service; /* borrowed */

    pthread_mutex_t keys_lock; /* held while the keys are fetched */
    int64_t keys_fetched_ms;   /* monotonic; of the last try */
    bool keys_failure_logged;

    pthread_mutex_t tokens_lock;
    struct service_token tokens[SERVICE_TOKENS_MAX];
};

/* Gets the key set, unless that was tried less than `age_ms_min` ago. Blocks. */
void service_keys_fetch(struct service_context *context, int64_t age_ms_min);
/* For http_server_options; `context` is a struct service_context. */
void service_keys_refetch(void *context);
/* A step of service/background.h. */
void service_keys_step(struct service_context *context, int64_t now_unix_ms);

#endif
