/* seal.c - hash, sign, verify. */
#include "bjson_tool.h"

const char *seal_state(w3d_result result)
{
    return result == W3D_OK                ? "right"
           : result == W3D_ERR_NOT_FOUND   ? "none"
           : result == W3D_ERR_UNSUPPORTED ? "of an algorithm unknown here"
                                           : "WRONG";
}

int command_hash(const options *o)
{
    int status = YES;
    if (o->out && o->count != 1) return trouble("hash --out takes one file");
    for (int i = 0; i < o->count; i++) {
        input in;
        uint8_t digest[32];
        size_t size;
        if (!open_file(o->words[i], &in)) {
            status = TROUBLE;
            continue;
        }
        w3d_result right = w3d_bjson_hash_check(&in.file);
        if (o->out) {
            void *bytes = canonical(&in, 1, 0, &size);
            close_input(&in);
            if (bytes) w3d_bjson_hash_set(bytes, size);
            status = bytes ? write_block(o, bytes, size) : TROUBLE;
            free(bytes);
        } else if (w3d_bjson_digest(&in.file, digest) == W3D_OK) {
            for (int k = 0; k < 32; k++) printf("%02x", digest[k]);
            printf("  %s  (its hash: %s)\n", in.path, seal_state(right));
            if (right == W3D_ERR_CHECKSUM && status == YES) status = NO;
        }
        close_input(&in);
    }
    return status;
}

static int open_key(const options *o, input *key)
{
    if (!o->key_path) {
        trouble("%s wants the key\n  to do: say where it is with --key FILE; 32 bytes from a good "
                "generator "
                "are best",
                "signing");
        return 0;
    }
    if (!open_bytes(o->key_path, key)) return 0;
    if (key->size) return 1;
    trouble("%s: the key is empty", o->key_path);
    close_input(key);
    return 0;
}

int command_sign(const options *o)
{
    input in, key;
    size_t size = 0;
    int status = needs_out(o, "sign");
    if (status != YES || !open_key(o, &key)) return TROUBLE;
    if (!open_file(o->words[0], &in)) {
        close_input(&key);
        return TROUBLE;
    }
    /* In room that is there; else in the canonical file, where other signatures would not hold. */
    void *bytes = allocate(size = in.size);
    memcpy(bytes, in.bytes, size);
    w3d_result result = w3d_bjson_sign(bytes, size, key.bytes, key.size, o->key_id);
    if (result == W3D_ERR_NOT_FOUND) {
        int hash = w3d_bjson_hash_check(&in.file) != W3D_ERR_NOT_FOUND;
        free(bytes);
        bytes = canonical(&in, hash, 1, &size);
        if (bytes && hash) w3d_bjson_hash_set(bytes, size);
        if (bytes) result = w3d_bjson_sign(bytes, size, key.bytes, key.size, o->key_id);
    }
    w3d_file_unmap(&in.view);
    status = !bytes             ? TROUBLE
             : result == W3D_OK ? write_block(o, bytes, size)
                                : trouble("%s: not signed: %s", in.path, w3d_result_text(result));
    free(bytes);
    close_input(&in);
    close_input(&key);
    return status;
}

int command_verify(const options *o)
{
    input in, key;
    int status = YES;
    if (!open_key(o, &key)) return TROUBLE;
    for (int i = 0; i < o->count; i++) {
        if (!open_file(o->words[i], &in)) {
            status = TROUBLE;
            continue;
        }
        w3d_result result = w3d_bjson_sign_check(&in.file, key.bytes, key.size, o->key_id);
        printf("%s: key %u: %s\n", in.path, o->key_id,
               result == W3D_OK              ? "the signature is right"
               : result == W3D_ERR_NOT_FOUND ? "not signed with a key of this number"
                                             : "WRONG: changed since, or signed with another key");
        if (result != W3D_OK && status == YES) status = NO;
        close_input(&in);
    }
    close_input(&key);
    return status;
}
