/*
 * A thread, a flag and a condition. The wait is on the monotonic clock, so a jump of the wall
 * clock neither hurries nor stalls the steps. It must never hold the lock while a step runs.
 */
#include "service/background.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"

struct background {
    struct service_context *context; /* borrowed */
    background_step *step;
    int interval_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken, stopping; /* under `lock` */
};

static void condition_init_monotonic(pthread_cond_t *condition);
static void *run(void *argument);
static bool wait_for_turn(struct background *background);
static struct timespec deadline_in(int interval_ms);

enum error background_start(struct service_context *context, background_step *step, int interval_ms,
                            struct background **ret_background)
{
    struct background *background = calloc(1, sizeof *background);
    if (background == NULL)
        return ERROR_INTERNAL;
    background->context = context;
    background->step = step;
    background->interval_ms = interval_ms;
    pthread_mutex_init(&background->lock, NULL);
    condition_init_monotonic(&background->changed);

    /* Signals are the loop's: the new thread is born with all of them blocked. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&background->thread, NULL, run, background);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        pthread_cond_destroy(&background->changed);
        pthread_mutex_destroy(&background->lock);
        free(background);
        return ERROR_INTERNAL;
    }
    *ret_background = background;
    return OK;
}

void background_wake(struct background *background)
{
    pthread_mutex_lock(&background->lock);
    background->woken = true;
    pthread_cond_signal(&background->changed);
    pthread_mutex_unlock(&background->lock);
}

void background_stop(struct background *background)
{
    if (background == NULL)
        return;
    pthread_mutex_lock(&background->lock);
    background->stopping = true;
    pthread_cond_signal(&background->changed);
    pthread_mutex_unlock(&background->lock);
    pthread_join(background->thread, NULL);
    pthread_cond_destroy(&background->changed);
    pthread_mutex_destroy(&background->lock);
    free(background);
}

static void condition_init_monotonic(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void *run(void *argument)
{
    struct background *background = argument;
    while (wait_for_turn(background))
        background->step(background->context, clock_unix_ms());
    return NULL;
}

/* False when it is time to stop. */
static bool wait_for_turn(struct background *background)
{
    struct timespec deadline = deadline_in(background->interval_ms);
    pthread_mutex_lock(&background->lock);
    int waited = 0;
    while (!background->woken && !background->stopping && waited == 0)
        waited = pthread_cond_timedwait(&background->changed, &background->lock, &deadline);
    background->woken = false;
    bool go_on = !background->stopping;
    pthread_mutex_unlock(&background->lock);
    return go_on;
}

static struct timespec deadline_in(int interval_ms)
{
    int64_t at_ns = clock_monotonic_ns() + (int64_t)interval_ms * 1000000;
    return (struct timespec){.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
}
