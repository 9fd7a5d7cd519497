/* A lock, a condition on the monotonic clock, two references. */
#include "games/order.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"

struct order {
    struct match_begin begin; /* its image is kept; NULL for a seat */
    struct seat_wish seat;
    struct swap_wish swap; /* its image is kept, or NULL */
    int64_t since_ms;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    int references; /* under the lock, like the rest */
    bool done, given_up;
    enum error error;
};

static struct order *make(void);

struct order *order_create(const struct match_begin *begin)
{
    struct order *order = make();
    if (!order)
        return NULL;
    order->begin = *begin;
    (void)image_keep((struct image *)(uintptr_t)begin->image);
    return order;
}

struct order *order_create_seat(const struct seat_wish *wish)
{
    struct order *order = make();
    if (order)
        order->seat = *wish;
    return order;
}

struct order *order_create_swap(const struct swap_wish *wish)
{
    struct order *order = make();
    if (!order)
        return NULL;
    order->swap = *wish;
    (void)image_keep(wish->image);
    return order;
}

struct swap_wish *order_swap(struct order *order)
{
    return &order->swap;
}

struct seat_wish *order_seat(struct order *order)
{
    return &order->seat;
}

void order_release(struct order *order)
{
    pthread_mutex_lock(&order->lock);
    bool last = --order->references == 0;
    pthread_mutex_unlock(&order->lock);
    if (!last)
        return;
    pthread_cond_destroy(&order->answered);
    pthread_mutex_destroy(&order->lock);
    image_release((struct image *)(uintptr_t)order->begin.image);
    image_release(order->swap.image);
    free(order);
}

enum error order_wait(struct order *order, int timeout_ms)
{
    int64_t until_ns = clock_monotonic_ns() + (int64_t)timeout_ms * 1000000;
    struct timespec until = {until_ns / 1000000000, until_ns % 1000000000};
    int waited = 0;
    pthread_mutex_lock(&order->lock);
    while (!order->done && waited == 0)
        waited = pthread_cond_timedwait(&order->answered, &order->lock, &until);
    order->given_up = !order->done;
    enum error error = order->done ? order->error : ERROR_TIMED_OUT;
    pthread_mutex_unlock(&order->lock);
    return error;
}

const struct match_begin *order_begin(const struct order *order)
{
    return &order->begin;
}

int64_t order_since_ms(const struct order *order)
{
    return order->since_ms;
}

bool order_answer(struct order *order, enum error error)
{
    pthread_mutex_lock(&order->lock);
    bool heard = !order->given_up;
    order->done = true;
    order->error = error;
    pthread_cond_signal(&order->answered);
    pthread_mutex_unlock(&order->lock);
    order_release(order);
    return heard;
}

static struct order *make(void)
{
    struct order *order = calloc(1, sizeof *order);
    if (!order)
        return NULL;
    order->since_ms = clock_monotonic_ms();
    order->references = 2;
    pthread_mutex_init(&order->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&order->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    return order;
}
