/* sandbox_audit.c - the ring of records and the JSON lines.
 *
 * A writer claims a number, then the slot of that number by one swap of its state; the words
 * follow, and the state last. Words and states are stored with release and loaded with acquire: a
 * reader that has seen any word of a later record also sees its state, and drops the copy. */
#include "memory/sandbox_audit.h"

#include "memory/sandbox_fault.h"
#include "memory/sandbox_pages.h"

#define W3DI_SANDBOX_AUDIT_WORDS 16u

typedef char w3di_sandbox_audit_size[sizeof(w3d_sandbox_record) == 64 ? 1 : -1];
typedef char w3di_sandbox_audit_place[offsetof(w3d_sandbox_record, size) == 40 &&
                                              offsetof(w3d_sandbox_record, sequence) == 56 &&
                                              offsetof(w3d_sandbox_record, action) == 62
                                          ? 1
                                          : -1];

static void w3di_sandbox_audit_put(w3d_sandbox *sandbox, const w3d_sandbox_record *record)
{
    w3di_sandbox_ring *ring = &sandbox->ring;
    uint32_t words[W3DI_SANDBOX_AUDIT_WORDS];
    w3d_sandbox_record filled = *record;
    filled.time_ns = sandbox->now ? sandbox->now(sandbox->now_user) : w3d_sandbox_system_now();
    filled.thread = w3d_sandbox_system_thread();
    /* A slot is taken only where a writer was stopped a whole lap ago in the middle of its record:
     * then the next slot will do. */
    for (int tries = 0; tries < 4; tries++) {
        uint32_t sequence = w3d_atomic_add_u32(&ring->head, 1), slot = sequence & ring->mask;
        uint32_t state = w3d_atomic_load_u32(&ring->states[slot]);
        if ((state & 1u) || (int32_t)(state - (2u * sequence + 1u)) >= 0) continue;
        if (!w3d_atomic_swap_u32(&ring->states[slot], &state, 2u * sequence + 1u)) continue;
        filled.sequence = sequence;
        w3d_copy(words, &filled, sizeof words);
        for (uint32_t i = 0; i < W3DI_SANDBOX_AUDIT_WORDS; i++)
            w3d_atomic_store_u32(&ring->words[(size_t)slot * W3DI_SANDBOX_AUDIT_WORDS + i],
                                 words[i]);
        w3d_atomic_store_u32(&ring->states[slot], 2u * sequence + 2u);
        return;
    }
    w3d_atomic_add_u32(&ring->dropped, 1);
}

/* Makes a record of what a view has noted; see w3d_sandbox_view_refuse. */
static void w3di_sandbox_audit_take_over(w3d_sandbox *sandbox)
{
    w3d_sandbox_refusal *refusal = &sandbox->refusal;
    w3di_sandbox_found found;
    w3d_sandbox_record record;
    if (!w3d_atomic_load_u32(&refusal->is_ready) || !w3d_atomic_exchange_u32(&refusal->is_ready, 0))
        return;
    w3d_fill(&record, 0, sizeof record);
    record.address = refusal->address;
    record.size = refusal->size;
    record.access = (uint8_t)refusal->access;
    record.kind = W3D_SANDBOX_VIEW;
    w3di_sandbox_find(sandbox, refusal->address, &found);
    if (found.index != UINT32_MAX) {
        record.region_begin = found.begin;
        record.region_size = (uint64_t)(found.last - found.begin) + 1u;
        record.tag = found.tag;
        record.region = found.id;
    }
    uint32_t others =
        w3d_atomic_exchange_u32(&refusal->count, 0) - 1u; /* the next is noted again */
    if (others) w3d_atomic_add_u32(&sandbox->ring.dropped, others);
    w3di_sandbox_audit_put(sandbox, &record);
}

W3D_API void w3d_sandbox_audit_write(w3d_sandbox *sandbox, const w3d_sandbox_record *record)
{
    w3di_sandbox_audit_take_over(sandbox);
    w3di_sandbox_audit_put(sandbox, record);
}

W3D_API w3d_result w3d_sandbox_audit_next(w3d_sandbox *sandbox, w3d_sandbox_cursor *cursor,
                                          w3d_sandbox_record *record)
{
    W3D_ASSERT(sandbox && cursor && record);
    if (!sandbox || !cursor || !record) return W3D_ERR_ARGUMENT;
    w3di_sandbox_audit_take_over(sandbox);
    const w3di_sandbox_ring *ring = &sandbox->ring;
    uint32_t capacity = ring->mask + 1u, words[W3DI_SANDBOX_AUDIT_WORDS];
    for (;;) {
        uint32_t ahead = w3d_atomic_load_u32(&ring->head) - cursor->next;
        if (!ahead) return W3D_ERR_NOT_FOUND;
        if (ahead > capacity) {
            cursor->lost += ahead - capacity;
            cursor->next += ahead - capacity;
        }
        uint32_t slot = cursor->next & ring->mask, whole = 2u * cursor->next + 2u;
        uint32_t state = w3d_atomic_load_u32(&ring->states[slot]);
        if (state == whole) {
            for (uint32_t i = 0; i < W3DI_SANDBOX_AUDIT_WORDS; i++)
                words[i] =
                    w3d_atomic_load_u32(&ring->words[(size_t)slot * W3DI_SANDBOX_AUDIT_WORDS + i]);
            if (w3d_atomic_load_u32(&ring->states[slot]) == state) {
                w3d_copy(record, words, sizeof words);
                cursor->next++;
                return W3D_OK;
            }
        } else if ((int32_t)(state - whole) < 0 && ahead <= capacity / 2u + 1u) {
            return W3D_ERR_BUSY;
        }
        cursor->lost++; /* overwritten, or given up by its writer */
        cursor->next++;
    }
}

W3D_API uint32_t w3d_sandbox_audit_dropped(w3d_sandbox *sandbox)
{
    w3di_sandbox_audit_take_over(sandbox);
    return w3d_atomic_load_u32(&sandbox->ring.dropped);
}

/* ---- JSON ---- */

typedef struct w3di_sandbox_audit_line {
    char *text;
    size_t size, used; /* used goes on counting past the end */
} w3di_sandbox_audit_line;

static void w3di_sandbox_audit_character(w3di_sandbox_audit_line *line, char character)
{
    if (line->used < line->size) line->text[line->used] = character;
    line->used++;
}

static void w3di_sandbox_audit_text(w3di_sandbox_audit_line *line, const char *text)
{
    for (; *text; text++) w3di_sandbox_audit_character(line, *text);
}

static void w3di_sandbox_audit_decimal(w3di_sandbox_audit_line *line, const char *name,
                                       uint64_t value)
{
    char digits[20];
    int count = 0;
    w3di_sandbox_audit_text(line, name);
    do {
        digits[count++] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value);
    while (count) w3di_sandbox_audit_character(line, digits[--count]);
}

static void w3di_sandbox_audit_address(w3di_sandbox_audit_line *line, const char *name,
                                       uint64_t value)
{
    unsigned shift = 60;
    w3di_sandbox_audit_text(line, name);
    w3di_sandbox_audit_text(line, "\"0x");
    while (shift && !(value >> shift)) shift -= 4;
    for (;; shift -= 4) {
        w3di_sandbox_audit_character(line, "0123456789abcdef"[value >> shift & 15u]);
        if (!shift) break;
    }
    w3di_sandbox_audit_character(line, '"');
}

static void w3di_sandbox_audit_name(w3di_sandbox_audit_line *line, const char *name, uint32_t value,
                                    const char *const *texts, uint32_t count)
{
    w3di_sandbox_audit_text(line, name);
    w3di_sandbox_audit_text(line, value < count ? texts[value] : "?");
    w3di_sandbox_audit_character(line, '"');
}

/* The tag's characters; zeros at its end are none. */
static void w3di_sandbox_audit_tag(w3di_sandbox_audit_line *line, uint32_t tag)
{
    w3di_sandbox_audit_text(line, ",\"tag\":\"");
    for (; tag; tag >>= 8) {
        uint32_t c = tag & 255u;
        if (c < 32u || c > 126u || c == '"' || c == '\\') {
            w3di_sandbox_audit_text(line, "\\u00");
            w3di_sandbox_audit_character(line, "0123456789abcdef"[c >> 4]);
            w3di_sandbox_audit_character(line, "0123456789abcdef"[c & 15u]);
        } else
            w3di_sandbox_audit_character(line, (char)c);
    }
    w3di_sandbox_audit_character(line, '"');
}

W3D_API size_t w3d_sandbox_audit_json(const w3d_sandbox_record *record, char *buffer, size_t size)
{
    static const char *const kinds[6] = { "check",    "view",       "fault",
                                          "register", "unregister", "window" };
    static const char *const accesses[4] = { "none", "read", "write", "read_write" };
    static const char *const actions[5] = { "denied", "allowed", "passed_on", "opened", "stepped" };
    w3di_sandbox_audit_line line;
    W3D_ASSERT(record && (buffer || !size));
    if (!record || !buffer) return 0;
    line.text = buffer;
    line.size = size;
    line.used = 0;
    w3di_sandbox_audit_decimal(&line, "{\"time_ns\":", record->time_ns);
    w3di_sandbox_audit_decimal(&line, ",\"sequence\":", record->sequence);
    w3di_sandbox_audit_name(&line, ",\"kind\":\"", record->kind, kinds, 6);
    w3di_sandbox_audit_name(&line, ",\"access\":\"", record->access, accesses, 4);
    w3di_sandbox_audit_name(&line, ",\"action\":\"", record->action, actions, 5);
    w3di_sandbox_audit_address(&line, ",\"address\":", record->address);
    w3di_sandbox_audit_decimal(&line, ",\"size\":", record->size);
    w3di_sandbox_audit_tag(&line, record->tag);
    w3di_sandbox_audit_decimal(&line, ",\"region\":", record->region);
    w3di_sandbox_audit_address(&line, ",\"region_begin\":", record->region_begin);
    w3di_sandbox_audit_decimal(&line, ",\"region_size\":", record->region_size);
    w3di_sandbox_audit_address(&line, ",\"pc\":", record->pc);
    w3di_sandbox_audit_decimal(&line, ",\"process\":", w3d_sandbox_system_process());
    w3di_sandbox_audit_decimal(&line, ",\"thread\":", record->thread);
    w3di_sandbox_audit_text(&line, "}\n");
    w3di_sandbox_audit_character(&line, '\0');
    return line.used <= size ? line.used - 1 : 0;
}

#undef W3DI_SANDBOX_AUDIT_WORDS
