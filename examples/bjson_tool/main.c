/* main.c - looks into BJSON files, and changes, compares, joins, converts and signs them.
 *
 *     cd examples/bjson_tool && cc -O2 -I../.. *.c -o bjson_tool && ./bjson_tool help
 *
 * A file for each group of commands: look, convert, diff, edit, merge, seal; what they share is in
 * shared.c. This one has the library's code and the command line. */
#define WASM3D_IMPLEMENTATION
#include "bjson_tool.h"

static const char usage[] =
    "usage: bjson_tool COMMAND [OPTION...] FILE...\n"
    "\n"
    "look\n"
    "  info FILE...                    sizes, types of IDs, chunks, seals\n"
    "  list FILE                       a line for each ID: row, type, bytes, properties, name\n"
    "  get FILE ID [PATH]              one value as JSON\n"
    "  validate FILE...                is every byte of structure sound\n"
    "  diff OLD NEW                    what changed; --by-name: IDs are matched by type and name,\n"
    "                                  not by row; --no-time: times of change do not count\n"
    "convert\n"
    "  json FILE                       all of it as JSON; --indent N (0: one line; default 2),\n"
    "                                  --base64: arrays as base64\n"
    "  from-json FILE                  and back; needs --out\n"
    "  compact FILE                    the canonical file of the same content; needs --out\n"
    "change\n"
    "  set FILE ID PATH=VALUE...       values as JSON; numbers and lists take the type of what is\n"
    "                                  there. Into --out, else the file is replaced as a whole;\n"
    "                                  --in-place: only the bytes that change are written\n"
    "  remove FILE ID PATH...          the same with properties and items of lists\n"
    "  merge INTO FROM...              all IDs in one file; needs --out. --rename: a name that is\n"
    "                                  taken gets a number\n"
    "  extract FILE ID...              these and all they refer to; needs --out. --alone: only "
    "these\n"
    "seal\n"
    "  hash FILE...                    the digest, and whether the file's own hash is right;\n"
    "                                  with --out: the canonical file with a hash\n"
    "  sign FILE --key KEYFILE         with --id N, the key's number (default 1), and --out\n"
    "  verify FILE... --key KEYFILE    the signature, with --id N\n"
    "\n"
    "ID is a row, a name, or Type:name, as in Object:Cube. PATH is as in location[2] or\n"
    "custom[\"odd name\"].list[0]. FILE - is the standard input. --out - is the standard output, "
    "which\n"
    "is the default where text is written.\n"
    "\n"
    "Exit status: 0 done, the same, sound, right; 1 the answer is no: files differ, one is not "
    "sound,\n"
    "a hash or signature is wrong, there is no such ID; 2 trouble, said on the standard error.\n";

static const struct command {
    const char *name;
    int (*run)(const options *);
    int least, most; /* words */
    const char *options;
} commands[] = {
    { "info", command_info, 1, INT_MAX, "" },
    { "list", command_list, 1, 1, "" },
    { "get", command_get, 2, 3, "out indent base64" },
    { "validate", command_validate, 1, INT_MAX, "" },
    { "diff", command_diff, 2, 2, "by-name no-time" },
    { "json", command_json, 1, 1, "out indent base64" },
    { "from-json", command_from_json, 1, 1, "out" },
    { "compact", command_compact, 1, 1, "out" },
    { "set", command_set, 3, INT_MAX, "out in-place" },
    { "remove", command_remove, 3, INT_MAX, "out in-place" },
    { "merge", command_merge, 2, INT_MAX, "out rename" },
    { "extract", command_extract, 2, INT_MAX, "out alone" },
    { "hash", command_hash, 1, INT_MAX, "out" },
    { "sign", command_sign, 1, 1, "out key id" },
    { "verify", command_verify, 1, INT_MAX, "key id" },
};

static int read_number(const char *text, unsigned long most, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value > most) return 0;
    *out = (uint32_t)value;
    return 1;
}

/* Takes one option, with its value where it has one; gives how many words it was, or 0. */
static int read_option(options *o, const char *name, const char *value)
{
    const struct {
        const char *name;
        int *flag;
    } flags[] = {
        { "base64", &o->base64 }, { "by-name", &o->by_name }, { "no-time", &o->no_time },
        { "rename", &o->rename }, { "alone", &o->alone },     { "in-place", &o->in_place }
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (!strcmp(name, flags[i].name)) return *flags[i].flag = 1;
    if (!value) return 0;
    if (!strcmp(name, "out")) return o->out = value, 2;
    if (!strcmp(name, "key")) return o->key_path = value, 2;
    if (!strcmp(name, "indent")) return read_number(value, 8, &o->indent) ? 2 : 0;
    if (!strcmp(name, "id")) return read_number(value, 0xFFFFFFFFul, &o->key_id) ? 2 : 0;
    return 0;
}

/* 1 where `word` is one of the words of a list. */
static int is_listed(const char *list, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
        if ((at == list || at[-1] == ' ') && (!at[size] || at[size] == ' ')) return 1;
    return 0;
}

int main(int count, char **arguments)
{
    const struct command *command = NULL;
    options o;
    memset(&o, 0, sizeof o);
    o.indent = 2;
    o.key_id = 1;
    if (count < 2 || !strcmp(arguments[1], "help") || !strcmp(arguments[1], "--help") ||
        !strcmp(arguments[1], "-h")) {
        fputs(usage, count < 2 ? stderr : stdout);
        return count < 2 ? TROUBLE : YES;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (!strcmp(arguments[1], commands[i].name)) command = &commands[i];
    if (!command)
        return trouble("there is no command %s\n  to do: see them with: bjson_tool help",
                       arguments[1]);
    o.words = (const char **)allocate((size_t)count * sizeof *o.words);
    int status = YES, plain = 0;
    for (int i = 2; i < count && status == YES; i++) {
        const char *word = arguments[i];
        if (plain || strncmp(word, "--", 2) != 0)
            o.words[o.count++] = word;
        else if (!word[2])
            plain = 1;
        else {
            int taken = is_listed(command->options, word + 2)
                            ? read_option(&o, word + 2, i + 1 < count ? arguments[i + 1] : NULL)
                            : 0;
            if (!taken)
                status = trouble("%s: %s is no option here, or has no right value\n  to do: see: "
                                 "bjson_tool help",
                                 command->name, word);
            i += taken - 1 > 0;
        }
    }
    if (status == YES && (o.count < command->least || o.count > command->most))
        status = trouble("%s: %s words\n  to do: see: bjson_tool help", command->name,
                         o.count < command->least ? "too few" : "too many");
    if (status == YES) status = command->run(&o);
    free((void *)o.words);
    if (fflush(stdout) != 0 && status != TROUBLE)
        status = trouble("standard output: not all could be written");
    return status;
}
