/* bjson_path.c - paths are read from left to right, one step at a time, without memory. */
#include "scene/bjson_path.h"

/* 1 where a byte may stand in a name without quotes. */
static int w3di_bjson_path_is_plain(char c)
{
    return (unsigned char)c >= 0x20u && c != '.' && c != '[' && c != ']' && c != '"' && c != '\\';
}

static w3d_result w3di_bjson_path_fail(w3d_error *error, size_t at, const char *text)
{
    return w3d_error_set(error, W3D_ERR_FORMAT, at, text);
}

/* What stands behind `[`, which is at `at`. */
static w3d_result w3di_bjson_path_bracket(w3d_bjson_path *path, size_t at, w3d_bjson_step *step,
                                          w3d_error *error)
{
    const char *text = path->text;
    size_t end = at + 1, size = path->size;
    uint64_t index = 0;
    if (end < size && text[end] == '"') {
        step->text = text + ++end;
        while (end < size && text[end] != '"') {
            if (text[end] == '\\') {
                step->escaped = 1;
                if (++end == size || (text[end] != '"' && text[end] != '\\'))
                    return w3di_bjson_path_fail(error, end, "only \\\" and \\\\ are escapes");
            }
            end++;
        }
        if (end == size) return w3di_bjson_path_fail(error, end, "a name's quote does not end");
        step->size = (size_t)(text + end - step->text);
        end++;
    } else {
        size_t first = end;
        for (; end < size && text[end] >= '0' && text[end] <= '9'; end++) {
            index = index * 10 + (uint64_t)(text[end] - '0');
            if (index >= W3D_BJSON_NONE)
                return w3d_error_set(error, W3D_ERR_LIMIT, first, "an index is too large");
        }
        if (end == first || (text[first] == '0' && end - first > 1))
            return w3di_bjson_path_fail(error, first, "an index is digits without zeros in front");
        step->index = (uint32_t)index;
    }
    if (end >= size || text[end] != ']')
        return w3di_bjson_path_fail(error, end, "a bracket does not end");
    path->at = end + 1;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_path_next(w3d_bjson_path *path, w3d_bjson_step *step, w3d_error *error)
{
    size_t at = path->at;
    w3d_bjson_step found;
    w3d_fill(&found, 0, sizeof found);
    found.at = at;
    if (at >= path->size) return W3D_ERR_NOT_FOUND;
    if (path->text[at] == '[') {
        w3d_result result = w3di_bjson_path_bracket(path, at, &found, error);
        if (result == W3D_OK) *step = found;
        return result;
    }
    if (at > 0 && path->text[at++] != '.')
        return w3di_bjson_path_fail(error, at - 1, "a step begins with . or [");
    size_t end = at;
    while (end < path->size && w3di_bjson_path_is_plain(path->text[end])) end++;
    if (end == at) return w3di_bjson_path_fail(error, at, "a name is missing");
    if (end < path->size && path->text[end] != '.' && path->text[end] != '[')
        return w3di_bjson_path_fail(error, end, "a byte that a name has only in [\"...\"]");
    found.text = path->text + at;
    found.size = end - at;
    path->at = end;
    *step = found;
    return W3D_OK;
}

W3D_API int w3d_bjson_step_compare(const w3d_bjson_step *step, const char *name)
{
    const unsigned char *left = (const unsigned char *)step->text;
    const unsigned char *right = (const unsigned char *)name;
    for (size_t i = 0; i < step->size; i++, right++) {
        if (step->escaped && left[i] == '\\') i++;
        if (left[i] != *right) return left[i] < *right ? -1 : 1;
    }
    return *right ? -1 : 0;
}

W3D_API size_t w3d_bjson_step_copy(const w3d_bjson_step *step, char *dst, size_t capacity)
{
    size_t size = 1;
    for (size_t i = 0; i < step->size; i++, size++)
        if (step->escaped && step->text[i] == '\\') i++;
    if (size > capacity) return size;
    for (size_t i = 0; i < step->size; i++) {
        if (step->escaped && step->text[i] == '\\') i++;
        *dst++ = step->text[i];
    }
    *dst = 0;
    return size;
}

W3D_API size_t w3d_bjson_path_write_name(char *dst, size_t capacity, const char *name, size_t size,
                                         int is_first)
{
    size_t plain = 0, escapes = 0;
    for (size_t i = 0; i < size; i++) {
        plain += (size_t)w3di_bjson_path_is_plain(name[i]);
        escapes += name[i] == '"' || name[i] == '\\';
    }
    int quoted = size == 0 || plain != size;
    size_t whole = quoted ? size + escapes + 4 : size + (is_first ? 0 : 1);
    if (whole >= capacity) return whole;
    if (quoted) {
        *dst++ = '[';
        *dst++ = '"';
    } else if (!is_first) {
        *dst++ = '.';
    }
    for (size_t i = 0; i < size; i++) {
        if (name[i] == '"' || name[i] == '\\') *dst++ = '\\';
        *dst++ = name[i];
    }
    if (quoted) {
        *dst++ = '"';
        *dst++ = ']';
    }
    *dst = 0;
    return whole;
}

W3D_API size_t w3d_bjson_path_write_index(char *dst, size_t capacity, uint32_t index)
{
    char digits[10];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + index % 10);
        index /= 10;
    } while (index);
    if (count + 2 >= capacity) return count + 2;
    *dst++ = '[';
    for (size_t i = count; i > 0; i--) *dst++ = digits[i - 1];
    *dst++ = ']';
    *dst = 0;
    return count + 2;
}

/* The value of that name in a map, whose keys ascend. */
static w3d_result w3di_bjson_path_member(const w3d_bjson_view *from, const w3d_bjson_step *step,
                                         w3d_bjson_view *view)
{
    uint32_t low = 0, high = from->count;
    if (from->tag != W3D_BJSON_MAP) return W3D_ERR_NOT_FOUND;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *key;
        w3d_bjson_view item;
        if (!w3d_bjson_item(from, middle, &key, &item)) return W3D_ERR_NOT_FOUND;
        int order = w3d_bjson_step_compare(step, key);
        if (order == 0) {
            *view = item;
            return W3D_OK;
        }
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return W3D_ERR_NOT_FOUND;
}

W3D_API w3d_result w3d_bjson_path_step(const w3d_bjson_view *from, const w3d_bjson_step *step,
                                       w3d_bjson_view *view)
{
    w3d_bjson_view item;
    if (step->text) return w3di_bjson_path_member(from, step, view);
    if (from->tag == W3D_BJSON_LIST) {
        if (!w3d_bjson_item(from, step->index, NULL, &item)) return W3D_ERR_NOT_FOUND;
        *view = item;
        return W3D_OK;
    }
    int is_array = from->tag == W3D_BJSON_ARRAY || from->tag == W3D_BJSON_LARGE;
    if (!is_array && from->tag != W3D_BJSON_VECTOR) return W3D_ERR_NOT_FOUND;
    uint32_t rows = is_array ? from->count : from->n;
    if (step->index >= rows) return W3D_ERR_NOT_FOUND;
    item = *from;
    item.tag = W3D_BJSON_VECTOR;
    item.n = is_array ? from->n : 1;
    item.count = 1;
    item.length = (uint64_t)item.n * w3d_bjson_subtype_size(item.subtype);
    item.offset += step->index * item.length;
    *view = item;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_path_find(const w3d_bjson_id *id, const char *text,
                                       w3d_bjson_view *view, w3d_error *error)
{
    w3d_bjson_path path = w3d_bjson_path_make(text);
    w3d_bjson_step step;
    w3d_bjson_view found;
    w3d_result result;
    if (!w3d_bjson_properties(id, &found))
        return w3d_error_set(error, W3D_ERR_NOT_FOUND, 0, "the ID has no properties");
    while ((result = w3d_bjson_path_next(&path, &step, error)) == W3D_OK)
        if (w3d_bjson_path_step(&found, &step, &found) != W3D_OK)
            return w3d_error_set(error, W3D_ERR_NOT_FOUND, step.at, "there is no such value");
    if (path.at < path.size) return result;
    *view = found;
    return W3D_OK;
}
