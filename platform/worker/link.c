/*
 * The pool of links and its two ways in: by (stream, number) through the buckets, and by match and
 * slot through the lists that hang on the match. Never allocates.
 */
#include "worker/link.h"

#include <assert.h>
#include <string.h>

#include "worker/match.h"
#include "worker/stream.h"

static uint32_t seat_of(const struct match *match, const uint8_t user[16]);
static uint32_t bucket_of(uint32_t stream, uint32_t number);
static uint32_t list_of(const struct link *link);
static void list_put(struct worker *worker, uint32_t index);
static void list_take(struct worker *worker, uint32_t index);
static void refuse(struct worker *worker, uint32_t stream, const struct record_head *head,
                   enum detach_reason reason);
static void drop(struct worker *worker, uint32_t index);

void links_init(struct worker *worker)
{
    for (uint32_t i = 0; i < LINK_BUCKETS; i++)
        worker->link_buckets[i] = NONE;
    for (uint32_t i = 0; i < LINKS_MAX; i++)
        worker->links[i].next_in_bucket = i + 1 < LINKS_MAX ? i + 1 : NONE;
    worker->links_free = 0;
}

uint32_t link_find(const struct worker *worker, uint32_t stream, uint32_t number)
{
    uint32_t at = worker->link_buckets[bucket_of(stream, number)];
    while (at != NONE && (worker->links[at].number != number || worker->links[at].stream != stream))
        at = worker->links[at].next_in_bucket;
    return at;
}

void link_attach(struct worker *worker, uint32_t stream, const struct record_head *head,
                 const struct record_attach *attach)
{
    struct match *match = match_find(worker, attach->match);
    if (!match) {
        refuse(worker, stream, head, DETACH_NO_MATCH);
        return;
    }
    if (worker->links_free == NONE) {
        refuse(worker, stream, head, DETACH_FULL);
        return;
    }
    uint32_t slot = attach->spectator_only ? SPECTATORS : seat_of(match, attach->user);
    uint64_t left = arena_newest(worker->arena, match->arena)->left | match->arena->leaving;
    if (slot != SPECTATORS && (left >> slot & 1))
        slot = SPECTATORS;

    uint32_t index = worker->links_free;
    struct link *link = &worker->links[index];
    worker->links_free = link->next_in_bucket;
    worker->links_used++;
    uint32_t *bucket = &worker->link_buckets[bucket_of(stream, head->link)];
    *link = (struct link){.used = true,
                          .owed = true,
                          .stream = (uint8_t)stream,
                          .channel = head->channel,
                          .slot = slot == SPECTATORS ? RECORD_SPECTATOR : (uint8_t)slot,
                          .number = head->link,
                          .match = match_index(worker, match),
                          .next_in_bucket = *bucket};
    if (!attach->spectator_only)
        memcpy(link->user, attach->user, sizeof link->user);
    *bucket = index;
    list_put(worker, index);

    struct record_head answer = {
        .type = RECORD_ATTACHED, .channel = head->channel, .slot = link->slot, .link = head->link};
    stream_answer(worker, &worker->streams[stream], &answer);
}

void links_seat(struct worker *worker, struct match *match, uint32_t slot, const uint8_t user[16])
{
    for (uint32_t at = match->links[SPECTATORS], next; at != NONE; at = next) {
        struct link *link = &worker->links[at];
        next = link->next;
        if (memcmp(link->user, user, sizeof link->user) != 0)
            continue;
        list_take(worker, at);
        link->slot = (uint8_t)slot;
        link->owed = true;
        list_put(worker, at);
        struct record_head answer = {.type = RECORD_ATTACHED,
                                     .channel = link->channel,
                                     .slot = link->slot,
                                     .link = link->number};
        stream_answer(worker, &worker->streams[link->stream], &answer);
    }
}

void link_detach(struct worker *worker, uint32_t index, uint32_t reason)
{
    struct link *link = &worker->links[index];
    struct match *match = &worker->matches[link->match];
    if (reason == DETACH_LEFT && link->slot != RECORD_SPECTATOR) {
        match->arena->leaving |= 1ull << link->slot;
        match->waits_for_step = true;
    }
    drop(worker, index);
}

void links_end(struct worker *worker, struct match *match, enum detach_reason reason)
{
    for (uint32_t list = 0; list <= SPECTATORS; list++)
        while (match->links[list] != NONE) {
            struct link *link = &worker->links[match->links[list]];
            struct record_head answer = {.type = RECORD_DETACHED,
                                         .channel = link->channel,
                                         .slot = link->slot,
                                         .link = link->number,
                                         .value = reason};
            stream_answer(worker, &worker->streams[link->stream], &answer);
            drop(worker, match->links[list]);
        }
}

void links_drop_stream(struct worker *worker, uint32_t stream)
{
    for (uint32_t i = 0; i < LINKS_MAX; i++)
        if (worker->links[i].used && worker->links[i].stream == stream)
            drop(worker, i);
}

static uint32_t seat_of(const struct match *match, const uint8_t user[16])
{
    const struct control_match_start *start = &match->arena->start;
    static const uint8_t nobody[16];
    if (memcmp(user, nobody, sizeof nobody) == 0)
        return SPECTATORS;
    for (uint32_t i = 0; i < start->slot_count && i < GK_PLAYERS_MAX; i++)
        if (memcmp(start->slots[i].user, user, 16) == 0)
            return i;
    return SPECTATORS;
}

static uint32_t bucket_of(uint32_t stream, uint32_t number)
{
    return (number * 2654435761u ^ stream * 40503u) % LINK_BUCKETS;
}

static uint32_t list_of(const struct link *link)
{
    return link->slot == RECORD_SPECTATOR ? SPECTATORS : link->slot;
}

/* Into the list of its slot, at the front. */
static void list_put(struct worker *worker, uint32_t index)
{
    struct link *link = &worker->links[index];
    struct match *match = &worker->matches[link->match];
    uint32_t list = list_of(link);
    link->previous = NONE;
    link->next = match->links[list];
    if (link->next != NONE)
        worker->links[link->next].previous = index;
    match->links[list] = index;
    if (list != SPECTATORS && !(match->linked >> list & 1)) {
        match->linked |= 1ull << list;
        match->waits_for_step = true;
    }
}

static void list_take(struct worker *worker, uint32_t index)
{
    struct link *link = &worker->links[index];
    struct match *match = &worker->matches[link->match];
    uint32_t list = list_of(link);
    if (link->previous != NONE)
        worker->links[link->previous].next = link->next;
    else
        match->links[list] = link->next;
    if (link->next != NONE)
        worker->links[link->next].previous = link->previous;
    if (list != SPECTATORS && match->links[list] == NONE) {
        match->linked &= ~(1ull << list);
        match->waits_for_step = true;
    }
}

static void refuse(struct worker *worker, uint32_t stream, const struct record_head *head,
                   enum detach_reason reason)
{
    struct record_head answer = {.type = RECORD_DETACHED,
                                 .channel = head->channel,
                                 .slot = RECORD_SPECTATOR,
                                 .link = head->link,
                                 .value = reason};
    stream_answer(worker, &worker->streams[stream], &answer);
}

static void drop(struct worker *worker, uint32_t index)
{
    struct link *link = &worker->links[index];
    assert(link->used);
    list_take(worker, index);

    uint32_t *at = &worker->link_buckets[bucket_of(link->stream, link->number)];
    while (*at != index)
        at = &worker->links[*at].next_in_bucket;
    *at = link->next_in_bucket;

    *link = (struct link){.next_in_bucket = worker->links_free};
    worker->links_free = index;
    worker->links_used--;
}
