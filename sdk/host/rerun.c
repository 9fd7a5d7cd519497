/* A record at a time: who came and who went is asked of the run, which does it with the step. */
#include "host/rerun.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool head_fits(const struct gk_manifest *manifest, const struct replay_head *head,
                      struct rerun_report *report);
static bool image_fits(const struct gk_manifest *manifest, const struct replay_image *image);
static enum rerun_verdict follow(struct run *run, const struct replay_record *record,
                                 const struct rerun_wishes *wishes, struct rerun_report *report);
static enum rerun_verdict go_over(struct run *run, const struct replay_image *image,
                                  const struct rerun_wishes *wishes, struct rerun_report *report);
static enum rerun_verdict step(struct run *run, const struct replay_record *record,
                               const struct rerun_wishes *wishes, struct rerun_report *report);
static enum rerun_verdict compare(const struct run *run, uint64_t hash,
                                  struct rerun_report *report);
static enum rerun_verdict end(const struct run *run, const struct replay_record *record,
                              struct rerun_report *report);
static enum rerun_verdict say(struct rerun_report *report, enum rerun_verdict verdict,
                              const char *format, ...) __attribute__((format(printf, 3, 4)));

enum rerun_verdict rerun(struct run *run, const uint8_t *file, size_t count,
                         const struct rerun_wishes *wishes, struct rerun_report *ret_report)
{
    struct replay_reader reader;
    struct replay_record record = {.type = 0};
    enum rerun_verdict verdict = RERUN_SAME;
    memset(ret_report, 0, sizeof *ret_report);
    ret_report->run = run;
    enum replay_refusal refusal = replay_read_begin(&reader, file, count);
    if (refusal == REPLAY_FINE && !head_fits(&run->manifest, &reader.head, ret_report))
        return RERUN_STRANGER;
    if (refusal == REPLAY_FINE)
        run_begin(run, &reader.head.match);
    while (refusal == REPLAY_FINE && verdict == RERUN_SAME && record.type != REPLAY_END) {
        refusal = replay_read_next(&reader, &record);
        if (refusal == REPLAY_FINE)
            verdict = follow(run, &record, wishes, ret_report);
        run = ret_report->run;
        if (run->fault != RUN_FINE)
            verdict = say(ret_report, RERUN_FAULT, "In tick %u, %s %s.", run->note->ticks,
                          game_callback_name(run->note->callback), run_fault_text(run->fault));
    }
    ret_report->ticks = run->ticks;
    if (refusal != REPLAY_FINE && refusal != REPLAY_UNFINISHED)
        return say(ret_report, RERUN_REFUSED, "%s: %s", replay_refusal_code(refusal),
                   reader.sentence);
    ret_report->is_finished = refusal == REPLAY_FINE;
    if (verdict == RERUN_SAME)
        ret_report->hash_us = run_hash(run);
    return verdict;
}

static bool head_fits(const struct gk_manifest *manifest, const struct replay_head *head,
                      struct rerun_report *report)
{
    const struct replay_image *image = &head->image;
    if (strncmp(head->game, manifest->id, sizeof head->game) != 0)
        (void)say(report, RERUN_STRANGER, "The match is of the game \"%.32s\", this is \"%s\".",
                  head->game, manifest->id);
    else if (!image_fits(manifest, image) || head->tick_hz != manifest->tick_hz)
        (void)say(report, RERUN_STRANGER,
                  "The match is of version %.24s, whose state (schema %u, %u bytes), inputs (%u "
                  "bytes) or steps (%u a second) are not those of this game.",
                  image->version, image->state_schema, image->state_bytes, image->input_bytes,
                  head->tick_hz);
    else if (!run_match_fits(manifest, &head->match))
        (void)say(report, RERUN_STRANGER, "The game has no mode %u for %u players.",
                  head->match.mode, head->match.player_count);
    else
        return true;
    return false;
}

static bool image_fits(const struct gk_manifest *manifest, const struct replay_image *image)
{
    return image->state_schema == manifest->state_schema &&
           image->state_bytes == manifest->state_bytes &&
           image->input_bytes == manifest->input_bytes;
}

static enum rerun_verdict follow(struct run *run, const struct replay_record *record,
                                 const struct rerun_wishes *wishes, struct rerun_report *report)
{
    switch (record->type) {
    case REPLAY_JOIN:
        run_join(run, record->slot);
        return RERUN_SAME;
    case REPLAY_LEAVE:
        run_leave(run, record->slot, record->reason);
        return RERUN_SAME;
    case REPLAY_TICK:
    case REPLAY_MEET:
        return step(run, record, wishes, report);
    case REPLAY_HASH:
        return wishes->without_hashes ? RERUN_SAME : compare(run, record->hash, report);
    case REPLAY_ASK:
        run_ask(run, record->callback, record->slot, record->bytes, record->count);
        return RERUN_SAME;
    case REPLAY_SEAT:
        return RERUN_SAME;
    case REPLAY_IMAGE:
        return go_over(run, &record->image, wishes, report);
    case REPLAY_END:
        return end(run, record, report);
    default:
        return RERUN_REFUSED;
    }
}

/* As a swap of the server does it, see worker/takeover.h. */
static enum rerun_verdict go_over(struct run *run, const struct replay_image *image,
                                  const struct rerun_wishes *wishes, struct rerun_report *report)
{
    struct run *next = wishes->find_image ? wishes->find_image(image, wishes->context) : NULL;
    const struct gk_manifest *manifest = next ? &next->manifest : NULL;
    bool is_one_game = next && strcmp(manifest->id, run->manifest.id) == 0 &&
                       (manifest->tick_hz == 0) == (run->manifest.tick_hz == 0) &&
                       manifest->players_max >= run->match.player_count &&
                       (manifest->state_schema != run->manifest.state_schema ||
                        manifest->state_bytes == run->manifest.state_bytes);
    if (!next) {
        char sha[2 * sizeof image->sha + 1];
        for (size_t i = 0; i < sizeof image->sha; i++)
            snprintf(sha + 2 * i, 3, "%02x", image->sha[i]);
        return say(report, RERUN_STRANGER,
                   "After tick %u, the match goes on with version %.24s of the game, whose game.so "
                   "has the SHA-256 %s: it is not at hand.",
                   run->ticks, image->version, sha);
    }
    if (next == run && image_fits(manifest, image))
        return RERUN_SAME; /* the caller takes one build for both */
    if (!is_one_game || !image_fits(manifest, image))
        return say(report, RERUN_STRANGER,
                   "After tick %u, the match goes on with version %.24s of the game, which is not "
                   "the one at hand.",
                   run->ticks, image->version);
    report->run = next;
    report->swaps++;
    if (!run_take_over(next, run) && next->fault == RUN_FINE)
        return say(report, RERUN_DIFFERENT,
                   "After tick %u, version %.24s does not take over the state here.", run->ticks,
                   image->version);
    return RERUN_SAME;
}

static enum rerun_verdict step(struct run *run, const struct replay_record *record,
                               const struct rerun_wishes *wishes, struct rerun_report *report)
{
    uint32_t steps = record->type == REPLAY_TICK ? record->ticks : 1;
    for (; steps > 0 && run->fault == RUN_FINE; steps--) {
        if (run->is_over)
            return say(report, RERUN_DIFFERENT,
                       "After tick %u, the match is over here and goes on in the file.",
                       run->ticks);
        for (uint64_t rest = record->inputs.present; rest; rest &= rest - 1) {
            uint32_t slot = (uint32_t)__builtin_ctzll(rest);
            run_put_input(run, slot, record->inputs.bytes + slot * run->manifest.input_bytes);
        }
        if (record->type == REPLAY_TICK && record->inputs.present == 0)
            run_end_turn(run);
        if (record->type == REPLAY_TICK && wishes->before_tick)
            wishes->before_tick(run, wishes->context);
        (void)run_step(run);
    }
    return RERUN_SAME;
}

static enum rerun_verdict compare(const struct run *run, uint64_t hash, struct rerun_report *report)
{
    uint64_t ours = run_hash(run);
    report->hashes++;
    if (ours == hash) {
        report->same_until = run->ticks;
        return RERUN_SAME;
    }
    report->hash_file = hash;
    report->hash_us = ours;
    return say(report, RERUN_DIFFERENT,
               "After tick %u, the state is another one: 0x%016llx in the file, 0x%016llx here. It "
               "was the same after tick %u.",
               run->ticks, (unsigned long long)hash, (unsigned long long)ours, report->same_until);
}

static enum rerun_verdict end(const struct run *run, const struct replay_record *record,
                              struct rerun_report *report)
{
    bool has_result = record->result.reason != 2;
    report->has_result = has_result;
    enum rerun_verdict verdict = compare(run, record->hash, report);
    if (verdict != RERUN_SAME)
        return verdict;
    if (has_result != run->is_over ||
        (has_result && memcmp(&record->result, &run->result, sizeof run->result) != 0))
        return say(report, RERUN_DIFFERENT, "After tick %u, the result is another one.",
                   run->ticks);
    return RERUN_SAME;
}

static enum rerun_verdict say(struct rerun_report *report, enum rerun_verdict verdict,
                              const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(report->sentence, sizeof report->sentence, format, values);
    va_end(values);
    return verdict;
}
