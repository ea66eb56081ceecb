/* bjson_tool.h - what the commands of bjson_tool share. */
#ifndef BJSON_TOOL_H
#define BJSON_TOOL_H

#include "wasm3d.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { YES = 0, NO = 1, TROUBLE = 2 };

typedef struct options {
    const char *out, *key_path;
    const char **words; /* what is no option: files, IDs, paths */
    int count;
    uint32_t indent, key_id;
    int base64, by_name, no_time, rename, alone, in_place;
} options;

typedef struct input {
    const char *path;
    const void *bytes;
    size_t size;
    w3d_file_view view;
    void *copy; /* of the standard input */
    w3d_bjson file;
} input;

/* ---- saying what is wrong; all give TROUBLE ---- */

int trouble(const char *format, ...);
int file_trouble(const char *path, const w3d_error *error);
int bad_bytes(const char *path, const w3d_error *error, const char *to_do);

/* What a person can do about a BJSON file, or about a file of the system. */
const char *advice(w3d_result code);
const char *file_advice(w3d_result code);
const char *code_name(w3d_result code);

/* Memory, or the end of the program. */
void *allocate(size_t size);

/* ---- files ---- */

/* Gets the bytes of a file, or of a sound BJSON file; 1, or 0 and the trouble is told. */
int open_bytes(const char *path, input *in);
int open_file(const char *path, input *in);
void close_input(input *in);

/* Writes to --out, or the standard output. */
int write_out(const options *o, w3d_result (*produce)(void *, const w3d_sink *), void *user);
int write_block(const options *o, const void *bytes, size_t size);
int write_json(const options *o, const input *in, const w3d_bjson_view *view);
int needs_out(const options *o, const char *command);

/* The canonical file of the same content, for free(); NULL and the trouble is told. */
void *canonical(const input *in, int hash, uint32_t sign_count, size_t *size);

/* ---- texts ---- */

void print_safe(const char *text, size_t size);
void print_name(const char *text, size_t size);
void print_value(const w3d_bjson_view *view);
const char *type_name(uint32_t type);
const char *grouped(uint64_t value);
const char *seal_state(w3d_result result);

/* The row that `word` names, or W3D_BJSON_NONE and the trouble is told. */
uint32_t find_id(const input *in, const char *word, int *status);

/* ---- commands: each gives the exit status ---- */

int command_info(const options *o);
int command_list(const options *o);
int command_get(const options *o);
int command_validate(const options *o);
int command_diff(const options *o);
int command_json(const options *o);
int command_from_json(const options *o);
int command_compact(const options *o);
int command_set(const options *o);
int command_remove(const options *o);
int command_merge(const options *o);
int command_extract(const options *o);
int command_hash(const options *o);
int command_sign(const options *o);
int command_verify(const options *o);

#endif /* BJSON_TOOL_H */
