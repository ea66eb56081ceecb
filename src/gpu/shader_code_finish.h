/* shader_code_finish.h - from virtual to real registers: what is not used is dropped, products are
 * fused with sums, copies are left out, registers are shared out by the lives they hold; private. */
#ifndef W3D_SHADER_CODE_FINISH_H
#define W3D_SHADER_CODE_FINISH_H

#include "gpu/shader_code_build.h"

enum { W3DI_CODE_DROPPED = W3DI_CODE_OP_COUNT, W3DI_CODE_NEAR = 200, W3DI_CODE_CLOSE = 40 };

typedef struct w3di_code_finish {
    w3di_code *c;
    w3di_code_word *words; /* the head, then the body */
    uint32_t count, head;
    uint32_t *uses, *made;  /* by register: how often it is read, the last word that makes it */
    uint32_t *first, *last; /* by block: where its life begins and ends */
    uint32_t *next, *ends;  /* lists of blocks by where they end; ends has count + 1 */
    uint16_t *real;         /* by block */
    uint8_t *addressed;     /* by block: read or written as a whole */
    uint8_t *label;         /* by word: 1 jumped to, 2 from behind; count + 1 */
    uint8_t used[W3DI_CODE_MOST_REGISTERS];
    uint32_t lowest, most;
} w3di_code_finish;

/* The registers that a word reads: as sources, or (`whole`) as blocks. Gives how many, at most 8. */
static inline uint32_t w3di_code_reads(const w3di_code_word *word, uint16_t *out, uint32_t *whole)
{
    uint32_t count = 0, n = word->op < W3DI_CODE_OP_COUNT ? w3di_code_sources(word->op) : 0;
    for (; count < n; count++) out[count] = word->s[count];
    *whole = count;
    if (word->op == W3DI_CODE_LOOK_UP) out[count++] = word->s[1];
    if (word->op == W3DI_CODE_PUT) out[count++] = word->s[2];
    for (uint32_t i = 0; word->op == W3DI_CODE_SAMPLE && i < 5; i++)
        if (word->s[i] != W3DI_CODE_NONE) out[count++] = word->s[i];
    return count;
}

static inline uint32_t w3di_code_has(const w3di_code_word *word, uint32_t flag)
{
    return word->op < W3DI_CODE_OP_COUNT ? w3di_code_flags(word->op) & flag : 0;
}

static inline uint32_t w3di_code_block_of(const w3di_code_finish *f, uint32_t v)
{
    return f->c->virtuals[v].block;
}

/* 1 where the word reads or writes the register, or something in its block as a whole. */
static inline int w3di_code_touches(const w3di_code_finish *f, const w3di_code_word *word,
                                    uint32_t v)
{
    uint16_t reads[8];
    uint32_t whole, count = w3di_code_reads(word, reads, &whole), block = w3di_code_block_of(f, v);
    for (uint32_t i = 0; i < count; i++)
        if (i < whole ? reads[i] == v : w3di_code_block_of(f, reads[i]) == block) return 1;
    if (!w3di_code_has(word, W3DI_CODE_D)) return 0;
    return word->op == W3DI_CODE_SAMPLE ? w3di_code_block_of(f, word->dst) == block
                                        : word->dst == v;
}

static inline int w3di_code_writes(const w3di_code_finish *f, const w3di_code_word *word,
                                   uint32_t v)
{
    if (word->op == W3DI_CODE_PUT)
        return w3di_code_block_of(f, word->s[2]) == w3di_code_block_of(f, v);
    return w3di_code_has(word, W3DI_CODE_D) && word->dst == v;
}

static inline void w3di_code_survey(w3di_code_finish *f)
{
    const w3di_code *c = f->c;
    for (uint32_t i = 0; i < f->count; i++) {
        uint16_t reads[8];
        uint32_t whole, count = w3di_code_reads(&f->words[i], reads, &whole);
        for (uint32_t k = 0; k < count; k++) {
            if (k < whole)
                f->uses[reads[k]]++;
            else
                f->addressed[w3di_code_block_of(f, reads[k])] = 1;
        }
        if (w3di_code_has(&f->words[i], W3DI_CODE_D)) f->made[f->words[i].dst] = i;
        if (f->words[i].op == W3DI_CODE_JUMP_NONE || f->words[i].op == W3DI_CODE_LOOP) {
            uint32_t to = f->head + c->labels[f->words[i].s[1]];
            f->label[to] |= to <= i ? 3 : 1;
        }
    }
    f->uses[W3DI_CODE_MASK] = f->uses[W3DI_CODE_ALIVE] = 1;
    f->addressed[W3DI_CODE_MASK] = 1; /* read by many words without being named */
}

static inline void w3di_code_drop(w3di_code_finish *f, uint32_t i)
{
    uint16_t reads[8];
    uint32_t whole, count = w3di_code_reads(&f->words[i], reads, &whole);
    (void)count;
    for (uint32_t k = 0; k < whole; k++) f->uses[reads[k]]--;
    f->words[i].op = W3DI_CODE_DROPPED;
}

static inline void w3di_code_drop_unused(w3di_code_finish *f)
{
    for (uint32_t i = f->count; i-- > 0;) {
        const w3di_code_word *word = &f->words[i];
        if (!w3di_code_has(word, W3DI_CODE_D) || word->op == W3DI_CODE_ATOMIC) continue;
        if (f->addressed[w3di_code_block_of(f, word->dst)]) continue;
        uint32_t used = f->uses[word->dst];
        for (uint32_t k = 1; word->op == W3DI_CODE_SAMPLE && k < 4; k++)
            used += f->uses[word->dst + k];
        if (!used) w3di_code_drop(f, i);
    }
}

/* MOVE t, h; ... t ...: reads h itself where that does not change in between. */
static inline void w3di_code_forward(w3di_code_finish *f, uint32_t i)
{
    const w3di_code_word move = f->words[i];
    uint32_t t = move.dst, h = move.s[0], found = 0, wanted = f->uses[t], at[16];
    if (w3di_code_is(f->c, t, W3DI_CODE_CHANGES) || wanted > 16 ||
        f->addressed[w3di_code_block_of(f, t)])
        return;
    for (uint32_t j = i + 1; j < f->count && j < i + W3DI_CODE_NEAR && found < wanted; j++) {
        uint16_t reads[8];
        uint32_t whole, before = found;
        if (f->label[j] & 2) return;
        w3di_code_reads(&f->words[j], reads, &whole);
        for (uint32_t k = 0; k < whole; k++)
            if (reads[k] == t) found++;
        for (uint32_t k = before; k < found; k++) at[k] = j;
        if (found < wanted && w3di_code_writes(f, &f->words[j], h)) return;
    }
    if (found != wanted) return;
    for (uint32_t n = 0; n < found; n++)
        for (uint32_t k = 0; k < w3di_code_sources(f->words[at[n]].op); k++)
            if (f->words[at[n]].s[k] == t) {
                f->words[at[n]].s[k] = (uint16_t)h;
                f->uses[h]++;
                f->uses[t]--;
            }
    w3di_code_drop(f, i);
}

/* A product that is only added to something becomes one word with the sum. */
static inline void w3di_code_fuse(w3di_code_finish *f, uint32_t i)
{
    w3di_code_word *sum = &f->words[i];
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t v = sum->s[1 - k], other = sum->s[k], m = f->made[v], stable = 1;
        const w3di_code_word product = f->words[m];
        if (f->uses[v] != 1 || w3di_code_is(f->c, v, W3DI_CODE_CHANGES) || m >= i ||
            product.op != W3DI_CODE_MULTIPLY || product.dst != v || (m < f->head) != (i < f->head))
            continue;
        for (uint32_t n = 0; n < 2; n++)
            stable = stable && !w3di_code_is(f->c, product.s[n], W3DI_CODE_CHANGES);
        if (!stable && i - m < W3DI_CODE_CLOSE) {
            stable = 1;
            for (uint32_t j = m + 1; j < i; j++)
                if (f->label[j] || w3di_code_writes(f, &f->words[j], product.s[0]) ||
                    w3di_code_writes(f, &f->words[j], product.s[1]))
                    stable = 0;
            if (f->label[i]) stable = 0;
        }
        if (!stable) continue;
        sum->op = (uint16_t)(sum->op == W3DI_CODE_ADD ? W3DI_CODE_MULTIPLY_ADD
                             : k                      ? W3DI_CODE_MULTIPLY_SUBTRACT
                                                      : W3DI_CODE_SUBTRACT_PRODUCT);
        sum->s[0] = product.s[0];
        sum->s[1] = product.s[1];
        sum->s[2] = (uint16_t)other;
        f->uses[v] = 0;
        f->words[m].op = W3DI_CODE_DROPPED; /* its sources are read by the sum now */
        return;
    }
}

/* t = ...; MOVE h, t: makes h at once where t is for nothing else. */
static inline void w3di_code_coalesce(w3di_code_finish *f, uint32_t i)
{
    uint32_t h = f->words[i].dst, t = f->words[i].s[0], m = f->made[t];
    if (h <= W3DI_CODE_ALIVE || f->uses[t] != 1 || m >= i || m < f->head ||
        i - m > W3DI_CODE_CLOSE || w3di_code_is(f->c, t, W3DI_CODE_CHANGES | W3DI_CODE_FIXED) ||
        f->label[i] || f->words[m].dst != t || f->addressed[w3di_code_block_of(f, t)])
        return;
    if (!w3di_code_has(&f->words[m], W3DI_CODE_WISE) &&
        (f->words[m].op < W3DI_CODE_INPUT || f->words[m].op > W3DI_CODE_BUILTIN))
        return;
    if (f->words[m].op == W3DI_CODE_MOVE_MASKED) return;
    for (uint32_t j = m + 1; j < i; j++)
        if (f->label[j] || w3di_code_touches(f, &f->words[j], h)) return;
    f->words[m].dst = (uint16_t)h;
    f->uses[t] = 0;
    f->made[h] = m;
    f->words[i].op = W3DI_CODE_DROPPED;
}

/* ---- lives ---- */

static inline void w3di_code_live(w3di_code_finish *f, uint32_t v, uint32_t i)
{
    uint32_t block = w3di_code_block_of(f, v);
    if (f->first[block] > i) f->first[block] = i;
    if (f->last[block] < i) f->last[block] = i;
}

static inline void w3di_code_lives(w3di_code_finish *f)
{
    const w3di_code *c = f->c;
    for (uint32_t v = 0; v < c->virtual_count; v++) f->first[v] = UINT32_MAX;
    for (uint32_t i = 0; i < f->count; i++) {
        uint16_t reads[8];
        uint32_t whole, count = w3di_code_reads(&f->words[i], reads, &whole);
        for (uint32_t k = 0; k < count; k++) w3di_code_live(f, reads[k], i);
        if (w3di_code_has(&f->words[i], W3DI_CODE_D)) w3di_code_live(f, f->words[i].dst, i);
    }
    /* What a loop reads from before it must last to the loop's end. Inner loops end first. */
    for (uint32_t i = f->head; i < f->count; i++) {
        if (f->words[i].op != W3DI_CODE_LOOP) continue;
        uint32_t begin = f->head + c->labels[f->words[i].s[1]];
        for (uint32_t v = 0; v < c->virtual_count; v += c->virtuals[v].size)
            if (f->first[v] < begin && f->last[v] >= begin && f->last[v] < i) f->last[v] = i;
    }
    for (uint32_t i = 0; i <= f->count; i++) f->ends[i] = UINT32_MAX;
    for (uint32_t v = 0; v < c->virtual_count; v += c->virtuals[v].size) {
        if (f->first[v] == UINT32_MAX || v <= W3DI_CODE_ALIVE) continue;
        if (w3di_code_is(c, v, W3DI_CODE_FIXED) && f->last[v] >= f->head) f->last[v] = f->count;
        f->next[v] = f->ends[f->last[v]];
        f->ends[f->last[v]] = v;
    }
}

static inline int w3di_code_give(w3di_code_finish *f, uint32_t v, uint32_t i)
{
    uint32_t block = w3di_code_block_of(f, v), size = f->c->virtuals[block].size, run = 0;
    if (block <= W3DI_CODE_ALIVE || f->first[block] != i || f->real[block]) return 1;
    for (uint32_t k = f->lowest; k < W3DI_CODE_MOST_REGISTERS; k++) {
        run = f->used[k] ? 0 : run + 1;
        if (run < size) continue;
        uint32_t at = k + 1 - size;
        for (uint32_t n = at; n <= k; n++) f->used[n] = 1;
        f->real[block] = (uint16_t)at;
        if (f->most < k + 1) f->most = k + 1;
        while (f->lowest < W3DI_CODE_MOST_REGISTERS && f->used[f->lowest]) f->lowest++;
        return 1;
    }
    w3di_code_fail(f->c, W3D_ERR_LIMIT);
    return 0;
}

static inline void w3di_code_take_back(w3di_code_finish *f, uint32_t i, uint32_t except)
{
    for (uint32_t v = f->ends[i]; v != UINT32_MAX; v = f->next[v]) {
        if (v == except || !f->real[v]) continue;
        for (uint32_t n = 0; n < f->c->virtuals[v].size; n++) f->used[f->real[v] + n] = 0;
        if (f->lowest > f->real[v]) f->lowest = f->real[v];
    }
}

static inline void w3di_code_share_out(w3di_code_finish *f)
{
    f->used[W3DI_CODE_MASK] = f->used[W3DI_CODE_ALIVE] = 1;
    f->lowest = f->most = 2;
    for (uint32_t i = 0; i < f->count && !f->c->code; i++) {
        const w3di_code_word *word = &f->words[i];
        uint16_t reads[8];
        uint32_t whole, count = w3di_code_reads(word, reads, &whole), has = w3di_code_has(word, 7);
        for (uint32_t k = 0; k < count; k++) w3di_code_give(f, reads[k], i);
        uint32_t block = has & W3DI_CODE_D ? w3di_code_block_of(f, word->dst) : UINT32_MAX;
        if (has & W3DI_CODE_WISE) w3di_code_take_back(f, i, block);
        if (has & W3DI_CODE_D) w3di_code_give(f, word->dst, i);
        if (!(has & W3DI_CODE_WISE))
            w3di_code_take_back(f, i, UINT32_MAX);
        else if (f->last[block] == i && block > W3DI_CODE_ALIVE) {
            for (uint32_t n = 0; n < f->c->virtuals[block].size; n++)
                f->used[f->real[block] + n] = 0;
            if (f->lowest > f->real[block]) f->lowest = f->real[block];
        }
    }
}

static inline uint16_t w3di_code_real(const w3di_code_finish *f, uint32_t v)
{
    uint32_t block = w3di_code_block_of(f, v);
    return (uint16_t)(block <= W3DI_CODE_ALIVE ? v : f->real[block] + (v - block));
}

/* Writes the words that are left, with real registers and places to jump to. */
static inline void w3di_code_write(w3di_code_finish *f, w3d_shader_code *code)
{
    uint32_t kept = 0, *place = f->ends; /* by word: where it is now */
    for (uint32_t i = 0; i <= f->count; i++) {
        place[i] = kept;
        if (i == f->head) code->head_count = kept;
        if (i < f->count && f->words[i].op != W3DI_CODE_DROPPED) kept++;
    }
    for (uint32_t i = 0, at = 0; i < f->count; i++) {
        w3di_code_word word = f->words[i];
        if (word.op == W3DI_CODE_DROPPED) continue;
        uint32_t sources = w3di_code_sources(word.op);
        for (uint32_t k = 0; k < sources; k++) word.s[k] = w3di_code_real(f, word.s[k]);
        if (w3di_code_flags(word.op) & W3DI_CODE_D) word.dst = w3di_code_real(f, word.dst);
        if (word.op == W3DI_CODE_LOOK_UP) word.s[1] = w3di_code_real(f, word.s[1]);
        if (word.op == W3DI_CODE_PUT) word.s[2] = w3di_code_real(f, word.s[2]);
        for (uint32_t k = 0; word.op == W3DI_CODE_SAMPLE && k < 5; k++)
            if (word.s[k] != W3DI_CODE_NONE) word.s[k] = w3di_code_real(f, word.s[k]);
        if (word.op == W3DI_CODE_JUMP_NONE || word.op == W3DI_CODE_LOOP)
            word.s[1] = (uint16_t)place[f->head + f->c->labels[word.s[1]]];
        code->words[at++] = word;
    }
    code->word_count = kept;
    code->registers = f->most;
}

/* All of it. The words go into code->words, which has room for them. */
static inline void w3di_code_complete(w3di_code *c, w3d_shader_code *code)
{
    w3di_code_finish *f;
    uint32_t count = c->head.count + c->body.count, v = c->virtual_count;
    size_t size = sizeof *f + (size_t)count * sizeof(w3di_code_word) +
                  sizeof(uint32_t) * (5 * (size_t)v + count + 1) + 3 * (size_t)v + count + 1 + 64;
    if (c->code) return;
    uint8_t *block = (uint8_t *)w3d_allocator_resize(&c->allocator, NULL, 0, size);
    if (!block) {
        w3di_code_fail(c, W3D_ERR_OUT_OF_MEMORY);
        return;
    }
    w3d_fill(block, 0, size);
    f = (w3di_code_finish *)(void *)block;
    f->c = c;
    f->words = (w3di_code_word *)(void *)(block + ((sizeof *f + 15) & ~(size_t)15));
    f->uses = (uint32_t *)(void *)(f->words + count);
    f->made = f->uses + v;
    f->first = f->made + v;
    f->last = f->first + v;
    f->next = f->last + v;
    f->ends = f->next + v;
    f->real = (uint16_t *)(void *)(f->ends + count + 1);
    f->addressed = (uint8_t *)(f->real + v);
    f->label = f->addressed + v;
    f->count = count;
    f->head = c->head.count;
    w3d_copy(f->words, c->head.words, c->head.count * sizeof *f->words);
    w3d_copy(f->words + f->head, c->body.words, c->body.count * sizeof *f->words);
    w3di_code_survey(f);
    w3di_code_drop_unused(f);
    for (uint32_t i = f->head; i < count; i++)
        if (f->words[i].op == W3DI_CODE_MOVE) w3di_code_forward(f, i);
    for (uint32_t i = 0; i < count; i++)
        if (f->words[i].op == W3DI_CODE_ADD || f->words[i].op == W3DI_CODE_SUBTRACT)
            w3di_code_fuse(f, i);
    for (uint32_t i = f->head; i < count; i++)
        if (f->words[i].op == W3DI_CODE_MOVE) w3di_code_coalesce(f, i);
    w3di_code_drop_unused(f);
    w3di_code_lives(f);
    w3di_code_share_out(f);
    if (!c->code) w3di_code_write(f, code);
    w3d_allocator_resize(&c->allocator, block, size, 0);
}

#endif /* W3D_SHADER_CODE_FINISH_H */
