/* A ring of cases, a lock, and two conditions: there is a case, and there is none any more. */
#include "games/judges.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct judges {
    judge_case *judge;
    void *context;
    pthread_mutex_t lock; /* over all below */
    pthread_cond_t brought, idle;
    void *cases[JUDGES_CASES];
    size_t first, waiting, under_way;
    bool stopping;
    pthread_t threads[JUDGES_MAX];
    size_t thread_count;
};

static void *judge_again_and_again(void *argument);

enum error judges_create(judge_case *judge, void *context, struct judges **ret_judges)
{
    struct judges *judges = calloc(1, sizeof *judges);
    if (!judges)
        return ERROR_INTERNAL;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&judges->lock, NULL);
    pthread_cond_init(&judges->brought, NULL);
    pthread_cond_init(&judges->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    judges->judge = judge;
    judges->context = context;

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (judges->thread_count < JUDGES_MAX &&
           pthread_create(&judges->threads[judges->thread_count], NULL, judge_again_and_again,
                          judges) == 0)
        judges->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (judges->thread_count == 0) {
        judges_destroy(judges);
        return ERROR_INTERNAL;
    }
    *ret_judges = judges;
    return OK;
}

void judges_destroy(struct judges *judges)
{
    if (!judges)
        return;
    pthread_mutex_lock(&judges->lock);
    judges->stopping = true;
    pthread_cond_broadcast(&judges->brought);
    pthread_mutex_unlock(&judges->lock);
    for (size_t i = 0; i < judges->thread_count; i++)
        pthread_join(judges->threads[i], NULL);
    pthread_cond_destroy(&judges->brought);
    pthread_cond_destroy(&judges->idle);
    pthread_mutex_destroy(&judges->lock);
    free(judges);
}

enum error judges_bring(struct judges *judges, void *brought)
{
    enum error error = ERROR_OVERLOADED;
    pthread_mutex_lock(&judges->lock);
    if (judges->waiting < JUDGES_CASES) {
        judges->cases[(judges->first + judges->waiting++) % JUDGES_CASES] = brought;
        pthread_cond_signal(&judges->brought);
        error = OK;
    }
    pthread_mutex_unlock(&judges->lock);
    return error;
}

void judges_wait(struct judges *judges, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&judges->lock);
    while (judges->waiting + judges->under_way > 0 &&
           pthread_cond_timedwait(&judges->idle, &judges->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&judges->lock);
}

static void *judge_again_and_again(void *argument)
{
    struct judges *judges = argument;
    pthread_mutex_lock(&judges->lock);
    while (!judges->stopping) {
        if (judges->waiting == 0) {
            pthread_cond_wait(&judges->brought, &judges->lock);
            continue;
        }
        void *brought = judges->cases[judges->first];
        judges->first = (judges->first + 1) % JUDGES_CASES;
        judges->waiting--;
        judges->under_way++;
        pthread_mutex_unlock(&judges->lock);
        judges->judge(judges->context, brought);
        pthread_mutex_lock(&judges->lock);
        if (--judges->under_way + judges->waiting == 0)
            pthread_cond_broadcast(&judges->idle);
    }
    pthread_mutex_unlock(&judges->lock);
    return NULL;
}
